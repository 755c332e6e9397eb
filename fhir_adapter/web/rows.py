"""A visit as a row: what it takes to find and judge it. Pure. Held visits first, then the oldest coding first."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from io import StringIO

import msgspec

from fhir_adapter.store.visits import Summary

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`patient` is hashed; `held_by` names the findings in the way; the age is that of the coding."""

    id: int
    source: str
    key: str
    patient: str
    state: str
    disposition: str
    held_by: tuple[str, ...]
    age_seconds: int
    coded_at: datetime
    rulebook: str
    lines: int

    @property
    def age(self) -> str:
        return age_words(self.age_seconds)

    @property
    def is_held(self) -> bool:
        return bool(self.held_by) or self.disposition == "held"


def row_of(summary: Summary, now: datetime, hashed: Callable[[str], str]) -> Row:
    return Row(
        id=summary.number,
        source=summary.source,
        key=summary.key,
        patient=hashed(summary.patient),
        state=summary.state,
        disposition=summary.disposition,
        held_by=summary.held_by,
        age_seconds=max(0, int((now - summary.coded_at).total_seconds())),
        coded_at=summary.coded_at,
        rulebook=summary.rulebook,
        lines=summary.lines,
    )


def in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (not row.is_held, -row.age_seconds, row.id))


def age_words(seconds: int) -> str:
    """The two largest units."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def as_csv(rows: Sequence[Row]) -> str:
    """A text that a spreadsheet would run as a formula is given a leading apostrophe."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    columns = Row.__struct_fields__
    writer.writerow(columns)
    for row in rows:
        values = msgspec.to_builtins(row) | {"held_by": " ".join(row.held_by)}
        writer.writerow([_harmless(values[column]) for column in columns])
    return out.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
