"""The sentences of a site's story: minutes, and what each service was not, with the reason (see `story`)."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.coding.given import Service, ids_of
from fhir_adapter.coding.hours import beyond_first_hour, next_hour
from fhir_adapter.coding.model import Visit
from fhir_adapter.coding.not_initial import not_initial
from fhir_adapter.coding.notes import BASES, BESIDE, FLUID, HOURS, PUSHES, Note, clock, note_of
from fhir_adapter.coding.overlap import Timed, timed
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.site_charges import Site
from fhir_adapter.coding.spans import common, minutes, once, without
from fhir_adapter.coding.technique import LONGEST_PUSH
from fhir_adapter.vocabulary import Technique

NOT_BY_VEIN: dict[Technique, str] = {
    "im": "Not a push or an infusion: it was injected into a muscle, and its minutes do not count.",
    "sc": "Not a push or an infusion: it was injected under the skin, and its minutes do not count.",
    "sc-infusion": "Not an infusion by vein: it ran under the skin.",
    "pump": "No first and further hours: what runs on a pump is one service, however long.",
    "pump-refill": "Not the start of a pump: it was filled again.",
    "flush": "Not part of another service: nothing else was given that day.",
    "intra-arterial-push": "Not a push by vein: it was given into an artery.",
    "intra-arterial-infusion": "Not an infusion by vein: it was given into an artery.",
    "intrathecal": "Not a push or an infusion by vein: it was given into the spinal fluid.",
    "intralesional": "Not an ordinary injection: it was injected into lesions, which are counted.",
    "intraperitoneal": "Not an infusion by vein: it was given into the abdomen.",
    "intrapleural": "Not an infusion by vein: it was given into the chest.",
}
"""What a service that no vein took was not, by its technique."""


def notes_of(site: Site, visit: Visit) -> Iterator[Note]:
    parts = site.infused
    all_timed = _timed(site, parts.pushes)
    without_pushes = _timed(site, ()) if parts.pushes else all_timed
    for one, alone in zip(all_timed, without_pushes, strict=True):
        yield from _infusion(one, all_timed, site, by_a_push=one.concurrent and not alone.concurrent)
    for service in (*parts.other_dates, *parts.later):
        yield note_of(service, HOURS, f"No first hour of its own: {service.name} was infused earlier in the encounter.")
    for service in parts.cut_short:
        yield note_of(
            service, BASES, "Not a push: this rulebook keeps the code of an infusion that was cut short, with 53."
        )
    for push in (*site.pushed.first, *site.pushed.repeats):
        yield _push(push)
    yield from _fluid(site)
    yield from not_initial(site, visit)


def _timed(site: Site, pushes: tuple[Service, ...]) -> list[Timed]:
    parts, initial = site.infused, site.context.initial
    services = (*parts.services, *parts.other_dates, *parts.later)
    return timed(services, None if initial is None else initial.service, pushes, site.context.reading.policies)


def _infusion(one: Timed, all_timed: list[Timed], site: Site, *, by_a_push: bool) -> Iterator[Note]:
    service, policies = one.service, site.context.reading.policies
    as_if_after = one.concurrent and not one.chemo and policies.concurrent_therapeutic == "96367"
    counted = service.minutes if as_if_after else one.minutes
    yield note_of(service, BASES | HOURS | BESIDE, _counted(one, counted, all_timed), minutes=True)
    if len(service.spans) > 1:
        yield note_of(
            service, BASES, f"Not several services: the infusions of {service.name} are one, their times added."
        )
    if site.context.is_initial(service):
        yield note_of(service, BASES, f"Not a push: {counted} minutes are more than {LONGEST_PUSH}.")
    if as_if_after:
        yield note_of(
            service,
            BESIDE,
            "Not 96368: this rulebook codes a therapeutic drug beside another as if it had run after it.",
        )
    elif one.concurrent:
        yield note_of(service, BESIDE, _why_concurrent(one, policies, by_a_push=by_a_push))
    elif one.gave:
        yield note_of(service, BASES, f"Not concurrent: {counted} minutes of its own are {LONGEST_PUSH + 1} or more.")
    if as_if_after or not one.concurrent:
        yield _no_further_hour(service, counted, site)


def _counted(one: Timed, counted: int, all_timed: list[Timed]) -> str:
    service, lost = one.service, one.service.minutes - counted
    given_away = without(service.spans, [(span.start, span.stop) for span in one.counted])
    others = [other.service for other in all_timed if other is not one]
    beside = dict.fromkeys(other.name for other in others if common(given_away, other.spans))
    given_up = f"; {lost} of them are deducted, shared with {' and '.join(beside)}" if lost else ""
    return f"{service.name} ran {clock(service.spans)}, {service.minutes} minutes{given_up}; {counted} are counted."


def _why_concurrent(one: Timed, policies: Policies, *, by_a_push: bool) -> str:
    if by_a_push:
        return "Not a drug in sequence: a push of another drug beside it makes it concurrent."
    if policies.partial_overlap == "concurrent":
        return "Not a drug in sequence: any common minute with a drug that is already timed makes it concurrent."
    return f"Not a drug in sequence: {one.minutes} minutes of its own are fewer than {LONGEST_PUSH + 1}."


def _no_further_hour(service: Service, counted: int, site: Site) -> Note:
    policies = site.context.reading.policies
    if not site.context.has_hours(service):
        return note_of(service, BASES, "No additional hours: this rulebook gives a sequential therapeutic drug none.")
    codes = HOURS if beyond_first_hour(counted, policies) else BASES
    return note_of(service, codes, _next(service.name, counted, policies))


def _next(name: str, counted: int, policies: Policies) -> str:
    needed = next_hour(counted, policies)
    return f"No further hour of {name}: the next needs {needed} minutes, and {counted} are counted."


def _push(push: Service) -> Note:
    documented = push.givens[0].members[0].technique
    if documented == "push":
        return note_of(push, PUSHES, f"{push.name} is no infusion: it was documented as a push.")
    said = f"{push.minutes} minutes are {LONGEST_PUSH} or fewer" if push.spans else "it has no documented stop"
    return note_of(push, PUSHES, f"{push.name} is no infusion: {said}.")


def _fluid(site: Site) -> Iterator[Note]:
    water = site.water
    if not water.pieces:
        return
    ran = minutes(once(span for fluid in site.infused.fluids for span in fluid.spans))
    counted = sum(minutes(piece) for piece in water.pieces)
    lost = f"; {ran - counted} are given up to drugs or are too short" if ran != counted else ""
    when = clock(tuple(span for piece in water.pieces for span in piece))
    ids = frozenset(ids_of(tuple(water.by_place.values())))
    yield Note(ids, FLUID, f"Fluid ran {ran} minutes{lost}; {counted} are counted, from {when}.", minutes=True)
    for piece in water.pieces:
        ids = frozenset(ids_of(water.givens(piece)))
        yield Note(ids, FLUID, _next("fluid", minutes(piece), site.context.reading.policies))
