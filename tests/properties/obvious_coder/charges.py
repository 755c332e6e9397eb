"""The veins of one encounter as charges: initial services, further drugs, hours and their modifiers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tests.properties.obvious_coder.fluids import hydration
from tests.properties.obvious_coder.hours import fluid_hours, hours
from tests.properties.obvious_coder.initial import chosen, ladder
from tests.properties.obvious_coder.overlap import overlap
from tests.properties.obvious_coder.reading import Given, Notes
from tests.properties.obvious_coder.services import Service, Vein, reported_pushes, vein

ADD_ONS = ("96361", "96366", "96367", "96368", "96375", "96376", "96411", "96415", "96417")
INITIALS = ("96360", "96365", "96374", "96409", "96413")


@dataclass
class Charge:
    """One unit of an administration code."""

    code: str
    date: date
    names: frozenset[str]
    encounter: str | None = None
    modifiers: set[str] = field(default_factory=set)


@dataclass
class Site:
    """One site of one encounter on its way to charges."""

    vein: Vein
    first_pushes: list[Service]
    repeats: list[Service]
    fluids: list[Service]
    initial: Service | None = None
    charges: list[Charge] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """The policies of the run, and whether the seed document's own readings hold."""

    policies: dict[str, str]
    document: bool = False


def look(given: list[Given], visit: dict, book: Book, notes: Notes) -> Site:
    """A site with its initial service chosen and its overlaps settled."""
    policies = book.policies
    found = vein(given, policies)
    first, again = reported_pushes(found, policies, visit["setting"] == "facility", notes)
    site = Site(found, first, again, hydration(given, policies, notes))
    infused = {one.drug for one in found.infusions}
    candidates = [one for one in found.infusions if not (one.later or one.other_date)] + first + site.fluids[:1]
    site.initial = chosen(candidates, visit, policies, infused)
    overlap(found.infusions, found.pushes, site.initial, policies, book.document)
    return site


def encounter(sites: list[Site], visit: dict, book: Book, earlier: set[date], notes: Notes) -> list[Charge]:
    """All charges by vein of one encounter; `earlier` are the dates of initial services before it."""
    reason = visit.get("primary_reason") if visit["setting"] == "office" else None

    def standing(site: Site) -> tuple:
        one = site.initial
        assert one is not None
        return ladder(one, reason)

    for site in sites:
        site.charges = list(_lines(site, book, visit["setting"] == "facility", notes))
    ranked = sorted((site for site in sites if site.initial), key=standing)
    for n, site in enumerate(ranked):
        start = next(x for x in site.charges if x.code in INITIALS)
        if n > 0:
            modifier = "XS"
        elif start.date in earlier:
            modifier = "XE"
        else:
            continue
        start.modifiers.add("59" if book.policies["second-initial-modifier"] == "59" else modifier)
        if book.policies["second-site-add-on-modifier"] == "59":
            for charge in site.charges:
                if charge.code in ADD_ONS:
                    charge.modifiers.add("59")
    return _one_concurrent([x for site in sites for x in site.charges], sites, book, notes)


def _one_concurrent(charges: list[Charge], sites: list[Site], book: Book, notes: Notes) -> list[Charge]:
    """96368 once an encounter, the first of them (D17)."""
    beside = [one for site in sites for one in site.vein.infusions if one.code == "96368"]
    beside.sort(key=lambda one: (one.start, one.position))
    for one in beside[1:]:
        notes.add("concurrent-once", "info", one.names)
        charges = [x for x in charges if not (x.code == "96368" and x.names == one.names)]
    return charges


def _lines(site: Site, book: Book, facility: bool, notes: Notes):
    for one in site.vein.infusions:
        yield from _infusion(one, site, book, facility, notes)
    push_of_chemo = book.policies["sequential-chemo-push"]
    for one in site.first_pushes:
        first = one is site.initial
        code = ("96409" if first else push_of_chemo) if one.chemo else ("96374" if first else "96375")
        yield Charge(code, one.date, one.names)
    for one in site.repeats:
        yield Charge("96376", one.date, one.names)
    for one in site.fluids:
        for code, day, names in fluid_hours(one, one is site.initial, book.policies):
            yield Charge(code, day, names)


def _infusion(one: Service, site: Site, book: Book, facility: bool, notes: Notes):
    policies = book.policies
    full = False
    if one.later and not one.chemo and policies["same-drug-separate-infusions"] == "96376":
        if facility:
            yield Charge("96376", one.date, one.names)
        else:
            notes.add("same-drug-too-short", "info", one.names)
        return
    if one.concurrent:
        if one.chemo:
            yield Charge(policies["concurrent-chemo"], one.date, one.names)
            return
        if policies["concurrent-therapeutic"] == "96368":
            one.code = "96368"
            yield Charge("96368", one.date, one.names)
            return
        full = True
    first = one is site.initial
    base = ("96413" if first else "96417") if one.chemo else ("96365" if first else "96367")
    hour = "96415" if one.chemo else "96366"
    of_initial = site.initial is not None and not site.initial.fluid and site.initial.drug == one.drug
    untimed = not one.chemo and not of_initial and policies["additional-hours-of-sequential-therapeutic"] == "no"
    made = [(what, day) for what, day in hours(one, full, policies) if what == "base" or not untimed]
    if not made:
        notes.add("same-drug-too-short", "info", one.names)
    for what, day in made:
        yield Charge(base if what == "base" else hour, day, one.names, modifiers={"53"} if one.cut_short else set())
