"""Make the rate files of `fhir_adapter/catalog/rates/` from decoded CMS files.

Run `python tools/make_rates.py FOLDER`. FOLDER has `rules/payment_rates.csv` (MPFS totals and OPPS rates of the
administration codes), `drugs/opps_status_2026.csv` (OPPS status and rates of drug codes) and
`drugs/asp_payment_limits_2026q3.csv`. Columns are picked, the origin is written into the header, nothing is computed.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

RATES = Path(__file__).parent.parent / "fhir_adapter" / "catalog" / "rates"
OPPS = "CMS OPPS Addendum B CY2026 (copied by github kbarckhoff/ChargeGuard@b54ae79; the copy names no quarter)"
MPFS = "CMS MPFS national non-facility totals x conversion factor: RVU26D x 33.4009, PPRRVU2025 October x 32.3465"
ASP = "CMS ASP payment limits July 2026 (copied by github farrukhnewton/codical-healthcare@a2a2747)"
SECONDARY = "an analyst's code that quotes CY2025 Addendum A, conversion factor 89.169; not confirmed"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, table: str, release: str, span: str, source: str, body: Iterable[tuple[str, str, str]]) -> None:
    header = [f"# table: {table}", f"# release: {release}", f"# in force: {span}", f"# source: {source}"]
    lines = [*header, "code,status,rate", *sorted({",".join(row) for row in body})]
    (RATES / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(folder: Path) -> None:
    services = rows(folder / "rules" / "payment_rates.csv")
    drugs = rows(folder / "drugs" / "opps_status_2026.csv")
    limits = rows(folder / "drugs" / "asp_payment_limits_2026q3.csv")

    def of(system: str, year: str) -> list[tuple[str, str, str]]:
        chosen = (row for row in services if (row["system"], row["year"]) == (system, year))
        return [(row["code"], row["status_indicator"], row["rate"]) for row in chosen]

    hospital = [(row["hcpcs"], row["status_indicator"], row["payment_rate"]) for row in drugs]
    year_26, year_25 = "2026-01-01 to 2026-12-31", "2025-01-01 to 2025-12-31"
    write("opps-2026.csv", "OPPS", "CY2026", year_26, OPPS, of("opps", "2026") + hospital)
    write("opps-2025.csv", "OPPS", "CY2025", year_25, SECONDARY, of("opps", "2025"))
    write("mpfs-2026.csv", "MPFS", "2026", year_26, MPFS, of("mpfs", "2026"))
    write("mpfs-2025.csv", "MPFS", "2025", year_25, MPFS, of("mpfs", "2025"))
    limited = [(row["hcpcs"], "", row["payment_limit"]) for row in limits]
    write("asp-2026q3.csv", "ASP payment limits", "2026Q3", "2026-07-01 to 2026-09-30", ASP, limited)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
