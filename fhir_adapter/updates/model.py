"""The words of this room: a row of an official file, why it was not taken, and what an importer is.

    rows in = rows kept + rows rejected, and each reject has its line and a reason

That holds for every import, because `imports.imported` counts and nothing else does. A row is a record below the
header that is not wholly empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from fhir_adapter.updates.official import OfficialFile
from fhir_adapter.vocabulary import Setting

Kept = tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """A record of an official file: the line on which it begins, and its values by our column names."""

    line: int
    values: Mapping[str, str]


class Reject(msgspec.Struct, frozen=True):
    """Lines next to each other that were not taken for one reason; every record among them."""

    file: str
    first: int
    last: int
    rows: int
    reason: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the whole file: its days, and what the person who imports it says of it."""

    release: str
    first: date
    last: date
    covers: tuple[str, ...] = ()
    """Ranges of codes, where the file is a part; empty: it is whole."""
    setting: Setting | None = None
    ndcs: frozenset[str] = frozenset()
    """The NDCs that some crosswalk release knows: of others, nobody would ask."""

    def is_covered(self, code: str) -> bool:
        ranges = [one.partition("-") for one in self.covers if "-" in one]
        return not ranges or any(low <= code <= high for low, _, high in ranges)


class Table(msgspec.Struct, frozen=True):
    """A table that an import makes, in the form of `coding.release_text`. `kind` begins its file name."""

    kind: str
    table: str
    columns: tuple[str, ...]
    rows: tuple[Kept, ...]
    covers: tuple[str, ...] = ()


class Sheet(msgspec.Struct, frozen=True):
    """A file that an importer knows: what stands before its rows, and the rows."""

    preamble: str
    rows: Iterable[Row]


class Canary(msgspec.Struct, frozen=True):
    """A row that every whole file has, as it is kept: blank where any value will do, its first value is the key."""

    row: Kept
    part: str = ""

    @property
    def place(self) -> int:
        return next(place for place, value in enumerate(self.row) if value)

    @property
    def key(self) -> str:
        return self.row[self.place]

    def is_in(self, rows: Sequence[Kept]) -> bool:
        """Whether its key lies between those of these rows."""
        keys = [row[self.place] for row in rows]
        return min(keys, default="") <= self.key <= max(keys, default="")


class Importer(msgspec.Struct, frozen=True, kw_only=True):
    """One official file: how it is known, read and judged. Files of one importer may come as several parts."""

    name: str
    means: str
    parts: Mapping[str, Callable[[OfficialFile], Sheet | None]]
    """Part name → reader of a file of that part; None: it is another file."""
    needs: frozenset[str] = frozenset()
    """Parts without which the others say nothing; empty: every file stands for itself."""
    keep: Callable[[str, Row, Told], Kept | str]
    """Part, row → what is kept of it, or the reason why nothing is."""
    tables: Callable[[Mapping[str, Sequence[Kept]], Told], tuple[Table, ...]]
    least: int
    """Fewer kept rows than this are no whole file."""
    most: int
    canaries: tuple[Canary, ...]
    has_ranges: bool = False
    """A whole file is one of several, each with a range of first values: a canary is asked of the one it is in."""
    has_setting: bool = False
    has_quarter: bool = True


def in_runs(file: str, rejected: Iterator[tuple[int, str]]) -> Iterator[Reject]:
    """Rejects as runs: a file with a million rows about surgery is one line of the report."""
    run: Reject | None = None
    for line, reason in rejected:
        if run is not None and run.reason == reason:
            run = Reject(file, run.first, line, run.rows + 1, reason)
            continue
        if run is not None:
            yield run
        run = Reject(file, line, line, 1, reason)
    if run is not None:
        yield run
