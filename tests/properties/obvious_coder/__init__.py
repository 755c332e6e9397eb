"""The second coder: a visit of the contract in, lines and findings out, slowly, in the order of the contract's rooms.

Written from the visit contract alone. It shares no code with `fhir_adapter.coding`; policy values are handed in, and of
the CMS files it reads the same rows by its own rules. Lines come as counters and findings as triples, easy to compare.

A day's R-CHOP: rituximab 09:00-13:00 is 240 bits of minutes, 96413 and three hours; two pushes are 96411 each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.properties.obvious_coder.charges import INITIALS, Book, Charge, encounter, look
from tests.properties.obvious_coder.desk import Row
from tests.properties.obvious_coder.edits import lonely_add_ons, pairs, too_many
from tests.properties.obvious_coder.medicines import Lines, drug_lines
from tests.properties.obvious_coder.reading import Given, Notes, read
from tests.properties.obvious_coder.routes import flushes, other_routes

FIRST_DAY = date(2024, 1, 1)
PHYSICIAN_MAY_BILL = ("intralesional", "intrathecal", "intraperitoneal", "intrapleural")

__all__ = ["Answer", "Book", "answer"]


@dataclass
class Answer:
    """What the second coder makes of a visit."""

    lines: Lines = field(default_factory=Counter)
    notes: set = field(default_factory=set)
    shares: dict = field(default_factory=dict)
    mue: set[tuple[str, str]] = field(default_factory=set)
    ptp: set[str] = field(default_factory=set)
    denials: set[tuple[str, str]] = field(default_factory=set)
    comparison: set[Row] = field(default_factory=set)


def answer(visit: dict, book: Book) -> Answer:
    notes = Notes()
    result = Answer(notes=notes.found)
    administrations = visit["administrations"]
    everyone = frozenset(one["id"] for one in administrations)
    if not administrations:
        return result
    if visit["setting"] == "professional-in-facility":
        notes.add("professional-in-facility", "info", everyone)
        special = frozenset(one["id"] for one in administrations if one["technique"] in PHYSICIAN_MAY_BILL)
        if special:
            notes.add("professional-in-facility", "warning", special)
        return result
    if any(datetime.fromisoformat(one["start"]).date() < FIRST_DAY for one in administrations):
        notes.add("no-rule-in-force", "error", everyone)
        return result
    charges = administration_charges(visit, book, notes)
    if _seconds_decide(visit, book, charges):
        result.notes.add(("seconds-decide", "info", frozenset()))
    result.lines, result.shares = drug_lines(visit, book.policies, notes)
    office = visit["setting"] == "office"
    _edits(result, charges, office)
    lonely_add_ons(charges, office, book.document, notes)
    return result


def administration_charges(visit: dict, book: Book, notes: Notes) -> list[Charge]:
    given = read(visit, book.policies, notes)
    facility = visit["setting"] == "facility"
    charges: list[Charge] = []
    dates: set[date] = set()
    for label in _encounters(given):
        here = [one for one in given if one.encounter == label]
        sites = [
            look([one for one in here if one.site == site], visit, book, notes)
            for site in dict.fromkeys(one.site for one in here)
        ]
        made = encounter(sites, visit, book, dates, notes)
        for charge in made:
            charge.encounter = label
        dates |= {charge.date for charge in made if charge.code in INITIALS}
        charges += made
    charges += list(other_routes(given, facility, book.policies, notes))
    charges += list(flushes(given, charges, notes))
    if book.policies["injection-with-iv-modifier"] == "59":
        days = {charge.date for charge in charges if charge.code in INITIALS}
        for charge in charges:
            if charge.code == "96372" and charge.date in days:
                charge.modifiers.add("59")
    return charges


def _encounters(given: list[Given]) -> list[str | None]:
    return list(dict.fromkeys(one.encounter for one in sorted(given, key=lambda one: (one.start, one.position))))


def _seconds_decide(visit: dict, book: Book, charges: list[Charge]) -> bool:
    """Whether the minutes that the chart displays would give other lines (D19)."""
    shown = [one | {name: cut(one.get(name)) for name in ("start", "stop")} for one in visit["administrations"]]
    if shown == visit["administrations"]:
        return False
    others = administration_charges(visit | {"administrations": shown}, book, Notes())
    return Counter(map(_written, charges)) != Counter(map(_written, others))


def cut(instant: str | None) -> str | None:
    return instant and datetime.fromisoformat(instant).replace(second=0, microsecond=0).isoformat()


def _written(charge: Charge) -> tuple:
    return charge.code, charge.date, charge.names, tuple(sorted(charge.modifiers))


def _edits(result: Answer, charges: list[Charge], office: bool) -> None:
    for charge in charges:
        result.lines[(charge.code, tuple(sorted(charge.modifiers)), charge.date, None)] += 1
    for charge in charges:
        key = (charge.code, tuple(sorted(charge.modifiers)), charge.date, None)
        shares = dict(result.shares.get(key, ()))
        shares[charge.encounter] = shares.get(charge.encounter, 0) + 1
        result.shares[key] = list(shares.items())
    units: Counter[tuple[str, date]] = Counter()
    for (code, marks, day, _), count in result.lines.items():
        if "JW" not in marks:
            units[(code, day)] += count
    result.mue = too_many(units, office)
    result.ptp = pairs({line[:3] for line in result.lines}, office)
