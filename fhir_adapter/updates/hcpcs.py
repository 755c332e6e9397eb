"""The CMS HCPCS alpha-numeric file (ANWEB): when a code began, what became of it, when it ended.

Layout, fixed width, from 1: code 1-5, sequence 6-10, record 11 (3 a code, 4 its continuation, 7 and 8 a modifier),
long text 12-91, short 92-119, coverage 230, added 269-276, action effective 277-284, ended 285-292, action 293. Lines
are 293 or 320 long, continuations shorter. The CSV has the same under `HCPC, SEQNUM, RECID, LONG DESCRIPTION, SHORT
DESCRIPTION, …, ADD DT, ACT EFF DT, TERM DT, ACTION CD`.

Worked examples. J9070 with 20240331 in 285-292 ended that day. J1440 was filgrastim until 2017 and is another drug
since 20230701: the file shows only the new meaning, so a row is one meaning, kept by (code, first day).

Decided: lines are cut by place; a short one has blanks. A continuation is added to the text before it and counts as
kept with it. Kept are the drugs (A9, C9, G0498, J, P9, Q, S). Left out: dose from the text; the crosswalk says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fhir_adapter.updates.days import day, is_blank
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Sheet, Table, Told
from fhir_adapter.updates.official import OfficialFile
from fhir_adapter.updates.scope import OUTSIDE
from fhir_adapter.updates.sheets import sheet_reader

_PLACES = {
    "code": (0, 5), "record": (10, 11), "long": (11, 91), "short": (91, 119),
    "added": (268, 276), "acted": (276, 284), "ended": (284, 292), "action": (292, 293),
}  # fmt: skip
_LINE = re.compile(r"(?:[A-Z]\d{4}| {3}[A-Z0-9]{2}|[A-Z0-9]{2} {3})\d{5}[3478]")
_DRUG = re.compile(r"(?:A9|C9|J|P9|Q|S)\d+")
_CODE = re.compile(r"[A-Z]\d{4}")
_LOOKED_AT = 5
_read_csv = sheet_reader(
    {
        "code": r"HCPCS?(?: CODE)?", "record": r"REC ?ID|RECORD IDENTIFICATION CODE", "long": r"LONG DESCRIPTION",
        "short": r"SHORT DESCRIPTION", "added": r"ADD DT", "acted": r"ACT EFF DT", "ended": r"TERM DT",
        "action": r"ACTION CD",
    }
)  # fmt: skip


def read(file: OfficialFile) -> Sheet | None:
    """Fixed width or CSV."""
    first = [line for line, _ in zip(file.lines(), range(_LOOKED_AT), strict=False) if line.strip()]
    if first and all(_LINE.match(line) for line in first):
        return Sheet("", _fixed(file))
    return _read_csv(file)


def _fixed(file: OfficialFile) -> Iterator[Row]:
    for number, line in enumerate(file.lines(), start=1):
        if text := line.rstrip("\n"):
            yield Row(number, {name: text[first:last].strip() for name, (first, last) in _PLACES.items()})


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    values = row.values
    code, record = values["code"], values["record"]
    if record in ("7", "8"):
        return "a modifier"
    if not _CODE.fullmatch(code) or record not in ("3", "4"):
        return "no code and record type in their places"
    if not _DRUG.fullmatch(code) and code != "G0498":
        return OUTSIDE
    if not told.is_covered(code):
        return "outside the codes that the file is said to cover"
    if record == "4":
        return code, record, values["long"], "", "", "", "", ""
    return _dated(code, values)


def _dated(code: str, values: Mapping[str, str]) -> Kept | str:
    written = [values["added"], values["acted"], values["ended"]]
    days = [None if is_blank(text) else day(text) for text in written]
    if any(found is None and not is_blank(text) for found, text in zip(days, written, strict=True)):
        return "a date that is none"
    if days[0] is None:
        return "no day on which the code was added"
    if days[2] is not None and days[2] < days[0]:
        return "it ended before it began"
    return (
        code,
        "3",
        values["long"],
        values["short"],
        *("" if one is None else str(one) for one in days),
        values["action"],
    )


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    long: dict[str, list[str]] = {}
    rows: dict[tuple[str, str], Kept] = {}
    for code, record, text, short, added, acted, ended, action in kept[""]:
        long.setdefault(code, []).append(text)
        if record == "3":
            rows[code, added] = (code, added, acted, ended, action, short)
    dated = tuple((*row, " ".join(" ".join(long[row[0]]).split())) for _, row in sorted(rows.items()))
    columns = ("code", "from", "acted", "to", "action", "descriptor", "long")
    return (Table("dates", "HCPCS dates", columns, dated, told.covers),)


IMPORTER = Importer(
    name="hcpcs",
    means="CMS HCPCS alpha-numeric file",
    parts={"": read},
    keep=keep,
    tables=tables,
    least=1_500,
    most=30_000,
    canaries=(Canary(("J9035", "3")), Canary(("J9312", "3"))),
)
