"""On which line of a TOML file a key stands: its reader tells none, and a person who mends a file needs it.

    line_of('[[policies.pump-start]]\nvalue = "x"', ("policies", "pump-start", 0, "value"))  → 2

A key that has no line of its own (one inside an inline table) has that of the nearest key around it. A table that
stands for a list of one has the lines of its first entry too.
"""

from __future__ import annotations

import re
from collections import Counter

from fhir_adapter.rulebooks.file import Path

_KEY = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEYS})\s*\]")
_ASSIGNED = re.compile(rf"\s*({_KEYS})\s*=")


def line_of(text: str, path: Path) -> int | None:
    """The line of the longest beginning of `path` that the file writes; None where there is none."""
    lines = _lines(text)
    beginnings = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[beginning] for beginning in beginnings if beginning in lines), None)


def _lines(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    counts: Counter[Path] = Counter()
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _keys(header[2])
            lines.setdefault(table[:1], number)
            if header[1] == "[[":
                counts[table] += 1
                lines.setdefault(table, number)
                table = (*table, counts[table] - 1)
            lines.setdefault(table, number)
            lines.setdefault((*table, 0), number)
        elif assigned := _ASSIGNED.match(line):
            for at in (table, (*table, 0)):
                lines.setdefault((*at, *_keys(assigned[1])), number)
    return lines


def _keys(text: str) -> Path:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, text))
