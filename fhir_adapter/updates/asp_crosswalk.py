"""The CMS ASP NDC-HCPCS crosswalk: which billing codes a package may have, and what one unit of a code is.

Layout: prose, then `_2025_CODE, Short Description, LABELER NAME, NDC2, Drug Name, HCPCS dosage, PKG SIZE, PKG QTY,
BILLUNITS, BILLUNITSPKG` and some 240 empty columns; in 2026 the code is `_2026_CODE` and NDC2 is NDC.

Worked examples. `J9035,…,50242-0061-01,Avastin,10 MG,16,1,40,40` is NDC 50242006101 with J9035. 00069130510 stands
under Q5105 and Q5106: both are kept, and coding asks for more. `GG100` in the column of the NDC is a skin substitute's
alternate ID: rejected, because a zero in front of it would make another product's NDC of it.

Decided: BILLUNITS (units per item) is kept, BILLUNITSPKG is not: it is rounded up or does not multiply out in 250 rows.
Refused: the AWP, OPPS and PrEP crosswalks and the NOC list, which are other tables under similar names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fhir_adapter.errors import RulebookError
from fhir_adapter.updates.dosages import one_quantity
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Sheet, Table, Told
from fhir_adapter.updates.official import OfficialFile
from fhir_adapter.updates.scope import NO_CODE, is_code
from fhir_adapter.updates.sheets import sheet_reader

_NDC = re.compile(r"\d{5}-\d{4}-\d{2}|\d{11}")
_OTHER_CONTEXT = re.compile(r"(?:^|[^A-Z])(AWP|OPPS|PREP|NOC)(?:[^A-Z]|$)", re.IGNORECASE)
_COLUMNS = {
    "code": r"_\d{4}_CODE|HCPCS Level II Code.*",
    "labeler": r"LABELER NAME",
    "ndc": r"NDC2?|NDC or ALTERNATE ID",
    "name": r"Drug Name",
    "dosage": r"HCPCS dosage",
    "units": r"BILLUNITS",
}
_read = sheet_reader(_COLUMNS)


def read(file: OfficialFile) -> Sheet | None:
    sheet = _read(file)
    if sheet is not None and (other := _OTHER_CONTEXT.search(file.name)):
        raise RulebookError(f"{file.name}: this is the {other[1].upper()} list; only the ASP crosswalk is taken")
    return sheet


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    code, ndc = row.values["code"].upper(), row.values["ndc"]
    if not is_code(code):
        return NO_CODE
    if not _NDC.fullmatch(ndc):
        return "an alternate ID, not an NDC" if ndc else "no NDC"
    if not told.is_covered(code):
        return "outside the codes that the file is said to cover"
    return ndc.replace("-", ""), code, row.values["name"], row.values["units"], row.values["dosage"]


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    by_ndc: dict[str, list[Kept]] = {}
    dosages: dict[str, set[str]] = {}
    for ndc, code, name, units, dosage in kept[""]:
        by_ndc.setdefault(ndc, []).append((code, name, units))
        dosages.setdefault(code, set()).add(dosage)
    crosswalk = (_of_ndc(ndc, sorted(set(rows))) for ndc, rows in sorted(by_ndc.items()))
    dosage_rows = ((code, *one_quantity(texts), " / ".join(sorted(texts))) for code, texts in sorted(dosages.items()))
    return (
        Table("ndc", "NDC-HCPCS crosswalk", ("ndc", "codes", "name", "units"), tuple(crosswalk), told.covers),
        Table("dosage", "HCPCS dosage", ("code", "amount", "unit", "text"), tuple(dosage_rows), told.covers),
    )


def _of_ndc(ndc: str, rows: list[Kept]) -> Kept:
    """One row per NDC: its codes, and for each the billing units of one item."""
    units: dict[str, str] = {}
    for code, _, count in rows:
        units.setdefault(code, count or "?")
    return ndc, " ".join(units), rows[0][1], " ".join(units.values())


IMPORTER = Importer(
    name="asp-crosswalk",
    means="CMS ASP NDC-HCPCS crosswalk",
    parts={"": read},
    keep=keep,
    tables=tables,
    least=5_000,
    most=30_000,
    canaries=(Canary(("50242006101", "J9035")), Canary(("51144005001", "J9042")), Canary(("50242005306", "J9312"))),
)
