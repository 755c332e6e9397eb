"""The CMS NCCI PTP edits: which two codes are not paid side by side. Four parts per setting, each a release of its own.

Layout: a notice, then `Column 1, Column 2, * = in existence prior to 1996, Effective Date, Deletion Date (* = none),
Modifier (0, 1, 9), PTP Edit Rationale`, tab or comma; dates are YYYYMMDD. The setting stands in the file's name
(`ccioph` hospital, `ccipra` practitioner), or the person says it.

Worked example. `96413 96523 20060101 * 0` is kept; the same with 20251231 for `*` is rejected in 2026Q1: it had ended.
What the part covers is the span of its first columns, cut to the codes that are ours: a pair that is not in there has
no edit, one beyond it is asked elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from fhir_adapter.updates.days import day, is_blank
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Sheet, Table, Told
from fhir_adapter.updates.official import OfficialFile
from fhir_adapter.updates.scope import FAMILY, NO_CODE, OUTSIDE, is_code, is_ours
from fhir_adapter.updates.sheets import sheet_reader

_COLUMNS = {
    "column1": r"Column 1",
    "column2": r"Column 2",
    "begins": r"Effective Date",
    "ends": r"Deletion Date.*",
    "modifier": r"Modifier.*",
}
_HOSPITAL, _PRACTITIONER = re.compile(r"oph|outpatient|hosp", re.IGNORECASE), re.compile(r"pra|phys", re.IGNORECASE)
_LETTERS = (("A0000", "A9999"), ("C0000", "C9999"), ("G0000", "G9999"), ("J0000", "J9999"), ("P0000", "P9999"),
            ("Q0000", "Q9999"), ("S0000", "S9999"))  # fmt: skip
_read = sheet_reader(_COLUMNS)


def read(file: OfficialFile) -> Sheet | None:
    sheet = _read(file)
    if sheet is None:
        return None
    setting = "facility" if _HOSPITAL.search(file.name) else "practitioner" if _PRACTITIONER.search(file.name) else ""
    return msgspec.structs.replace(sheet, rows=(_with(row, setting) for row in sheet.rows))


def _with(row: Row, setting: str) -> Row:
    return Row(row.line, {**row.values, "setting": setting})


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    values = row.values
    column1, column2 = values["column1"].upper(), values["column2"].upper()
    setting = ("facility" if told.setting == "facility" else "practitioner") if told.setting else values["setting"]
    if not (is_code(column1) and is_code(column2)):
        return NO_CODE
    if not setting:
        return "the file's name does not say whose edits these are; give --setting facility or office"
    if not (is_ours(column1) and is_ours(column2)):
        return OUTSIDE
    return _in_force(values, told) or (column1, column2, values["modifier"][:1], setting)


def _in_force(values: Mapping[str, str], told: Told) -> str | None:
    """Why the edit is not in force in the quarter; None: it is."""
    begins, ends = day(values["begins"]), None if is_blank(values["ends"]) else day(values["ends"])
    if begins is None or (ends is None and not is_blank(values["ends"])) or values["modifier"][:1] not in tuple("019"):
        return "a date or modifier indicator that is none"
    if ends is not None and ends < told.first:
        return "the edit had ended before this quarter"
    return None if begins <= told.last else "it begins after this quarter"


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    pairs = {(setting, one, two): (setting, one, two, indicator) for one, two, indicator, setting in kept[""]}
    settings = sorted({setting for setting, _, _ in pairs})
    covers = [f"{s} {span}" for s in settings for span in _spans(sorted(one for at, one, _ in pairs if at == s))]
    columns = ("setting", "column1", "column2", "indicator")
    return (Table("ptp", "PTP", columns, tuple(row for _, row in sorted(pairs.items())), tuple(covers)),)


def _spans(column1: Sequence[str]) -> list[str]:
    """The parts of the ranges that are ours between the first and the last code of the file."""
    first, last = column1[0], column1[-1]
    cut = ((max(low, first), min(high, last)) for low, high in (*FAMILY, *_LETTERS))
    return [f"{low}-{high}" for low, high in cut if low <= high]


IMPORTER = Importer(
    name="ptp",
    means="CMS NCCI PTP edits",
    parts={"": read},
    keep=keep,
    tables=tables,
    least=1,
    most=5_000_000,
    canaries=(Canary(("96365", "36000", "1")), Canary(("96413", "36000", "1"))),
    has_ranges=True,
)
