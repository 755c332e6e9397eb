"""CMS OPPS Addendum B: how a hospital is paid for a code, and how much.

Layout: prose, then `HCPCS Code, Short Descriptor, SI, APC, Relative Weight, Payment Rate, National Unadjusted
Copayment, …`, footnotes below. `J9035,…,K,9214,,74.355` is kept with its rate; `J1100,…,N,,,` is packaged and kept
without one. A star or other mark behind a rate is cut off. Rejected: codes outside drugs and their administration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fhir_adapter.updates.asp_limits import dollars
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Table, Told
from fhir_adapter.updates.scope import why_not
from fhir_adapter.updates.sheets import sheet_reader

_STATUS = re.compile(r"[A-Z]\d?")


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    code, status = row.values["code"].upper(), row.values["status"].upper()
    if (outside := why_not(code)) is not None:
        return outside
    if not told.is_covered(code):
        return "outside the codes that the file is said to cover"
    if not _STATUS.fullmatch(status):
        return "no status indicator"
    rate = row.values["rate"].rstrip("*^# ")
    if rate and dollars(rate) is None:
        return "a payment rate that is none"
    return code, status, row.values.get("apc", ""), dollars(rate) or ""


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    rows = {row[0]: row for row in kept[""]}
    columns = ("code", "status", "apc", "rate")
    return (Table("opps", "OPPS status", columns, tuple(sorted(rows.values())), told.covers),)


IMPORTER = Importer(
    name="addendum-b",
    means="CMS OPPS Addendum B",
    parts={
        "": sheet_reader(
            {"code": r"HCPCS Code", "status": r"SI|Status Indicator|CI/SI", "rate": r"Payment Rate"},
            {"apc": r"APC"},
        )
    },
    keep=keep,
    tables=tables,
    least=1_000,
    most=30_000,
    canaries=(Canary(("J9035",)),),
)
