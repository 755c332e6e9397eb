"""What people charged, from a file: CSV with a header, one charge a row (docs/shadow.md).

    encounter,date,code,units,modifiers
    e1,2026-05-04,96413,1,
    e1,2026-05-04,J9312,68,JZ

`encounter` is the EHR's id of the Encounter, with or without `Encounter/`; `modifiers` are parted by blanks. Further
columns are let be. Refused, naming line and column (`InputFaults`): a missing column, a date that is none, units that
are no number or below zero, an empty encounter or code.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.history.side import PersonsCharge

COLUMNS = ("encounter", "date", "code", "units")


def read_charges(path: Path) -> tuple[PersonsCharge, ...]:
    rows = csv.DictReader(StringIO(_text(path), newline=""))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise InputFaults(tuple(Fault(f"{path.name}: line 1", f"the column {name} is missing") for name in missing))
    faults: list[Fault] = []
    charges = tuple(_charges(path.name, rows, faults))
    if faults:
        raise InputFaults(tuple(faults))
    return charges


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputFaults((Fault(str(path), f"cannot be read: {error.strerror}"),)) from None
    except UnicodeDecodeError:
        raise InputFaults((Fault(str(path), "is not UTF-8 text"),)) from None


def _charges(name: str, rows: csv.DictReader[str], faults: list[Fault]) -> Iterator[PersonsCharge]:
    for row in rows:
        here = f"{name}: line {rows.line_num}"
        values = {column: (row.get(column) or "").strip() for column in (*COLUMNS, "modifiers")}
        wrong = list(_wrong(here, values))
        faults.extend(wrong)
        if not wrong:
            yield PersonsCharge(
                encounter=values["encounter"].removeprefix("Encounter/"),
                date=date.fromisoformat(values["date"]),
                code=values["code"].upper(),
                units=Decimal(values["units"]),
                modifiers=tuple(values["modifiers"].upper().split()),
            )


def _wrong(here: str, values: dict[str, str]) -> Iterable[Fault]:
    for column in ("encounter", "code"):
        if not values[column]:
            yield Fault(f"{here}, {column}", "is empty")
    if not _is_date(values["date"]):
        yield Fault(f"{here}, date", "is not a date like 2026-05-04")
    if not _is_count(values["units"]):
        yield Fault(f"{here}, units", "is not a number of zero or more")


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_count(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and value >= 0
