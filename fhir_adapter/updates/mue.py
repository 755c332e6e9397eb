"""The CMS MUE tables: the most units of a code on one date. One file per setting.

Layout: a notice in row 1, then `HCPCS/ CPT Code` (broken in two lines), `<setting> MUE Values`, `MUE Adjudication
Indicator` (`2 Date of Service Edit: Policy`, …), `MUE Rationale`. Refused: the supplier's table, which nobody here
bills under. Rejected: codes outside drug administration, and a number that is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Sheet, Table, Told
from fhir_adapter.updates.official import OfficialFile
from fhir_adapter.updates.scope import why_not
from fhir_adapter.updates.sheets import sheet_reader

_COLUMNS = {
    "code": r"HCPCS ?/ ?CPT Code",
    "units": r"(?:Practitioner|Outpatient Hospital)(?: Services)? MUE Values",
    "indicator": r"MUE Adjudication Indicator",
}
_read = sheet_reader(_COLUMNS)


def read(file: OfficialFile) -> Sheet | None:
    sheet = _read(file)
    if sheet is None:
        return None
    header = sheet.preamble.casefold()
    setting = "facility" if "outpatient hospital" in header else "practitioner"
    return msgspec.structs.replace(sheet, rows=(_with(row, setting) for row in sheet.rows))


def _with(row: Row, setting: str) -> Row:
    return Row(row.line, {**row.values, "setting": setting})


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    code, units, indicator = row.values["code"].upper(), row.values["units"], row.values["indicator"][:1]
    if (outside := why_not(code)) is not None:
        return outside
    if not told.is_covered(code):
        return "outside the codes that the file is said to cover"
    if not (units.isascii() and units.isdigit()) or indicator not in ("1", "2", "3"):
        return "a number of units or an indicator that is none"
    return code, row.values["setting"], units, indicator


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    columns = ("code", "practitioner", "practitioner_indicator", "facility", "facility_indicator")
    rows = {
        code: (code, units, indicator, "", "") if setting == "practitioner" else (code, "", "", units, indicator)
        for code, setting, units, indicator in kept[""]
    }
    return (Table("mue", "MUE", columns, tuple(sorted(rows.values())), told.covers),)


IMPORTER = Importer(
    name="mue",
    means="CMS MUE table",
    parts={"": read},
    keep=keep,
    tables=tables,
    least=300,
    most=20_000,
    canaries=(Canary(("96413", "", "1", "3")),),
)
