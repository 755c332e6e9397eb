"""What CMS bills for one item of a package is what the package holds, for every NDC whose content RxNorm's name tells.

Sixteen hundred agree. Where they do not, CMS counts a unit that was begun (J1580 is `up to 80 mg`), leaves out an
overfill (temsirolimus), or means another item than RxNorm; each is named here, and a new one fails the test.
"""

import re
from decimal import Decimal

from fhir_adapter.catalog import load_catalog
from fhir_adapter.catalog.load import shipped_texts
from fhir_adapter.coding.release_text import read_release

LIQUID = re.compile(r"([\d.]+) ML [^/]* ([\d.]+) (MG|MCG)/ML ")
PER_MG = {"mg": Decimal(1), "g": Decimal("0.001"), "ug": Decimal(1000)}
CLOSE = Decimal("0.02")
UNLIKE = {
    "J0168": {"50090703700"},
    "J1458": {"68135002001"},
    "J1580": {"00338050548", "00338050748", "00338051141", "55150040125", "63323017302", "63323017394"},
    "J1790": {"00143951525"},
    "J2312": {"00641620510"},
    "J3230": {"51662140601"},
    "J9330": {"16729022361", "65219020005", "72611078502", "00008117901"},
}


def compared():
    """NDC, code, content of one item and what is billed for it, both in the unit of the code."""
    book = load_catalog().book
    rows = read_release(shipped_texts()["ndc-2025q4.csv"], "ndc-2025q4.csv").rows
    for row in rows:
        product, codes = book.products.get(row["rxcui"]), row["codes"].split()
        found = LIQUID.match(product.name) if product and " / " not in product.name else None
        if found is None or len(codes) > 1 or row["units"] == "?":
            continue
        code = book.codes[codes[0]]
        if code.unit is None or code.unit.unit not in PER_MG:
            continue
        milligrams = Decimal(found[1]) * Decimal(found[2]) * (Decimal("0.001") if found[3] == "MCG" else 1)
        yield row["ndc"], code.code, milligrams * PER_MG[code.unit.unit], Decimal(row["units"]) * code.unit.value


def test_billing_units_of_an_item_are_its_dose_content():
    agreed, unlike = 0, {}
    for ndc, code, content, billed in compared():
        if abs(content - billed) <= CLOSE * content:
            agreed += 1
        else:
            unlike.setdefault(code, set()).add(ndc)
    assert unlike == UNLIKE
    assert agreed > 1600


def test_every_code_is_in_order():
    for row in load_catalog().book.codes.values():
        assert row.unit is None or row.unit.value > 0
        assert row.first is None or row.last is None or row.first <= row.last
        assert row.first is not None or not row.dated_by
