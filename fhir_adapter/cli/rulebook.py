"""`rulebook show | check | compare | new`: what the rules say, whether a file is sound, how two differ, one's own file.

Exit status: 0 done, also where two rulebooks differ; 1 `check` found faults, each on a line of its own; 2 a wrong call,
a file that is not there, or a faulty one where a sound one is needed.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_adapter.coding import Rulebook, Visit, VisitResult


def register(app: typer.Typer) -> None:
    books = typer.Typer(help="What the rules say.", no_args_is_help=True)
    for command in (show, check, compare, new):
        books.command(command.__name__)(command)
    app.add_typer(books, name="rulebook")


def show(
    name: Annotated[str | None, typer.Argument(help="A rulebook's name, or the path of a file.")] = None,
    on: Annotated[str | None, typer.Option(help="What holds on this day, YYYY-MM-DD.")] = None,
    payer: Annotated[str | None, typer.Option(help="What holds for this payer.")] = None,
) -> None:
    """Print a rulebook: each policy with its value, meaning and dates, each rule with its source."""
    from fhir_adapter.rulebooks import load_rulebook, rulebook_names
    from fhir_adapter.rulebooks.show import described

    if name is None:
        for shipped in rulebook_names():
            print(f"{shipped}: {load_rulebook(shipped).title}")
        return
    print(described(load_rulebook(name), _day(on) if on else None, payer))


def check(file: Annotated[str, typer.Argument(help="The path of a rulebook file.")]) -> None:
    """Find every fault of a file: dates, names, sources, codes, its base. Exit 0: none; 1: faults; 2: no such file."""
    from fhir_adapter.rulebooks import faults_in, load_rulebook

    if faults := faults_in(file):
        print("\n".join(faults), file=sys.stderr)
        print(f"{len(faults)} fault{'s' * (len(faults) != 1)}", file=sys.stderr)
        raise typer.Exit(1)
    book = load_rulebook(file)
    stretches = f"{len(book.readings)} stretch{'es' * (len(book.readings) != 1)} of time"
    print(f"{book.name}: no fault. {stretches} from {book.readings[0].first}, {book.hash}")
    for policy in book.differs:
        for change in book.policies[policy]:
            until = f" to {change.last}" if change.last else ""
            print(f"  {policy} = {change.value} from {change.first}{until}")


def compare(
    one: Annotated[str, typer.Argument(help="A rulebook's name, or the path of a file.")],
    other: Annotated[str, typer.Argument(help="The other one.")],
    visits: Annotated[list[Path] | None, typer.Option(help="Visit files; without them, the shipped cases.")] = None,
) -> None:
    """Name each policy and table in which two rulebooks differ, and run visits under both."""
    from fhir_adapter.rulebooks import load_rulebook
    from fhir_adapter.rulebooks.compare import differences

    ours, theirs = load_rulebook(one), load_rulebook(other)
    told = differences(ours, theirs)
    print(f"{ours.name} | {theirs.name}")
    print("\n".join(told) or "The two say the same.")
    print()
    run = list(_read(visits) if visits else _shipped())
    differing = [rows for title, visit in run if (rows := list(_visit_rows(title, visit, ours, theirs)))]
    print(f"{len(run)} visits under both: {len(differing)} come out otherwise{_dates_of(run)}")
    print("\n".join(row for rows in differing for row in rows))


def _dates_of(run: list[tuple[str, Visit]]) -> str:
    """Their dates of service: what differs on other days only, no visit shows."""
    dates = [given.service_date for _, visit in run for given in visit.administrations]
    return f" (dates of service {min(dates)} to {max(dates)})" if dates else ""


def _visit_rows(title: str, visit: Visit, ours: Rulebook, theirs: Rulebook) -> Iterator[str]:
    """The visit, whether it is held, and each line that differs with its cause; nothing where all is the same."""
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.derive import derive, second_opinion

    drugs = load_catalog()
    own = derive(visit, ours, drugs)
    opinion = second_opinion(own, visit, ours, theirs, drugs)
    held = own.disposition != opinion.result.disposition
    if opinion.differences or held:
        yield title
    if held:
        yield f"  the visit is {_disposition(own)} | {_disposition(opinion.result)}"
    for line in opinion.differences:
        code = "-".join((line.code, *line.modifiers))
        yield f"  {line.date}  {code:<12} ×{line.units} | ×{line.other_units}  {line.because}"


def _disposition(result: VisitResult) -> str:
    errors = dict.fromkeys(one.id for one in result.findings if one.severity == "error" and one.about == "derived")
    return result.disposition + (f" by {', '.join(errors)}" if errors else "")


def _read(files: list[Path]) -> Iterator[tuple[str, Visit]]:
    from fhir_adapter.cli.given import visits_of

    return ((visit.id, visit) for visit in visits_of(tuple(map(str, files)))[0])


def _shipped() -> Iterator[tuple[str, Visit]]:
    from fhir_adapter.rulebooks.worked import worked_visits

    return ((f"{worked.decision}: {worked.title}", worked.visit) for worked in worked_visits())


def new(
    file: Annotated[Path, typer.Argument(help="Where to write; a file that is there is left alone.")],
    extends: Annotated[str, typer.Option(help="The rulebook that holds where yours says nothing.")],
) -> None:
    """Write a commented file to start a rulebook of your own with."""
    from fhir_adapter.rulebooks import load_rulebook
    from fhir_adapter.rulebooks.starting import starting_file

    text = starting_file(load_rulebook(extends), extends, file)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{file}: is there already and is left alone") from None
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    print(f"written: {file}. Check it with: fhir-adapter rulebook check {file}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--on {text}: write YYYY-MM-DD") from None
