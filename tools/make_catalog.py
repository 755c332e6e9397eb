"""Make the drug tables of `fhir_adapter/catalog/data/` from decoded CMS and RxNorm files.

Run `python tools/make_catalog.py FOLDER`. FOLDER has the files named below. Output is sorted and has its origin in the
header, so that a new release shows as a readable difference.

What is decided here and not read:
- `marks` say why a code is not chosen by name (D30). "manufacturer" is the source's flag and the cyclophosphamide
  codes of D30, less the codes whose flag rests on a bracket that names no maker (NOT_A_MAKER); liposomal, albumin-bound
  and conjugate codes are listed here, because RxNorm files them under the plain ingredient.
- `from` of a code without an add date: it is not in the CMS file of July 2024, so it began on 2024-10-01 at the
  earliest; where a code of the same ingredient ended later than that, the day after (`dated_by` says which).
- contrast media and skin substitutes of the crosswalk that the fact table lacks have the class `other`.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

DATA = Path(__file__).parent.parent / "fhir_adapter" / "catalog" / "data"
LIPOSOMAL = ["J0287", "J0289", "J0666", "J9098", "J9151", "J9205", "J9371", "Q2049", "Q2050"]
ALBUMIN_BOUND = ["J9258", "J9259", "J9264", "J9331"]
CONJUGATE = ["J9354", "J9358"]
MAKERS_OF_CYCLOPHOSPHAMIDE = ["J9071", "J9072", "J9073", "J9074", "J9076"]
NOT_A_MAKER = ["J0131", "J0841", "J1162", "J1961", "J7175", "P9041", "P9045", "P9046", "P9047"]
ALSO_CALLED = {"J9354": "ado-trastuzumab emtansine"}
FIRST_AFTER_THE_DATED_FILE = "2024-10-01"
UNITS = {"MG": "mg", "GM": "g", "ML": "mL", "CC": "mL", "SQ CM": "cm2", "MCG": "ug"}

Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, header: Sequence[str], columns: Sequence[str], body: Iterable[Sequence[str]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}\n" for line in (*header, "made by: tools/make_catalog.py"))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(sorted(set(map(tuple, body))))


def marks(row: Row) -> str:
    code, notes = row["hcpcs"], row["notes"]
    maker = "manufacturer/brand-specific" in notes and code not in NOT_A_MAKER
    suffixed = code.startswith("Q999") and re.search(r"-[a-z]{4}\b", row["hcpcs_short"])
    found = {
        "manufacturer": maker or code in MAKERS_OF_CYCLOPHOSPHAMIDE,
        "biosimilar": code.startswith("Q5") or bool(suffixed),
        "liposomal": code in LIPOSOMAL,
        "albumin-bound": code in ALBUMIN_BOUND,
        "conjugate": code in CONJUGATE,
        "verify": "verify status" in notes,
    }
    return " ".join(mark for mark, holds in found.items() if holds)


def precise(row: Row) -> str:
    """`rxcui:name` of the one precise ingredient; of a combination it would name a part only."""
    if row["rxcui_term_type"] == "MIN" or ";" in row["rxcui_precise"]:
        return ""
    return row["rxcui_precise"] or (f":{ALSO_CALLED[row['hcpcs']]}" if row["hcpcs"] in ALSO_CALLED else "")


def ends(catalog: list[Row], terms: dict[str, Row]) -> dict[str, str]:
    return {r["hcpcs"]: r["hcpcs_effective_to"] or terms.get(r["hcpcs"], {}).get("term_date", "") for r in catalog}


def starts(catalog: list[Row], end: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The first day of each code, and what it rests on where no CMS file says it."""
    last_end: dict[str, tuple[str, str]] = {}
    for r in catalog:
        if end[r["hcpcs"]] >= "2024-07-01":
            last_end[ingredient(r)] = max(last_end.get(ingredient(r), ("", "")), (end[r["hcpcs"]], r["hcpcs"]))
    return {r["hcpcs"]: _start(r, last_end.get(ingredient(r))) for r in catalog}


def _start(row: Row, predecessor: tuple[str, str] | None) -> tuple[str, str]:
    if row["hcpcs_effective_from"]:
        return row["hcpcs_effective_from"], ""
    if predecessor is None or row["hcpcs"].startswith("Q"):
        return FIRST_AFTER_THE_DATED_FILE, "after 2024Q3"
    day = date.fromisoformat(predecessor[0]) + timedelta(days=1)
    return day.isoformat(), f"after {predecessor[1]}"


def ingredient(row: Row) -> str:
    return row["rxcui_ingredient"] or row["ingredient_name"]


def catalog_codes(catalog: list[Row], terms: dict[str, Row]) -> list[tuple[str, ...]]:
    end = ends(catalog, terms)
    start = starts(catalog, end)
    return [
        (
            r["hcpcs"], *start[r["hcpcs"]], end[r["hcpcs"]], r["hcpcs_unit_amount"], r["hcpcs_unit"],
            r["administration_class"], "" if r["route"].startswith("injection") else r["route"], marks(r),
            r["rxcui_ingredient"], r["ingredient_name"], precise(r), r["hcpcs_short"],
            "yes" if r["payer_variable_admin"] == "Y" else "",
        )
        for r in catalog
    ]  # fmt: skip


def other_codes(folder: Path, known: set[str], dates: dict[str, Row], terms: dict[str, Row]) -> list[tuple[str, ...]]:
    """Codes that the fact table lacks: those of the crosswalk (class other), of the payment file, and dates alone."""
    crosswalk = {r["hcpcs"]: r["hcpcs_dosage"] for r in rows(folder / "ndc_hcpcs_oct2025.csv")}
    paid = {r["hcpcs"]: r["dosage"] for r in rows(folder / "asp_payment_limits_2026q3.csv")}
    found: list[tuple[str, ...]] = []
    for code in sorted((set(crosswalk) | set(paid) | set(dates)) - known):
        amount, unit = quantity(crosswalk.get(code) or paid.get(code, ""))
        dated, term = dates.get(code, {}), terms.get(code, {})
        start = dated.get("add_date", "")
        late = not start and code[0] in "JQ"
        end = dated.get("term_date") or term.get("term_date", "")
        start, dated_by = (FIRST_AFTER_THE_DATED_FILE, "after 2024Q3") if late else (start, "")
        kind = "other" if code in crosswalk else ""
        found.append((code, start, dated_by, end, amount, unit, kind, "", "", "", "", "", "", ""))
    return found


def quantity(dosage: str) -> tuple[str, str]:
    """A dosage that is one quantity in a unit that UCUM has; else blanks."""
    match = re.fullmatch(r"([\d.]+) ?(.+)", dosage.strip().upper())
    return (match[1], UNITS[match[2]]) if match and match[2] in UNITS else ("", "")


CODE_COLUMNS = (
    "code", "from", "dated_by", "to", "amount", "unit", "class", "route", "marks",
    "rxcui", "ingredient", "precise", "descriptor", "payers_differ",
)  # fmt: skip


def codes(folder: Path) -> None:
    catalog = rows(folder / "drug_catalog.csv")
    dates = {r["hcpcs"]: r for r in rows(folder / "hcpcs_dates_2024q3.csv")}
    terms = {r["hcpcs"]: r for r in rows(folder / "hcpcs_terms_2026q1.csv")}
    known = catalog_codes(catalog, terms)
    header = (
        "table: HCPCS drug codes",
        "release: 2026Q3",
        "in force: 2026-07-01 to 2026-09-30",
        "source: CMS HCPCS July 2024 (github andrewallenbruce/northstar), termination dates CMS HCPCS January 2026 "
        "(github Niall-the-Vile/opps-engine@005b929), dosages CMS ASP crosswalk October 2025 "
        "(github crowbarmassage/340b-optimizer-v2@a4be4af) and payment limits July 2026 "
        "(github farrukhnewton/codical-healthcare@a2a2747), RxNorm prescribable content 2025-10-06 "
        "(github davidanderson3/rxnorm-ingredients@a8fcf13), PharmGKB drugs.tsv CC BY-SA 4.0 for 63 RxCUIs "
        "(github clingen-data-model/website-clinicalgenome-search@3b97e8f); classes and routes are a judgement",
        "note: from, to are days in force; dated_by says what a start rests on that no CMS file gives",
    )
    write("codes.csv", header, CODE_COLUMNS, [*known, *other_codes(folder, {k[0] for k in known}, dates, terms)])


def products(folder: Path) -> None:
    header = (
        "table: NDC-HCPCS crosswalk",
        "release: 2025Q4",
        "in force: 2025-10-01 to 2025-12-31",
        "source: RxNorm product to HCPCS by NDC: CMS ASP crosswalk October 2025 "
        "(github crowbarmassage/340b-optimizer-v2@a4be4af) joined with RxNorm prescribable content 2025-10-06 "
        "(github davidanderson3/rxnorm-ingredients@a8fcf13)",
    )
    body = [
        (r["rxcui_product"], r["hcpcs"].replace(";", " "), r["rxnorm_name"])
        for r in rows(folder / "rxcui_product_to_hcpcs.csv")
    ]
    write("products.csv", header, ("rxcui", "codes", "name"), body)


def products_of_ndcs(folder: Path) -> dict[str, str]:
    """NDC → product RxCUI, where RxNorm's own list of examples has it."""
    listed = [(r["rxcui_product"], r["example_ndcs"]) for r in rows(folder / "rxcui_product_to_hcpcs.csv")]
    return {ndc.strip(): rxcui for rxcui, found in sorted(listed, reverse=True) for ndc in found.split(";")}


def ndcs(source: Path, name: str, header: Sequence[str]) -> None:
    rxcuis = products_of_ndcs(source.parent)
    found: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    for r in rows(source):
        found.setdefault(r["ndc11"], {}).setdefault(r["hcpcs"], r["billunits"] or "?")
        labels.setdefault(r["ndc11"], r["drug_name"])
    body = [
        (
            ndc,
            " ".join(sorted(units)),
            labels[ndc],
            " ".join(units[code] for code in sorted(units)),
            rxcuis.get(ndc, ""),
        )
        for ndc, units in found.items()
    ]
    write(name, header, ("ndc", "codes", "name", "units", "rxcui"), body)


def main(folder: Path) -> None:
    codes(folder)
    products(folder)
    ndcs(
        folder / "ndc_hcpcs_oct2025.csv",
        "ndc-2025q4.csv",
        (
            "table: NDC-HCPCS crosswalk",
            "release: 2025Q4",
            "in force: 2025-10-01 to 2025-12-31",
            "source: CMS ASP NDC-HCPCS crosswalk October 2025 (github crowbarmassage/340b-optimizer-v2@a4be4af)",
        ),
    )
    ndcs(
        folder / "ndc_hcpcs_2026q3_partial.csv",
        "ndc-2026q3.csv",
        (
            "table: NDC-HCPCS crosswalk",
            "release: 2026Q3",
            "in force: 2026-07-01 to 2026-09-30",
            "covers: J9000-J9601",
            "covers: Q5103-Q5162",
            "source: CMS ASP NDC-HCPCS crosswalk July 2026 (github farrukhnewton/codical-healthcare@a2a2747); "
            "only the covered codes were read",
        ),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
