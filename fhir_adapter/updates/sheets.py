"""Finds the header of a table below its preamble, and reads the rows under it by the names of the columns.

The problem: CMS puts eight lines of prose above the header, renames columns by the quarter (`_2025_CODE`, `NDC2`), adds
240 empty ones, and breaks a header cell in two lines.

Worked example. Eight lines, then `_2026_CODE,Short Description,LABELER NAME,NDC,…,,,,`: the header is the first record
in which every needed column is found, whatever its place, case and blanks; what follows are rows, and a footnote is a
row that the importer rejects.

Decided: a column that stands twice is refused, because nobody can say which one counts. Comma or tab, whichever makes a
header. A row with fewer cells has blanks at its end. Left out: guessing a column from its values.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from fhir_adapter.errors import RulebookError
from fhir_adapter.updates.model import Row, Sheet
from fhir_adapter.updates.official import OfficialFile

_HEADER_WITHIN = 60
_Record = tuple[int, list[str]]


def sheet_reader(
    columns: Mapping[str, str], optional: Mapping[str, str] | None = None
) -> Callable[[OfficialFile], Sheet | None]:
    """A reader of files whose header has these columns: our name → a pattern of theirs (whole cell, case ignored)."""
    needed = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in columns.items()}
    welcome = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in (optional or {}).items()}

    def read(file: OfficialFile) -> Sheet | None:
        for delimiter in (",", "\t"):
            head = list(islice(_records(file, delimiter), _HEADER_WITHIN))
            for place, (_, cells) in enumerate(head):
                if all(_places(pattern, cells) for pattern in needed.values()):
                    at = {name: _place(file, name, pattern, cells) for name, pattern in needed.items()}
                    at |= {n: _place(file, n, p, cells) for n, p in welcome.items() if _places(p, cells)}
                    preamble = " ".join(" ".join(cells) for _, cells in head[: place + 1])
                    return Sheet(preamble, _rows(file, delimiter, place + 1, at))
        return None

    return read


def _places(pattern: re.Pattern[str], cells: list[str]) -> list[int]:
    return [place for place, cell in enumerate(cells) if pattern.fullmatch(" ".join(cell.split()))]


def _place(file: OfficialFile, name: str, pattern: re.Pattern[str], cells: list[str]) -> int:
    places = _places(pattern, cells)
    if len(places) > 1:
        stands = " and ".join(str(place + 1) for place in places)
        raise RulebookError(f"{file.name}: the column '{name}' stands more than once (columns {stands})")
    return places[0]


def _rows(file: OfficialFile, delimiter: str, skipped: int, at: Mapping[str, int]) -> Iterator[Row]:
    for line, cells in islice(_records(file, delimiter), skipped, None):
        yield Row(line, {name: cells[place].strip() if place < len(cells) else "" for name, place in at.items()})


def _records(file: OfficialFile, delimiter: str) -> Iterator[_Record]:
    """Records that are not wholly empty, each with the line on which it begins."""
    reader = csv.reader(file.lines(), delimiter=delimiter)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise RulebookError(f"{file.name}, line {begins}: {error}") from None
