"""One form for every table that ships: plain text that a person can read and diff.

    # table: MUE
    # release: 2026Q4
    # in force: 2026-10-01 to 2026-12-31
    # covers: outpatient_hospital 96373-96446        (a partial release; may stand more than once)
    # source: where its rows came from
    code,practitioner,practitioner_indicator,...
    96360,1,3,...

`# key: value` lines come first, then a CSV header and rows. A release without its table, name, dates or source is
refused (`RulebookError`): a number without an origin is not used. Pure: whoever reads the file hands in its text.
"""

from __future__ import annotations

import csv
from datetime import date

import msgspec

from fhir_adapter.coding.drugs import Release
from fhir_adapter.errors import RulebookError


class Edition(msgspec.Struct, frozen=True):
    """A release of a table and the days for which it was published."""

    table: str
    name: str
    first: date
    last: date

    def used_on(self, on: date) -> Release:
        """The look-up of `on` in this release. Age: days past its last day; negative: days before its first."""
        after, before = max((on - self.last).days, 0), min((on - self.first).days, 0)
        return Release(self.table, self.name, after + before)


class ReleaseText(msgspec.Struct, frozen=True):
    """A table file, taken apart."""

    edition: Edition
    covers: tuple[str, ...]
    source: str
    rows: tuple[dict[str, str], ...]


def read_release(text: str, file: str) -> ReleaseText:
    """Take one table file apart; `file` is only for the message of a fault."""
    lines = text.splitlines()
    header = _header(lines)
    return ReleaseText(
        _edition(header, file), tuple(header.get("covers", ())), _one(header, "source", file), _rows(lines, file)
    )


def _rows(lines: list[str], file: str) -> tuple[dict[str, str], ...]:
    records = csv.reader(line for line in lines if not line.startswith("#"))
    columns = next(records, [])
    rows = [record for record in records if record]
    if any(len(row) != len(columns) for row in rows):
        raise RulebookError(f"{file}: a row has more or fewer columns than its header")
    return tuple(dict(zip(columns, row, strict=True)) for row in rows)


def _header(lines: list[str]) -> dict[str, list[str]]:
    header: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("#"):
            break
        key, _, value = line.removeprefix("#").partition(":")
        header.setdefault(key.strip(), []).append(value.strip())
    return header


def _one(header: dict[str, list[str]], key: str, file: str) -> str:
    if not (values := header.get(key)):
        raise RulebookError(f"{file}: the header has no line '# {key}: …'")
    return values[0]


def _edition(header: dict[str, list[str]], file: str) -> Edition:
    span = _one(header, "in force", file)
    try:
        first, last = (date.fromisoformat(day) for day in span.split(" to "))
    except ValueError:
        raise RulebookError(f"{file}: '# in force: {span}' is not 'YYYY-MM-DD to YYYY-MM-DD'") from None
    return Edition(_one(header, "table", file), _one(header, "release", file), first, last)
