"""Changes every value of both rulebooks and every row of the CMS tables in turn: does a worked visit notice?

    python tests/rulebooks/changed_values.py         all of them, some minutes; exit 1 for one that nothing explains

A change that no case notices stands in `changed_values.toml` with the reason. mutmut does not touch such data.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import Rulebook, Visit, VisitResult, code_visit
from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.tables import AddOn, Tables
from fhir_adapter.rulebooks import load_rulebook, rulebook_names
from fhir_adapter.rulebooks.worked import Expectation, Worked, worked_visits

sys.path.insert(0, str(Path(__file__).parents[1]))
from cases.judging import differences

EXPLAINED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["explained"]


class Change(msgspec.Struct, frozen=True):
    """One changed value: its name, and the rulebook with it for a case's own rulebook and policies."""

    name: str
    changed: Callable[[str, dict[str, str]], Rulebook | None]
    """None: that rulebook does not have the value."""
    codes: frozenset[str] = frozenset()
    """Only a case with a line of each of these codes can notice; none: every case can."""


class Run(msgspec.Struct, frozen=True):
    """A case under one rulebook, on its own date or moved to another release of the tables."""

    name: str
    visit: Visit
    expected: Expectation
    codes: frozenset[str]


@cache
def runs() -> tuple[Run, ...]:
    cases = [(worked, expected) for worked in worked_visits() for expected in worked.expected]
    moved = [(days, worked, expected) for days in (0, -364, 154) for worked, expected in cases]
    made = [_run(days, worked, expected) for days, worked, expected in moved if not days or _movable(expected)]
    return tuple(run for run in made if not list(differences(run.expected, _coded(run, load_rulebook))))


def _movable(expected: Expectation) -> bool:
    return not any(line.on for line in expected.lines)


def _run(days: int, worked: Worked, expected: Expectation) -> Run:
    by = timedelta(days=days)
    given = tuple(replace(g, start=g.start + by, stop=g.stop and g.stop + by) for g in worked.visit.administrations)
    visit = replace(worked.visit, administrations=given)
    wanted = replace(expected, drug_lines=(), why=None) if days else expected
    lines = code_visit(visit, load_rulebook(expected.rulebook, expected.policies), load_catalog()).lines
    return Run(f"{worked.decision}/{worked.name} {days:+}", visit, wanted, frozenset(line.code for line in lines))


def _coded(run: Run, book_of: Callable[[str, dict[str, str]], Rulebook | None]) -> VisitResult | None:
    book = book_of(run.expected.rulebook, dict(run.expected.policies))
    return None if book is None else code_visit(run.visit, book, load_catalog())


def notices(change: Change) -> str | None:
    """The first case that comes out otherwise."""
    for run in runs():
        if change.codes <= run.codes:
            result = _coded(run, change.changed)
            if result is not None and any(differences(run.expected, result)):
                return run.name
    return None


def reason(name: str) -> str | None:
    return next((one["reason"] for one in EXPLAINED if fnmatchcase(name, one["change"])), None)


def policies() -> Iterator[Change]:
    for own in rulebook_names():
        for policy, values in allowed_values().items():
            held = load_rulebook(own).policies[policy][-1].value
            for value in values:
                if value != held:
                    yield Change(f"policy {own} {policy}={value}", _policy(own, policy, value))


def _policy(own: str, policy: str, value: str) -> Callable[[str, dict[str, str]], Rulebook | None]:
    return lambda name, chosen: load_rulebook(name, {policy: value} | chosen) if name == own else None


def parents() -> Iterator[Change]:
    """The add-ons that a rulebook reads otherwise than CMS."""
    for own in rulebook_names():
        for code, said in load_rulebook(own).readings[-1].parents.items():
            for parent in said:
                left = tuple(one for one in said if one != parent)
                yield Change(f"parents {own} {code} without {parent}", _parents(own, code, left))


def _parents(own: str, code: str, left: tuple[str, ...]) -> Callable[[str, dict[str, str]], Rulebook | None]:
    def changed(name: str, chosen: dict[str, str]) -> Rulebook | None:
        book = load_rulebook(name, chosen)
        if name != own:
            return None

        def without(readings: tuple) -> tuple:
            return tuple(replace(one, parents=one.parents | {code: left}) for one in readings)

        payers = {payer: without(readings) for payer, readings in book.payer_readings.items()}
        return replace(book, readings=without(book.readings), payer_readings=payers)

    return changed


def tables() -> Iterator[Change]:
    loaded = load_rulebook("cpt-2026").tables
    kinds = {"add-ons": (_add_ons, 1, 2), "MUE": (_mues, 2, 3), "PTP": (_ptps, 2, 4), "OPPS": (_opps, 1, 2)}
    for kind, (rows, first, after) in kinds.items():
        for name, changed in rows(loaded):
            yield Change(f"{kind} {name}", _tables(changed), frozenset(name.split()[first:after]))


def _tables(changed: Tables) -> Callable[[str, dict[str, str]], Rulebook | None]:
    return lambda name, chosen: replace(load_rulebook(name, chosen), tables=changed)


def _one(tables: Tables, kind: str, place: int, release: Any) -> Tables:
    releases = getattr(tables, kind)
    return replace(tables, **{kind: (*releases[:place], release, *releases[place + 1 :])})


def _add_ons(tables: Tables) -> Iterator[tuple[str, Tables]]:
    for place, release in enumerate(tables.add_ons):
        for code, add_on in release.add_ons.items():
            for name, changed in _add_on(add_on):
                row = replace(release, add_ons=dict(release.add_ons) | {code: changed})
                yield f"{release.edition.name} {code} {name}", _one(tables, "add_ons", place, row)


def _add_on(add_on: AddOn) -> Iterator[tuple[str, AddOn]]:
    for parent in sorted(add_on.parents):
        yield f"without {parent}", replace(add_on, parents=add_on.parents - {parent})
    for parent in sorted(add_on.practitioner_parents):
        yield f"without {parent}", replace(add_on, practitioner_parents=add_on.practitioner_parents - {parent})
    yield "other setting", replace(add_on, facility_only=not add_on.facility_only)


def _mues(tables: Tables) -> Iterator[tuple[str, Tables]]:
    for place, release in enumerate(tables.mues):
        for setting in ("facility", "practitioner"):
            for code, mue in getattr(release, setting).items():
                for name, units in (("lower", mue.units - 1), ("higher", mue.units + 1)):
                    rows = dict(getattr(release, setting)) | {code: replace(mue, units=units)}
                    row = replace(release, **{setting: rows})
                    yield f"{release.edition.name} {setting} {code} {name}", _one(tables, "mues", place, row)


def _ptps(tables: Tables) -> Iterator[tuple[str, Tables]]:
    for place, release in enumerate(tables.ptps):
        for setting in ("facility", "practitioner"):
            for column1, pairs in getattr(release, setting).items():
                for column2 in pairs:
                    kept = {code: said for code, said in pairs.items() if code != column2}
                    rows = dict(getattr(release, setting)) | {column1: kept}
                    row = replace(release, **{setting: rows})
                    yield f"{release.edition.name} {setting} {column1} {column2}", _one(tables, "ptps", place, row)


def _opps(tables: Tables) -> Iterator[tuple[str, Tables]]:
    for place, release in enumerate(tables.opps):
        for code, status in release.status.items():
            row = replace(release, status=dict(release.status) | {code: "K" if status == "N" else "N"})
            yield f"{release.edition.name} {code}", _one(tables, "opps", place, row)


def main() -> int:
    counts = {"noticed": 0, "explained": 0}
    bare, used = [], set()
    for change in (*policies(), *parents(), *tables()):
        seen = notices(change)
        why = None if seen else reason(change.name)
        counts["noticed"] += seen is not None
        counts["explained"] += why is not None
        used |= {why} if why else set()
        if seen is None and why is None:
            bare.append(change.name)
    print(counts, "unexplained:", len(bare))
    print("\n".join(bare))
    idle = [one["change"] for one in EXPLAINED if one["reason"] not in used]
    print("reasons that explain nothing:", idle or "none")
    return 1 if bare or idle else 0


if __name__ == "__main__":
    sys.exit(main())
