"""One small case for each row of the MUE, PTP and OPPS tables, and each way in which the row can change.

The rows are written a second time in `table_rows.toml`, from their sources. A case says what a hospital or a practice
is told beside the row: at the limit and one unit beyond it, of a pair without a modifier, of a drug without waste. Of a
status only N is asked (D32): one paid status for another changes nothing, so the list is of packaged and paid codes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fhir_adapter.coding import Administration, Line, Visit
from fhir_adapter.coding.amounts import Amount
from fhir_adapter.coding.edits import edit_findings
from fhir_adapter.coding.model import Quantity
from fhir_adapter.coding.tables import Mue, OppsRelease, Tables
from fhir_adapter.coding.waste import waste_of
from fhir_adapter.rulebooks import load_rulebook

TYPED = tomllib.loads(Path(__file__).with_name("table_rows.toml").read_text("utf-8"))
TABLES = load_rulebook("cpt-2026").tables
READING = load_rulebook("cpt-2026").readings[-1]
A_MILLIGRAM = Quantity(Decimal(1), "mg")
POLICY, NEVER = "2", "0"
"""What CMS writes for an MUE that no record overturns, and for a pair that no modifier parts."""


class Row(msgspec.Struct, frozen=True):
    """A row as it was typed: does the case hold, and with which tables the row would be another."""

    name: str
    holds: Callable[[Tables], bool]
    changed: Callable[[], Iterator[Tables]]


def rows() -> Iterator[Row]:
    yield from _limits()
    yield from _pairs()
    yield from _statuses()


def _release(kind: str, name: str) -> tuple[int, Any]:
    return next((at, one) for at, one in enumerate(getattr(TABLES, kind)) if one.edition.name == name)


def _with(kind: str, at: int, **fields: Any) -> Tables:
    loaded = getattr(TABLES, kind)
    return replace(TABLES, **{kind: (*loaded[:at], replace(loaded[at], **fields), *loaded[at + 1 :])})


def _line(code: str, units: int, on: date) -> Line:
    return Line(
        code=code, system="CPT" if code.isdigit() else "HCPCS", units=units, date=on, shares=(), administrations=("a",),
        because="It was given.", citations=(),
    )  # fmt: skip


def _limits() -> Iterator[Row]:
    for edition, settings in TYPED["mue"].items():
        at, release = _release("mues", edition)
        for setting, groups in settings.items():
            for said, codes in groups.items():
                for code in codes.split():
                    yield _limit(at, release, setting, code, said)


def _limit(at: int, release: Any, setting: str, code: str, said: str) -> Row:
    most, _, indicator = said.partition("/")
    severity = "error" if indicator == POLICY else "warning"
    claim = "facility" if setting == "facility" else "office"

    def told(tables: Tables, units: int) -> list:
        lines = [_line(code, units, release.edition.first)]
        return [(one.id, one.severity) for one in edit_findings(lines, claim, tables).findings]

    def holds(tables: Tables) -> bool:
        return told(tables, int(most)) == [] and told(tables, int(most) + 1) == [("mue-exceeded", severity)]

    def changed() -> Iterator[Tables]:
        held = getattr(release, setting)
        kind = Mue(held[code].units, 3 if indicator == POLICY else 2)
        for mue in (
            Mue(held[code].units - 1, held[code].indicator),
            Mue(held[code].units + 1, held[code].indicator),
            kind,
        ):
            yield _with("mues", at, **{setting: dict(held) | {code: mue}})

    return Row(f"MUE {release.edition.name} {setting} {code}", holds, changed)


def _pairs() -> Iterator[Row]:
    for edition, settings in TYPED["ptp"].items():
        at, release = _release("ptps", edition)
        for setting, indicators in settings.items():
            for indicator, pairs in indicators.items():
                for column1, codes in pairs.items():
                    for column2 in codes.split():
                        yield _pair(at, release, setting, column1, column2, indicator)


def _pair(at: int, release: Any, setting: str, column1: str, column2: str, indicator: str) -> Row:
    wanted = [("ncci-ptp", "error" if indicator == NEVER else "warning")]
    claim = "facility" if setting == "facility" else "office"

    def holds(tables: Tables) -> bool:
        lines = [_line(code, 1, release.edition.first) for code in (column1, column2)]
        found = edit_findings(lines, claim, tables).findings
        return [(one.id, one.severity) for one in found if one.id == "ncci-ptp"] == wanted

    def changed() -> Iterator[Tables]:
        held = getattr(release, setting)
        without = {code: said for code, said in held[column1].items() if code != column2}
        for row in (without, without | {column2: 1 if indicator == NEVER else 0}):
            yield _with("ptps", at, **{setting: dict(held) | {column1: row}})

    return Row(f"PTP {release.edition.name} {setting} {column1} {column2}", holds, changed)


def _statuses() -> Iterator[Row]:
    for edition, groups in TYPED["opps"].items():
        at, release = _release("opps", edition)
        for said, codes in groups.items():
            for code in codes.split():
                yield _status(at, release, code, packaged=said == "packaged")


def _status(at: int, release: OppsRelease, code: str, *, packaged: bool) -> Row:
    """A whole single-dose vial in a facility, for Medicare: JZ, unless the drug is packaged."""
    noon = datetime.combine(release.edition.first, datetime.min.time(), UTC)
    given = Administration(id="a", technique="push", start=noon, drug="a drug")
    visit = Visit(id="v", setting="facility", payer="medicare", administrations=(given,))
    vial = Amount(
        administration=given, place=0, code=code, unit=A_MILLIGRAM, ndc=None, container="single-dose",
        given=Decimal(1), discarded=Decimal(0),
    )  # fmt: skip

    def holds(tables: Tables) -> bool:
        waste = waste_of([vial], release.edition.first, visit, READING, tables)
        return (waste.jz, waste.findings) == (not packaged, ())

    def changed() -> Iterator[Tables]:
        others = {one: status for one, status in release.status.items() if one != code}
        for row in (others, others | {code: "K" if packaged else "N"}):
            yield _with("opps", at, status=row)

    return Row(f"OPPS {release.edition.name} {code}", holds, changed)
