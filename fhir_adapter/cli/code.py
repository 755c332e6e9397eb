"""`code`: visits in, lines out, without FHIR, network or database.

Exit status: 0 coded, also with findings; 2 a faulty file or call; 1 only with --fail-on, when a finding is that severe.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.coding import Rulebook, VisitResult
    from fhir_adapter.coding.drugs import DrugTables
    from fhir_adapter.normalize import ChartVisit
    from fhir_adapter.vocabulary import Setting, SourceWords

SEVERITIES = ("error", "warning", "info")


def register(app: typer.Typer) -> None:
    app.command("code")(code)


def code(
    rulebook: Annotated[str, typer.Option(help="A rulebook's name, or the path of a file. There is no default.")],
    files: Annotated[list[str] | None, typer.Argument(help="Visit files; - reads standard input.")] = None,
    policy: Annotated[list[str] | None, typer.Option(help="NAME=VALUE: one policy for this run.")] = None,
    fhir: Annotated[Path | None, typer.Option(help="A FHIR Bundle of one patient, instead of visit files.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Where in the Bundle each fact stands.")] = False,
    words: Annotated[Path | None, typer.Option(help="TOML: what the site says differently (--fhir).")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Where the Bundle was written (--fhir).")] = None,
    setting: Annotated[str | None, typer.Option(help="facility or office (--fhir).")] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
    fail_on: Annotated[str | None, typer.Option(help="Exit 1 on a finding of error, warning or info.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="A data folder, for the tables installed there.")] = None,
) -> None:
    """Code visits: CPT and HCPCS lines with their reasons."""
    import msgspec

    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.catalog.prices import load_rates
    from fhir_adapter.cli.chart import trace_as_json, trace_as_text, words_of
    from fhir_adapter.cli.payment import payment_told, with_payment
    from fhir_adapter.rulebooks import load_rulebook
    from fhir_adapter.updates import NOTHING, Folder, installed, over

    allowed(format, ("text", "json"), "--format")
    if fail_on is not None:
        allowed(fail_on, SEVERITIES, "--fail-on")
    if trace and not fhir:
        raise ConfigurationError("--trace shows where facts stand in a Bundle: it needs --fhir")
    if bool(files) == bool(fhir):
        raise ConfigurationError("give visit files, or one Bundle with --fhir")
    tables = installed(Folder(data)) if data else NOTHING
    book = over(load_rulebook(rulebook, dict(policy_of(one) for one in policy or ())), tables)
    said = words_of(words, time_zone, setting) if fhir else None
    drugs = load_catalog(said, tables.drugs)
    coded, many, traced = _of_bundle(fhir, book, said, drugs) if fhir and said else _of_files(files or [], book, drugs)
    results = [result for result, _ in coded]
    rates = load_rates(tables.drugs)
    if format == "json":
        priced = [with_payment(result, at, rates) for result, at in coded]
        shown: object = priced if many else priced[0]
        if trace:
            shown = {"results": priced, "trace": trace_as_json(traced)}
        print(msgspec.json.format(msgspec.json.encode(shown)).decode())
    else:
        texts = [f"{told(result, book)}\n{payment_told(result, at, rates)}" for result, at in coded]
        print("\n\n".join([*texts, *(map(trace_as_text, traced) if trace else ())]))
    if fail_on is not None and _severe(results, fail_on):
        raise typer.Exit(1)


Coded = tuple[list[tuple["VisitResult", "Setting"]], bool, tuple["ChartVisit", ...]]
"""Results with their settings, whether they are a list, and the visits of a Bundle, which say where facts stand."""


def _of_files(files: list[str], book: Rulebook, drugs: DrugTables) -> Coded:
    from fhir_adapter.coding.contract import read_visits
    from fhir_adapter.derive import derive

    read = [read_visits(bytes_of(file)) for file in files]
    results = [(derive(visit, book, drugs), visit.setting) for visits, _ in read for visit in visits]
    return results, len(read) > 1 or read[0][1], ()


def _of_bundle(bundle: Path, book: Rulebook, said: SourceWords, drugs: DrugTables) -> Coded:
    from fhir_adapter.cli.chart import visits_in
    from fhir_adapter.derive import derive

    visits = visits_in(bytes_of(str(bundle)), said, traced=True)
    results = [(derive(one.visit, book, drugs, findings=one.findings), one.visit.setting) for one in visits]
    return results, True, visits


def told(result: VisitResult, book: Rulebook) -> str:
    """One visit for people."""
    rows = [f"{result.id}: {result.disposition} under {result.rulebook}"]
    for line in result.lines:
        modifiers = "".join(f"-{modifier}" for modifier in line.modifiers)
        rows.append(f"  {line.date}  {line.code + modifiers:<12} x{line.units:<4} {line.because}")
        rows.append(f"{'':32}[{titled(line.citations, book)}] {', '.join(line.administrations)}")
    for finding in result.findings:
        about = f" ({', '.join(finding.administrations)})" if finding.administrations else ""
        rows.append(f"  {finding.severity}: {finding.id}{about}: {finding.message}")
        rows += [f"    {finding.fix}"] if finding.fix else []
    return "\n".join(rows)


def titled(citations: tuple[str, ...], book: Rulebook) -> str:
    """Ids of rules with their titles: `R3.1 Additional hours`."""
    return ", ".join(f"{cite} {book.rules[cite].title}" for cite in citations)


def bytes_of(file: str) -> bytes:
    """A file's bytes; - is standard input."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None


def policy_of(text: str) -> tuple[str, str]:
    """NAME=VALUE, taken apart."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigurationError(f"--policy {text}: write NAME=VALUE")
    return name, value


def allowed(value: str, values: tuple[str, ...], option: str) -> None:
    """Refuses a value that an option does not have."""
    if value not in values:
        raise ConfigurationError(f"{option}: allowed are {', '.join(values)}")


def _severe(results: list[VisitResult], least: str) -> bool:
    bad = SEVERITIES[: SEVERITIES.index(least) + 1]
    return any(finding.severity in bad for result in results for finding in result.findings)
