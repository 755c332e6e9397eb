"""One encounter, site by site: its charges, which initial service takes a modifier, 96368 once (D14, D15, D17)."""

from __future__ import annotations

import msgspec

from fhir_adapter.coding.by_vein import (
    Context,
    concurrent_charges,
    cut_short_charge,
    hydration_charges,
    infusion_charges,
    later_charges,
    other_date_charges,
    push_charge,
    repeat_charge,
    repeated_infusion,
)
from fhir_adapter.coding.given import Charge, Given, Outcome, ids_of
from fhir_adapter.coding.hydration import Water, water
from fhir_adapter.coding.initial import candidates, initial_of
from fhir_adapter.coding.merge import Infused, infused
from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.coding.overlap import Timed, timed
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.pushes import Pushed, pushed
from fhir_adapter.coding.routes import route_charges
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.site import sites_of
from fhir_adapter.coding.technique import settled

BY_VEIN = frozenset({"infusion", "push"})
FLUSH = "flush"
"""Left to the whole visit: it is reported only where nothing else is (D40)."""
ADD_ONS = frozenset({"96361", "96366", "96367", "96368", "96375", "96376", "96411", "96415", "96417"})


class Site(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A site with its decisions taken, before anything is written as a charge."""

    givens: list[Given]
    infused: Infused
    pushed: Pushed
    water: Water
    context: Context
    findings: list[Finding]


def encounter_outcomes(
    encounter: list[Given], visit: Visit, reading: Reading, initials_before: frozenset[object]
) -> list[Outcome]:
    """Charges and findings of one encounter; `initials_before`: dates of earlier encounters' initial services."""
    sites, findings = decided(encounter, visit, reading)
    outcomes: list[Outcome] = [*findings]
    modifiers = _initial_modifiers(sites, visit, reading.policies, initials_before)
    concurrent: list[tuple[Timed, Context]] = []
    for site in sites:
        made = _charges(site, concurrent)
        outcomes += [_modified(o, modifiers.get(site.context.site), reading) for o in made]
    outcomes += _once(concurrent, modifiers, reading)
    return outcomes


def decided(encounter: list[Given], visit: Visit, reading: Reading) -> tuple[list[Site], list[Finding]]:
    """The sites of an encounter with their decisions, before anything is written as a charge."""
    groups, findings = sites_of(encounter, reading)
    return [_site(number, givens, visit, reading) for number, givens in enumerate(groups)], findings


def _site(number: int, givens: list[Given], visit: Visit, reading: Reading) -> Site:
    kept, findings = settled(givens, reading.policies)
    all_infused = infused(kept, reading.policies)
    all_pushed, more = pushed(all_infused, reading.policies, visit.setting)
    fluid, dry = water(kept, all_infused, reading.policies)
    initial = initial_of(candidates(all_infused, all_pushed, fluid), visit, reading.policies)
    return Site(
        givens=kept,
        infused=all_infused,
        pushed=all_pushed,
        water=fluid,
        context=Context((givens[0].encounter, number), visit.setting, reading, initial),
        findings=[*findings, *more, *dry],
    )


def _charges(site: Site, concurrent: list[tuple[Timed, Context]]) -> list[Outcome]:
    context, parts = site.context, site.infused
    outcomes: list[Outcome] = [*site.findings]
    initial = None if context.initial is None else context.initial.service
    every = (*parts.services, *parts.other_dates, *parts.later)
    for one in timed(every, initial, parts.pushes, context.reading.policies):
        outcomes += _timed_charges(one, parts, context, concurrent)
    outcomes += [cut_short_charge(service, context) for service in parts.cut_short]
    outcomes += [push_charge(service, context) for service in site.pushed.first]
    outcomes += [repeat_charge(service, context) for service in site.pushed.repeats]
    outcomes += hydration_charges(site.water, context)
    for given in site.givens:
        if given.technique not in (*BY_VEIN, FLUSH) or (given.technique == "push" and given.family == "hydration"):
            outcomes += route_charges(given, context.site, context.setting, context.reading)
    return outcomes


def _in_sequence(one: Timed, parts: Infused, context: Context) -> bool:
    """A further infusion of a therapeutic drug that `concurrent-therapeutic=96367` reads as if it ran alone."""
    if not one.concurrent or one.chemo or context.reading.policies.concurrent_therapeutic != "96367":
        return False
    return one.service in parts.other_dates or one.service in parts.later


def _timed_charges(
    one: Timed, parts: Infused, context: Context, concurrent: list[tuple[Timed, Context]]
) -> list[Outcome]:
    if _in_sequence(one, parts, context):
        one = Timed(one.service, one.service.spans)
    if one.service in parts.later and context.reading.policies.same_drug_separate_infusions == "96376":
        return [repeated_infusion(one.service, context)]
    if one.concurrent:
        if one.chemo or context.reading.policies.concurrent_therapeutic == "96367":
            return concurrent_charges(one, context)
        concurrent.append((one, context))
        return []
    if one.service in parts.other_dates:
        return other_date_charges(one, context)
    if one.service in parts.later:
        return later_charges(one, context)
    return infusion_charges(one, context)


def _initial_modifiers(
    sites: list[Site], visit: Visit, policies: Policies, before: frozenset[object]
) -> dict[object, str]:
    """The highest initial service has none, unless an earlier encounter of the date had one; each other has XS."""
    contexts = [site.context for site in sites]
    ranked = sorted((one.initial.rank(visit), one.site, one.initial.on) for one in contexts if one.initial is not None)
    spelled = policies.second_initial_modifier
    modifiers: dict[object, str] = {}
    for position, (_, site, on) in enumerate(ranked):
        if position > 0:
            modifiers[site] = "XS" if spelled == "X" else "59"
        elif on in before:
            modifiers[site] = "XE" if spelled == "X" else "59"
    return modifiers


def _modified(outcome: Outcome, modifier: str | None, reading: Reading) -> Outcome:
    if modifier is None or isinstance(outcome, Finding):
        return outcome
    if outcome.initial:
        return _with_modifier(outcome, modifier, reading.cite("second-initial-modifier"))
    if reading.policies.second_site_add_on_modifier == "59" and outcome.code in ADD_ONS:
        return _with_modifier(outcome, "59", reading.cite("second-site-add-on-modifier"))
    return outcome


def _with_modifier(charge: Charge, modifier: str, cites: tuple[str, ...]) -> Charge:
    modifiers = tuple(sorted({*charge.modifiers, modifier}))
    because = f"{charge.because.removesuffix('.')}, beside another initial service: {modifier}."
    cited = tuple(dict.fromkeys((*charge.cites, *cites)))
    return msgspec.structs.replace(charge, modifiers=modifiers, because=because, cites=cited)


def _once(concurrent: list[tuple[Timed, Context]], modifiers: dict[object, str], reading: Reading) -> list[Outcome]:
    """96368 is reported once in an encounter, on the date of the first."""
    ordered = sorted(concurrent, key=lambda pair: (pair[0].service.start, pair[0].service.place))
    outcomes: list[Outcome] = []
    for number, (one, context) in enumerate(ordered):
        service = one.service
        if number == 0:
            because = f"{service.name} ran beside another drug, {one.minutes} minutes of its own."
            charge: Charge = context.charge("96368", service, because, "concurrent-therapeutic", ran=one.minutes)
            outcomes.append(_modified(charge, modifiers.get(context.site), reading))
            continue
        outcomes.append(
            Finding(
                id="concurrent-once",
                administrations=ids_of(service.givens),
                message=f"{service.name} ran beside another drug too; that is reported once in an encounter.",
            )
        )
    return outcomes
