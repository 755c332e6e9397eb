"""The CMS Part B payment limits: what Medicare pays an office for one unit of a drug in a quarter.

Layout: prose, then `HCPCS Code, Short Description, HCPCS Code Dosage, Payment Limit, Co-insurance Percentage, Vaccine
AWP%, …, Notes`, footnotes below. `J9035,…,10 MG,74.823` is kept; a row whose limit is blank is rejected: no figure is
not a figure of zero. A price in dollars may carry `$` and commas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from fhir_adapter.updates.dosages import quantity
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Table, Told
from fhir_adapter.updates.scope import NO_CODE, is_code
from fhir_adapter.updates.sheets import sheet_reader


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    code = row.values["code"].upper()
    if not is_code(code):
        return NO_CODE
    if not told.is_covered(code):
        return "outside the codes that the file is said to cover"
    limit = dollars(row.values["limit"])
    return "no payment limit" if limit is None else (code, limit, row.values["dosage"])


def dollars(text: str) -> str | None:
    """An amount without `$` and commas; None: it is none."""
    plain = text.replace("$", "").replace(",", "").strip()
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    return plain if amount.is_finite() and amount >= 0 else None


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    limits = {code: (code, limit) for code, limit, _ in kept[""]}
    units = {code: (code, *quantity(dosage), dosage) for code, _, dosage in kept[""]}
    return (
        Table("limits", "payment limits", ("code", "limit"), tuple(sorted(limits.values())), told.covers),
        Table("dosage", "HCPCS dosage", ("code", "amount", "unit", "text"), tuple(sorted(units.values())), told.covers),
    )


IMPORTER = Importer(
    name="asp-limits",
    means="CMS Part B payment limits",
    parts={
        "": sheet_reader({"code": r"HCPCS Code", "dosage": r"HCPCS Code Dosage", "limit": r"Payment Limit"}),
    },
    keep=keep,
    tables=tables,
    least=500,
    most=5_000,
    canaries=(Canary(("J9035", "", "10 MG")), Canary(("J9312", "", "10 MG"))),
)
