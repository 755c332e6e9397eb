"""What somebody billed or had authorized, against the second coder's own lines (section 6)."""

from __future__ import annotations

from collections import Counter
from datetime import date

from tests.properties.obvious_coder import facts
from tests.properties.obvious_coder.charges import Book
from tests.properties.obvious_coder.medicines import Lines

CHEMO = ("96409", "96411", "96413", "96415", "96417")
THERAPEUTIC = ("96365", "96366", "96367", "96368", "96374", "96375", "96376")
Row = tuple[str, tuple[str, ...], str, int, int, str]


def comparison(visit: dict, lines: Lines) -> set[Row]:
    """One row for each code, modifiers and date of either side."""
    derived: Counter = Counter()
    billed: Counter = Counter()
    for (code, marks, day, _), units in lines.items():
        derived[(code, marks, day.isoformat())] += units
    for line in visit["billed"]:
        billed[(line["code"], tuple(sorted(line["modifiers"])), line["date"])] += line["units"]
    return {(*key, derived[key], billed[key], _kind(derived[key], billed[key])) for key in derived | billed}


def _kind(derived: int, billed: int) -> str:
    if derived and billed:
        return "match" if derived == billed else ("over" if billed > derived else "under")
    return "missing" if derived else "unsupported"


def denials(visit: dict, lines: Lines, book: Book) -> set[tuple[str, str]]:
    """The findings about the bill and the authorization, with their severity."""
    derived: Counter[str] = Counter()
    billed: Counter[str] = Counter()
    for (code, _, _, _), units in lines.items():
        derived[code] += units
    for line in visit.get("billed") or ():
        billed[line["code"]] += line["units"]
    found = set(_patterns(visit, derived, billed, book.policies["concurrent-chemo"], book))
    found |= set(_table_findings(visit, billed, book))
    if _needless(visit, lines, billed, book):
        found.add("needless-59")
    expected: Counter[str] = Counter()
    for line in visit.get("authorized") or ():
        expected[line["code"]] += line["units"]
    if any(derived[code] != expected[code] for code in expected):
        found.add("differs-from-authorization")
    return {(name, "info" if name in ("audit-scrutiny", "needless-59") else "warning") for name in found}


def _patterns(visit: dict, derived: Counter, billed: Counter, beside: str, book: Book):
    more = {code for code in derived | billed if billed[code] > derived[code]}
    fewer = {code for code in derived | billed if billed[code] < derived[code]}
    if ("96417" in more and "96415" in fewer) or ("96367" in more and "96366" in fewer):
        yield "additional-time-as-new-drug"
    for sequential, concurrent in (("96417", beside), ("96367", book.policies["concurrent-therapeutic"])):
        if (sequential in more and concurrent in fewer) or (concurrent in more and sequential in fewer):
            yield "concurrency-miscoded"
    pump = any(one["technique"] == "pump" for one in visit["administrations"])
    if beside != "96416" and billed["96416"] and not pump:
        yield "concurrency-miscoded"
    chemo = sum(billed[code] - derived[code] for code in CHEMO)
    if chemo > 0 > sum(billed[code] - derived[code] for code in THERAPEUTIC):
        yield "premedication-as-chemotherapy"
    drugs = {code for code in billed if not code.isdigit() and code not in ("G0498", "C8957")}
    if billed["96417"] and len(drugs) == 1:
        yield "one-drug-code"
    if billed["96417"] > 3 and visit.get("payer") not in (None, "medicare", "medicaid"):
        yield "audit-scrutiny"


def _table_findings(visit: dict, billed: Counter, book: Book):
    office = visit["setting"] != "facility"
    units: Counter[tuple[str, str]] = Counter()
    for line in visit.get("billed") or ():
        if "JW" not in line["modifiers"]:
            units[(line["code"], line["date"])] += line["units"]
    for (code, day), count in units.items():
        row = facts.mue(code, office, date.fromisoformat(day))
        if row and count > row[0]:
            yield "mue-exceeded"
    for code in billed:
        first = min(line["date"] for line in visit["billed"] if line["code"] == code)
        allowed = facts.parents(code, office, date.fromisoformat(first), book.document)
        if allowed is not None and not allowed & billed.keys():
            yield "add-on-without-primary"


def _needless(visit: dict, lines: Lines, billed: Counter, book: Book) -> bool:
    """59 on a 96417 that follows its primary, where the derived one has none."""
    marked = [line for line in visit.get("billed") or () if line["code"] == "96417" and "59" in line["modifiers"]]
    derived = [marks for code, marks, _, _ in lines if code == "96417"]
    if not marked or not derived or any("59" in marks for marks in derived):
        return False
    office = visit["setting"] != "facility"
    allowed = facts.parents("96417", office, date.fromisoformat(marked[0]["date"]), book.document) or set()
    return bool(allowed & billed.keys())
