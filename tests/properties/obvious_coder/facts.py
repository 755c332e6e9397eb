"""What the second coder knows of drugs and of CMS tables: a small typed table and its own reading of the CMS files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

TABLES = Path(__file__).parents[3] / "fhir_adapter" / "rulebooks" / "tables"


@dataclass(frozen=True)
class Drug:
    kind: str
    code: str | None
    amount: str = "1"
    unit: str = "mg"
    packaged: bool = False
    """Marked N in the OPPS table of 2026."""
    since: str = ""
    """The first day of the code."""
    unlisted: bool = False
    """Without a status in that table."""
    left_out: bool = False
    """Found by name although other codes exist for it."""


DRUGS = {
    "rituximab": Drug("chemotherapy", "J9312", "10", left_out=True),
    "oxaliplatin": Drug("chemotherapy", "J9263", "0.5", packaged=True),
    "fluorouracil": Drug("chemotherapy", "J9190", "500", packaged=True),
    "leucovorin": Drug("therapeutic", "J0640", "50", packaged=True),
    "ondansetron": Drug("therapeutic", "J2405", "1", packaged=True),
    "fulvestrant": Drug("hormonal-antineoplastic", "J9395", "25", packaged=True, left_out=True),
    "degarelix": Drug("hormonal-antineoplastic", "J9155", "1"),
    "doxorubicin": Drug("chemotherapy", "J9000", "10", packaged=True, left_out=True),
    "vincristine": Drug("chemotherapy", "J9370", "1", packaged=True),
    "cyclophosphamide": Drug("chemotherapy", "J9075", "5", left_out=True),
    "irinotecan": Drug("chemotherapy", "J9206", "20", packaged=True, left_out=True),
    "amivantamab / hyaluronidase": Drug("chemotherapy", "J9062", "5", unlisted=True, since="2024-10-01"),
    "diphenhydramine": Drug("therapeutic", "J1200", "50", packaged=True),
    "methylprednisolone": Drug("therapeutic", "J2919", "5", packaged=True),
    "ceftriaxone": Drug("therapeutic", "J0696", "250", packaged=True),
    "leuprolide": Drug("hormonal-antineoplastic", "several"),
    "sodium chloride": Drug("hydration", "several"),
}
"""A class and code by name; `several` stands for a name that fits more than one code. Other names have neither."""

NDCS = {
    "00703398501": "J9263",
    "00781331570": "J9263",
    "50242005121": "J9312",
    "50242005306": "J9312",
    "00781323394": "J9075",
    "00009000302": "J2919",
}
"""National Drug Codes and their code, from the crosswalk of October 2025."""
NDC_DRUGS = {code: next(drug for drug in DRUGS.values() if drug.code == code) for code in NDCS.values()}

SPLIT_INGREDIENTS = {"224905"}
"""Ingredient RxCUIs under which several formulations or conjugates are filed (D6)."""

FACTORS = {
    "g": Decimal(1000),
    "mg": Decimal(1),
    "ug": Decimal("0.001"),
    "mcg": Decimal("0.001"),
    "ng": Decimal("0.000001"),
}


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    text = (TABLES / f"{name}.csv").read_text("utf-8").splitlines()
    return tuple(csv.DictReader(line for line in text if not line.startswith("#")))


def release(table: str, day: date) -> list[str]:
    """Releases to read, the newest not later than the day first; the oldest when all are later (D38)."""
    begin = {
        "mue-2026q4": date(2026, 10, 1),
        "mue-2024q3": date(2024, 7, 1),
        "ptp-2026q4": date(2026, 10, 1),
        "ptp-2024q3": date(2024, 7, 1),
        "add-ons-2026q2": date(2026, 4, 1),
        "add-ons-2024q2": date(2024, 4, 1),
    }
    named = [name for name in begin if name.startswith(table)]
    return [name for name in named if begin[name] <= day] or named[-1:]


def mue(code: str, office: bool, day: date) -> tuple[int, str] | None:
    """The units expected and the adjudication indicator."""
    side = "practitioner" if office else "facility"
    for name in release("mue", day):
        for row in rows(name):
            if row["code"] == code and row[side]:
                return int(row[side]), row[f"{side}_indicator"]
    return None


def pair(one: str, other: str, office: bool, day: date) -> str | None:
    """The indicator of the PTP edit of two codes, column 1 first or second."""
    side = "practitioner" if office else "facility"
    for first, second in ((one, other), (other, one)):
        for name in release("ptp", day):
            if name == "ptp-2026q4" and (office or not "96373" <= first <= "96446"):
                continue
            for row in _by_pair(name).get((side, first, second), ()):
                return row
            if name == "ptp-2026q4":
                break
    return None


@cache
def _by_pair(name: str) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows(name):
        found.setdefault((row["setting"], row["column1"], row["column2"]), []).append(row["indicator"])
    return found


def parents(add_on: str, office: bool, day: date, document: bool) -> set[str] | None:
    """The primaries that an add-on may follow; none for a code that is no add-on."""
    if document and add_on in ("96417", "96415"):
        return {"96413", "96409"} if add_on == "96417" else {"96413", "96417"}
    for row in rows(release("add-ons", day)[0]):
        if row["add_on"] == add_on:
            extra = row["practitioner_parents"].split() if office else []
            return set(row["parents"].split()) | set(extra)
    return None
