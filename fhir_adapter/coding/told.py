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
from fhir_adapter.coding.spans import common, minutes, once
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
    for one in all_timed:
        yield from _infusion(one, all_timed, site)
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


def _infusion(one: Timed, all_timed: list[Timed], site: Site) -> Iterator[Note]:
    service, policies = one.service, site.context.reading.policies
    as_if_after = one.concurrent and not one.chemo and policies.concurrent_therapeutic == "96367"
    counted = service.minutes if as_if_after else one.minutes
    yield note_of(service, BASES | HOURS | BESIDE, _counted(service, counted, all_timed), minutes=True)
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
        yield note_of(service, BESIDE, _why_concurrent(one, site))
    elif one.gave:
        yield note_of(service, BASES, f"Not concurrent: {counted} minutes of its own are {LONGEST_PUSH + 1} or more.")
    if as_if_after or not one.concurrent:
        yield _no_further_hour(service, counted, site)


def _counted(service: Service, counted: int, all_timed: list[Timed]) -> str:
    lost = service.minutes - counted
    others = [one.service for one in all_timed if one.service is not service]
    beside = dict.fromkeys(other.name for other in others if common(service.spans, other.spans))
    given_up = f"; {lost} of them are deducted, shared with {' and '.join(beside)}" if lost else ""
    return f"{service.name} ran {clock(service.spans)}, {service.minutes} minutes{given_up}; {counted} are counted."


def _why_concurrent(one: Timed, site: Site) -> str:
    """Pushes are left out, to see whether another infusion is enough."""
    if not any(other.concurrent for other in _timed(site, ()) if other.service is one.service):
        return "Not a drug in sequence: a push of another drug beside it makes it concurrent."
    if site.context.reading.policies.partial_overlap == "concurrent":
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
    ran = minutes(once(span for fluid in site.infused.fluids for span in fluid.spans))
    counted = sum(minutes(piece) for piece in water.pieces)
    lost = f"; {ran - counted} are given up to drugs or are too short" if ran != counted else ""
    when = clock(tuple(span for piece in water.pieces for span in piece))
    ids = frozenset(ids_of(tuple(water.by_place.values())))
    yield Note(ids, FLUID, f"Fluid ran {ran} minutes{lost}; {counted} are counted, from {when}.", minutes=True)
    for piece in water.pieces:
        ids = frozenset(ids_of(water.givens(piece)))
        yield Note(ids, FLUID, _next("fluid", minutes(piece), site.context.reading.policies))
