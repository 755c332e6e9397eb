"""From official files to tables that may be installed: known, read, counted, judged; or refused, with nothing changed.

The problem: a file that was cut, mixed up or renamed must not become the prices and codes of a hospital.

Worked example. A crosswalk of 8,245 rows: 6,961 are kept and 1,284 rejected as alternate IDs; the sum is checked, the
number of kept rows lies in its bounds, Avastin's NDC has J9035 (a canary). The same file cut after 300 rows is refused,
unless the person says which codes it covers (`--covers J9000-J9601`): then it is a partial release.

Decided: bounds and canaries hold for whole files; in a part a canary is compared only if it is there. One file in doubt
refuses all that were given with it. Left out: mending a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from fhir_adapter.errors import RulebookError
from fhir_adapter.updates import (
    add_on,
    addendum_b,
    asp_crosswalk,
    asp_limits,
    canmed,
    fda_ndc,
    hcpcs,
    mue,
    ptp,
    rxnorm,
)
from fhir_adapter.updates.model import Canary, Importer, Kept, Reject, Sheet, Table, Told, in_runs
from fhir_adapter.updates.official import OfficialFile
from fhir_adapter.updates.quarters import days_of, quarter_of
from fhir_adapter.updates.workbooks import sheets_of
from fhir_adapter.vocabulary import Setting

IMPORTERS: tuple[Importer, ...] = (
    asp_limits.IMPORTER, asp_crosswalk.IMPORTER, hcpcs.IMPORTER, rxnorm.IMPORTER, fda_ndc.IMPORTER, mue.IMPORTER,
    ptp.IMPORTER, add_on.IMPORTER, addendum_b.IMPORTER, canmed.IMPORTER,
)  # fmt: skip


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the person who imports says of the files, where they do not say it themselves."""

    release: str | None = None
    covers: tuple[str, ...] = ()
    setting: Setting | None = None
    ndcs: frozenset[str] = frozenset()


class Known(msgspec.Struct, frozen=True):
    """A file and the importer that knows it."""

    importer: Importer
    part: str
    file: OfficialFile
    sheet: Sheet


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the files of one release. `rows_in == rows_kept + rows_rejected`, always."""

    importer: str
    means: str
    release: str
    days: str
    covers: tuple[str, ...]
    setting: Setting | None
    files: tuple[tuple[str, str], ...]
    """Name and SHA-256 of what was downloaded."""
    rows_in: int
    rows_kept: int
    rejects: tuple[Reject, ...]
    tables: tuple[Table, ...]

    @property
    def rows_rejected(self) -> int:
        return sum(one.rows for one in self.rejects)


def imports(files: Sequence[OfficialFile], said: Said) -> tuple[Imported, ...]:
    """All files as releases; `RulebookError` for the first that cannot be one."""
    known = _known(files)
    alone = [[one] for one in known if not one.importer.needs]
    together = {one.importer.name: [other for other in known if other.importer.name == one.importer.name]
                for one in known if one.importer.needs}  # fmt: skip
    return tuple(imported(group, said) for group in (*alone, *together.values()))


def _known(files: Sequence[OfficialFile]) -> list[Known]:
    """What is known; of a ZIP, the members that are no table of ours are passed over if another one is.

    A workbook is opened where the text files of its ZIP have no table: CMS often publishes the same table twice.
    """
    refused: dict[str, RulebookError] = {}
    known = _of_texts((file for file in files if not file.is_workbook), refused)
    told = {one.file.archive for one in known if one.file.archive}
    books = (file for file in files if file.is_workbook and file.archive not in told)
    known += _of_texts((sheet for book in books for sheet in sheets_of(book)), refused)
    for archive, refusal in refused.items():
        if all(one.file.archive != archive for one in known):
            raise refusal
    return known


def _of_texts(files: Iterable[OfficialFile], refused: dict[str, RulebookError]) -> list[Known]:
    known: list[Known] = []
    for file in files:
        try:
            known.append(known_file(file))
        except RulebookError as error:
            if not file.archive:
                raise
            refused.setdefault(file.archive, error)
    return known


def known_file(file: OfficialFile) -> Known:
    for importer in IMPORTERS:
        for part, read in importer.parts.items():
            if (sheet := read(file)) is not None:
                return Known(importer, part, file, sheet)
    names = "; ".join(importer.means for importer in IMPORTERS)
    raise RulebookError(f"{file.name}: no header or layout of an official file was found; known are: {names}")


def imported(group: Sequence[Known], said: Said) -> Imported:
    """The files of one release, read and judged."""
    importer = group[0].importer
    _complete(group)
    told = told_of(group[0], said)
    kept: dict[str, list[Kept]] = {part: [] for part in importer.parts}
    rejects: list[Reject] = []
    rows_in = 0
    for one in group:
        reading = _Reading(kept[one.part])
        rejects += in_runs(one.file.name, reading.rejected(one, told))
        rows_in += reading.rows
    rows_kept = sum(map(len, kept.values()))
    _judge(group[0], kept, told, rejects)
    return Imported(
        importer=importer.name,
        means=importer.means,
        release=told.release,
        days=f"{told.first} to {told.last}",
        covers=told.covers,
        setting=told.setting,
        files=tuple((one.file.name, one.file.sha256) for one in group),
        rows_in=rows_in,
        rows_kept=rows_kept,
        rejects=tuple(rejects),
        tables=importer.tables(kept, told),
    )


class _Reading:
    """Takes the rows of one file apart; the rejected come out, the kept are added."""

    def __init__(self, kept: list[Kept]) -> None:
        self.kept = kept
        self.rows = 0

    def rejected(self, one: Known, told: Told) -> Iterator[tuple[int, str]]:
        for row in one.sheet.rows:
            self.rows += 1
            found = one.importer.keep(one.part, row, told)
            if isinstance(found, str):
                yield row.line, found
            else:
                self.kept.append(found)


def _complete(group: Sequence[Known]) -> None:
    importer, parts = group[0].importer, [one.part for one in group]
    if missing := sorted(importer.needs - set(parts)):
        raise RulebookError(
            f"{group[0].file.name}: {importer.means} needs {', '.join(missing)} beside it; give both in one call"
        )
    if importer.needs and len(set(parts)) < len(parts):
        raise RulebookError(f"{group[0].file.name}: {importer.means} was given twice")


def told_of(one: Known, said: Said) -> Told:
    """The quarter of the file, by its name, its preamble, its ZIP or the person; they may not contradict each other."""
    name = one.file.name
    preamble = one.sheet.preamble if one.importer.has_quarter else ""
    found = quarter_of(name) or quarter_of(preamble) or quarter_of(one.file.archive)
    if said.release and found and found != said.release.upper():
        raise RulebookError(f"{name}: the file says {found}, not {said.release}")
    release = (said.release or found or "").upper()
    days = days_of(release)
    if days is None:
        raise RulebookError(f"{name}: from which quarter the file is, it does not say; give --release 2026Q3")
    header = one.sheet.preamble.rpartition("_CODE")[0][-4:]
    if header.isdigit() and header != release[:4]:
        raise RulebookError(f"{name}: the header is of {header}, the file is said to be of {release}")
    return Told(release=release, first=days[0], last=days[1], covers=said.covers, setting=said.setting, ndcs=said.ndcs)


def _judge(one: Known, kept: Mapping[str, Sequence[Kept]], told: Told, rejects: Sequence[Reject]) -> None:
    """Refuse what is no whole file, or says of a well-known drug what is not so."""
    importer, name = one.importer, one.file.name
    count = sum(map(len, kept.values()))
    for part in importer.needs or importer.parts:
        if not kept[part]:
            why = f" (line {rejects[0].first}: {rejects[0].reason})" if rejects else ""
            raise RulebookError(f"{name}: no row of {importer.means} could be kept{why}")
    if count > importer.most or (count < importer.least and not told.covers):
        bounds = f"{importer.least:,} to {importer.most:,}"
        raise RulebookError(
            f"{name}: {count:,} rows were kept; a whole {importer.means} has {bounds}. "
            "If it is a part, say which codes it covers: --covers J9000-J9601"
        )
    for canary in importer.canaries:
        _sing(canary, one, kept[canary.part], told)


def _sing(canary: Canary, one: Known, rows: Sequence[Kept], told: Told) -> None:
    importer, name = one.importer, one.file.name
    found = [row for row in rows if row[canary.place] and _same(row[canary.place], canary.key)]
    is_asked = not told.covers and (canary.is_in(rows) or not importer.has_ranges)
    if not found and is_asked:
        raise RulebookError(f"{name}: {canary.key} is missing, which every whole {importer.means} has")
    if found and not any(_agrees(row, canary.row) for row in found):
        says = " ".join(value for value in canary.row if value and value != canary.key)
        raise RulebookError(f"{name}: {canary.key} does not say {says}: columns are mixed up")


def _agrees(row: Kept, expected: Kept) -> bool:
    return all(not wanted or _same(value, wanted) for value, wanted in zip(row, expected, strict=False))


def _same(value: str, wanted: str) -> bool:
    return value.casefold() == wanted.casefold()
