"""NCI SEER CanMED by HCPCS: what kind of cancer drug a code is, in the words of a cancer registry.

Layout: `HCPCS, Generic Name, Brand Name, Strength, SEER*Rx Category, Major Drug Class, Minor Drug Class, Oral (Y/N),
FDA Approval Year, …, CMS Effective Date, CMS Discontinuation Date, Status`; days MM/DD/YYYY; a comma inside a field
means several values; HCPCS may be `NA` or `Not yet assigned` (rejected).

It fills in a class only where the shipped catalog has none, and `data diff` names where the two disagree: a registry's
category is no administration code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_adapter.updates.days import day, is_blank
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Table, Told
from fhir_adapter.updates.scope import is_code
from fhir_adapter.updates.sheets import sheet_reader

_KINDS = {
    "chemotherapy": "chemo",
    "immunotherapy": "chemo",
    "hormonal therapy": "hormonal",
    "hormonal": "hormonal",
    "ancillary therapy": "therapeutic",
    "ancillary": "therapeutic",
}


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    values = row.values
    code = values["code"].upper()
    if not is_code(code):
        return "no HCPCS code is assigned"
    if not told.is_covered(code):
        return "outside the codes that the file is said to cover"
    days = [values.get("begins", ""), values.get("ends", "")]
    if any(not is_blank(text) and day(text) is None for text in days):
        return "a date that is none"
    if values.get("oral", "").upper().startswith("Y"):
        return code, values["category"], values.get("major", ""), "other"
    kinds = {_KINDS.get(one.strip().casefold(), "") for one in values["category"].split(",")}
    return code, values["category"], values.get("major", ""), next(iter(kinds)) if len(kinds) == 1 else ""


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    rows: dict[str, Kept] = {}
    for row in kept[""]:
        before = rows.get(row[0])
        rows[row[0]] = row if before is None or before[3] == row[3] else (*row[:3], "")
    columns = ("code", "category", "major", "class")
    return (Table("classes", "CanMED", columns, tuple(sorted(rows.values())), told.covers),)


IMPORTER = Importer(
    name="canmed",
    means="NCI SEER CanMED (HCPCS)",
    parts={
        "": sheet_reader(
            {"code": r"HCPCS", "generic": r"Generic Name", "category": r"SEER\*Rx Category"},
            {
                "major": r"Major (?:Drug )?Class", "oral": r"Oral \(Y/N\)", "begins": r"CMS Effective Date",
                "ends": r"CMS Discontinuation Date",
            },
        )
    },
    keep=keep,
    tables=tables,
    least=200,
    most=5_000,
    canaries=(Canary(("J9035",)),),
    has_quarter=False,
)  # fmt: skip
