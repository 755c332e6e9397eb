"""Which administrations are one service: bags of an order, pauses, separate infusions of one drug (D7-D9, D26).

The problem: an order hung in three bags is one infusion; a drug stopped for a reaction and started again is one
infusion with a pause; and two separate infusions of one drug are one service or two, as the policy reads it.

Worked examples. Bags of one order 09:00-10:00 and 10:04-11:00 run 120 minutes, a gap of four counts. Rituximab stopped
after 10 minutes and restarted for 200 is one infusion of 210.

Decided: each joined infusion is judged first; 15 minutes or less is a push, or keeps its code with 53 where the policy
says so. Left out: infusions without a stop, which never get here.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.coding.given import DrugKey, Given, Service
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.spans import MINUTE, Span, minutes, once
from fhir_adapter.coding.technique import LONGEST_PUSH

BAG_CHANGE = 5 * MINUTE


class Infused(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One site's infusions after joining and judging."""

    fluids: tuple[Service, ...]
    services: tuple[Service, ...]
    """Each drug's service: with a base code."""
    other_dates: tuple[Service, ...]
    """A drug's further dates in the encounter: additional hours only."""
    later: tuple[Service, ...]
    """Later separate infusions where times are not added."""
    cut_short: tuple[Service, ...]
    pushes: tuple[Service, ...]
    """Documented pushes and infusions too short to be one, in order of time."""


def infused(givens: list[Given], policies: Policies) -> Infused:
    """Of one site's administrations, which stand in order of time."""
    joined = _joined([given for given in givens if given.technique == "infusion"])
    drips = [service for service in joined if service.family != "hydration"]
    short = [service for service in drips if service.minutes <= LONGEST_PUSH]
    cut = [s for s in short if s.givens[-1].discontinued and policies.discontinued_infusion == "53"]
    pushes = [_service("push", (given,)) for given in givens if given.technique == "push" and _pushable(given)]
    pushes += [msgspec.structs.replace(service, kind="push") for service in short if service not in cut]
    services, other_dates, later = _separate([s for s in drips if s.minutes > LONGEST_PUSH], policies)
    return Infused(
        fluids=tuple(service for service in joined if service.family == "hydration"),
        services=tuple(services),
        other_dates=tuple(other_dates),
        later=tuple(later),
        cut_short=tuple(msgspec.structs.replace(service, kind="cut-short") for service in cut),
        pushes=tuple(sorted(pushes, key=lambda push: (push.start, push.place))),
    )


def _pushable(given: Given) -> bool:
    return given.family != "hydration"


def _service(kind: Literal["infusion", "push"], givens: tuple[Given, ...], gaps: tuple[Span, ...] = ()) -> Service:
    spans = once([*[given.span for given in givens], *gaps])
    first = givens[0]
    return Service(
        kind=kind,
        givens=givens,
        drug=first.drug,
        name=first.name,
        family=first.family,
        start=first.start,
        on=first.on,
        place=min([given.place for given in givens]),
        spans=spans,
        minutes=minutes(spans),
    )


def _joined(infusions: list[Given]) -> list[Service]:
    """Infusions of one drug that share an order, touch, or go on after an early stop, are one."""
    by_drug: dict[DrugKey, list[tuple[list[Given], list[Span]]]] = {}
    for given in infusions:
        groups = by_drug.setdefault(given.drug, [])
        mates = [group for group in groups if _belongs(group[0], given)]
        parts = [part for members, _ in mates for part in members]
        gaps = [gap for _, own in mates for gap in own] + _bag_change(parts, given)
        for mate in mates:
            groups.remove(mate)
        groups.append((sorted([*parts, given], key=lambda part: (part.start, part.place)), gaps))
    return [_service("infusion", tuple(parts), tuple(gaps)) for groups in by_drug.values() for parts, gaps in groups]


def _belongs(parts: list[Given], given: Given) -> bool:
    touches = given.start <= max(part.span.stop for part in parts)
    ordered = any(order in _orders(given) for part in parts for order in _orders(part))
    paused = given.family != "hydration" and parts[-1].discontinued
    return touches or ordered or paused


def _orders(given: Given) -> set[str]:
    return {member.order for member in given.members if member.order is not None}


def _bag_change(parts: list[Given], given: Given) -> list[Span]:
    """The gap before `given` in its order, where it is short enough to count: the bag before it is running on. A pause
    that somebody documented is no such gap; where the bags overlap there is none, and the empty span counts nothing."""
    if any(member.resumed for member in given.members):
        return []
    ended = [(part.span.stop, part) for part in parts if _orders(part) & _orders(given)]
    if not ended:
        return []
    stop, before = max(ended, key=lambda end: end[0])
    return [Span(stop, given.start, before.offset, before.place)] if given.start - stop <= BAG_CHANGE else []


Separated = tuple[list[Service], list[Service], list[Service]]


def _separate(drips: list[Service], policies: Policies) -> Separated:
    """Separate infusions of one drug: added by date, or the first and the later ones."""
    by_drug: dict[DrugKey, list[Service]] = {}
    for service in sorted(drips, key=lambda service: (service.start, service.place)):
        by_drug.setdefault(service.drug, []).append(service)
    services: list[Service] = []
    other_dates: list[Service] = []
    later: list[Service] = []
    how = policies.same_drug_separate_infusions
    for same in by_drug.values():
        if how == "add-times" or (how == "96376" and same[0].family == "chemotherapy"):
            first, *others = _by_date(same)
            other_dates += others
        else:
            first, *others = same
            later += others
        services.append(first)
    return services, other_dates, later


def _by_date(same: list[Service]) -> list[Service]:
    dates: dict[date, list[Service]] = {}
    for service in same:
        dates.setdefault(service.on, []).append(service)
    return [_added(dates[on]) for on in sorted(dates)]


def _added(services: list[Service]) -> Service:
    spans = once(span for service in services for span in service.spans)
    givens = tuple(given for service in services for given in service.givens)
    place = min(service.place for service in services)
    return msgspec.structs.replace(services[0], givens=givens, spans=spans, minutes=minutes(spans), place=place)
