"""Make the CMS table files of `fhir_adapter/rulebooks/tables/` from decoded CMS files.

Run `python tools/make_tables.py FOLDER`. FOLDER has `rules/` and `drugs/` with the files named below. The output is
sorted, so that a new release shows as a readable difference. Nothing is computed: columns are picked, blanks dropped,
the origin written into the header.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

TABLES = Path(__file__).parent.parent / "fhir_adapter" / "rulebooks" / "tables"
NORTHSTAR = "copied by github andrewallenbruce/northstar"
SOPHIE = "copied by github clay-good/sophiewell.com data/mue"
Q3_OF_2024, Q4_OF_2026 = "2024-07-01 to 2024-09-30", "2026-10-01 to 2026-12-31"
PTP_FAMILY = ("36000-36593", "96360-96549", "99211-99211", "C8957-C8957", "G0498-G0498")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, header: Sequence[str], columns: Sequence[str], body: Iterable[Sequence[object]]) -> None:
    lines = [f"# {line}" for line in header] + [",".join(columns)]
    lines += sorted(",".join(map(str, row)) for row in body)
    (TABLES / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def add_ons(source: Path, name: str, header: Sequence[str]) -> None:
    body = []
    for row in json.loads(source.read_text(encoding="utf-8")):
        practitioner = set(row.get("practitioner_only", ()))
        parents = [code for code in row["primaries"] if code not in practitioner]
        facility_only = "yes" if row.get("facility_only") else ""
        body.append((row["addon"], " ".join(parents), " ".join(sorted(practitioner)), facility_only))
    write(name, header, ("add_on", "parents", "practitioner_parents", "facility_only"), body)


MUE_COLUMNS = ("code", "practitioner", "practitioner_indicator", "facility", "facility_indicator")


def mues(source: Path, catalog: Path | None, name: str, header: Sequence[str]) -> None:
    """The rows of an MUE file; drug codes that it lacks take the catalog's values, which have no indicator."""
    body = {
        r["code"]: (
            r["practitioner_mue"],
            r["practitioner_mai"],
            r["outpatient_hospital_mue"],
            r["outpatient_hospital_mai"],
        )
        for r in rows(source)
    }
    for r in rows(catalog) if catalog else ():
        body.setdefault(r["hcpcs"], (r["mue_practitioner_2024q3"], "", r["mue_outpatient_2024q3"], ""))
    kept = ((code, *values) for code, values in body.items() if values[0] or values[2])
    write(name, header, MUE_COLUMNS, kept)


def ptps(source: Path, name: str, header: Sequence[str]) -> None:
    setting = {"outpatient_hospital": "facility", "practitioner": "practitioner"}
    body = [(setting[r["setting"]], r["column1"], r["column2"], r["modifier_indicator"]) for r in rows(source)]
    write(name, header, ("setting", "column1", "column2", "indicator"), body)


def opps(source: Path, name: str, header: Sequence[str]) -> None:
    body = [(r["hcpcs"], r["status_indicator"]) for r in rows(source) if r["status_indicator"]]
    write(name, header, ("code", "status"), body)


def made(table: str, release: str, days: str, *more: str) -> list[str]:
    return [f"table: {table}", f"release: {release}", f"in force: {days}", *more, "made by: tools/make_tables.py"]


def main(folder: Path) -> None:
    rules, drugs = folder / "rules", folder / "drugs"
    add_ons(
        rules / "ncci_aoc_drugadmin_2026q2.json",
        "add-ons-2026q2.csv",
        made(
            "add-on codes", "2026Q2", "2026-04-01 to 2026-06-30",
            "source: CMS NCCI Add-on Code file V2026Q2, type 1, copied by github innoluv/Flow-Capture-Skills-MCP",
            "note: the edits of 96361-96423 have been in force since 2016-04-01 at the latest",
        ),
    )  # fmt: skip
    add_ons(
        rules / "ncci_aoc_drugadmin_2024.json",
        "add-ons-2024q2.csv",
        made(
            "add-on codes", "2024Q2", "2024-04-01 to 2024-06-30",
            f"source: CMS NCCI Add-on Code file 2024-06, type 1, {NORTHSTAR}",
            "note: this copy does not say which parents are for practitioners only",
        ),
    )  # fmt: skip
    mues(
        rules / "ncci_mue_drugadmin_2026q4.csv",
        None,
        "mue-2026q4.csv",
        made(
            "MUE", "2026Q4", Q4_OF_2026,
            f"source: CMS MUE tables effective 2026-10-01, practitioner and outpatient hospital, {SOPHIE}",
            "note: drug administration codes and 14 drug codes only; other codes are read in the next older release",
        ),
    )  # fmt: skip
    mues(
        rules / "ncci_mue_drugadmin_2024q3.csv",
        drugs / "drug_catalog.csv",
        "mue-2024q3.csv",
        made(
            "MUE", "2024Q3", Q3_OF_2024,
            f"source: CMS MUE tables effective 2024-07-01, practitioner and outpatient hospital, {NORTHSTAR}",
            "note: drug codes without an indicator come from the drug catalog's reading of the same file",
        ),
    )  # fmt: skip
    ptps(
        rules / "ncci_ptp_drugadmin_2024q3.csv",
        "ptp-2024q3.csv",
        made(
            "PTP", "2024Q3", Q3_OF_2024,
            *(f"covers: {setting} {codes}" for setting in ("facility", "practitioner") for codes in PTP_FAMILY),
            f"source: CMS NCCI PTP edits effective 2024-07-01, {NORTHSTAR}",
            "note: pairs inside the drug administration family",
        ),
    )  # fmt: skip
    ptps(
        rules / "ncci_ptp_drugadmin_oph_2026q4_partial.csv",
        "ptp-2026q4.csv",
        made(
            "PTP", "2026Q4", Q4_OF_2026,
            "covers: facility 96373-96446",
            "source: CMS NCCI PTP edits, hospital v32.3 effective 2026-10-01, copied by github "
            "Niall-the-Vile/opps-engine; column 1 96373-96446 only",
        ),
    )  # fmt: skip
    opps(
        drugs / "opps_status_2026.csv",
        "opps-2026q2.csv",
        made(
            "OPPS status", "2026Q2", "2026-04-01 to 2026-06-30",
            "source: CMS OPPS Addendum B 2026, copied by github kbarckhoff/ChargeGuard@b54ae79",
            "note: the copy names no quarter; 2026Q2 is inferred from the codes it has",
        ),
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
