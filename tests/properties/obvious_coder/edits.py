"""Add-ons and their primaries, MUE and PTP: what CMS would say of the lines (D14, D39)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import combinations

from tests.properties.obvious_coder import facts
from tests.properties.obvious_coder.charges import Charge
from tests.properties.obvious_coder.reading import Notes

BYPASS = {"59", "XE", "XS", "XP", "XU"}


def lonely_add_ons(charges: list[Charge], office: bool, document: bool, notes: Notes) -> None:
    for code, encounter in {(x.code, x.encounter) for x in charges}:
        here = [x for x in charges if x.encounter == encounter]
        mine = [x for x in here if x.code == code]
        allowed = facts.parents(code, office, min(x.date for x in mine), document)
        if allowed is not None and not allowed & {x.code for x in here}:
            notes.add("add-on-without-primary", "error", frozenset().union(*(x.names for x in mine)))


def too_many(units: Counter[tuple[str, date]], office: bool) -> set[tuple[str, str]]:
    """Codes over their MUE, with the severity."""
    over = set()
    for (code, day), count in units.items():
        row = facts.mue(code, office, day)
        if row and count > row[0]:
            over.add((code, "error" if row[1] == "2" else "warning"))
    return over


def pairs(lines: set[tuple[str, tuple[str, ...], date]], office: bool) -> set[str]:
    """The severities of the PTP edits that the lines meet."""
    found = set()
    for day in {line[2] for line in lines}:
        codes = {line[0] for line in lines if line[2] == day}
        for one, other in combinations(sorted(codes), 2):
            indicator = facts.pair(one, other, office, day)
            eased = any(
                all(BYPASS & set(line[1]) for line in lines if line[2] == day and line[0] == code)
                for code in (one, other)
            )
            if indicator == "0":
                found.add("error")
            elif indicator == "1" and not eased:
                found.add("warning")
    return found
