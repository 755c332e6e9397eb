"""The codes of infusions, pushes and hydration once the initial service and the overlaps are known (D9, D12, D17, D20).

Worked example, R-CHOP under `cpt-2026`: rituximab 240 minutes is 96413 and three 96415, cyclophosphamide 30 minutes
96417, doxorubicin and vincristine one 96411 each, the two premedications one 96375 each.

96368 is left to the encounter, because it is reported once in it: `Site.concurrent`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fhir_adapter.coding.given import Charge, Outcome, Service, SiteKey, ids_of
from fhir_adapter.coding.hours import beyond_first_hour, hour_charges, hours_only
from fhir_adapter.coding.hydration import Water
from fhir_adapter.coding.initial import Candidate
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.overlap import Timed
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.spans import local_date, minutes
from fhir_adapter.coding.technique import LONGEST_PUSH
from fhir_adapter.vocabulary import Setting


class Context(msgspec.Struct, frozen=True, eq=False):
    """What all charges of a site need to know."""

    site: SiteKey
    setting: Setting
    reading: Reading
    initial: Candidate | None

    def is_initial(self, service: Service) -> bool:
        return self.initial is not None and self.initial.service is service

    def initial_cited(self, service: Service) -> tuple[str, ...]:
        """What makes a service the initial one."""
        chemo = ("initial-chemo",) if service.family == "chemotherapy" else ()
        if chemo and self.reading.policies.initial_chemo == "first-given":
            return ("initial", *chemo)
        return ("initial", "initial-facility" if self.setting == "facility" else "initial-office", *chemo)

    def has_hours(self, service: Service) -> bool:
        """Whether additional hours of this drug are reported at all."""
        if service.family == "chemotherapy":
            return True
        first = None if self.initial is None else self.initial.service
        if first is not None and first.drug == service.drug:
            return True
        return self.reading.policies.additional_hours_of_sequential_therapeutic == "yes"

    def charge(
        self, code: str, service: Service, because: str, *policies: str, ran: int | None = None, modifiers: str = ""
    ) -> Charge:
        return Charge(
            code=code,
            date=service.on,
            givens=service.givens,
            site=self.site,
            because=because,
            cites=self.reading.cite(*policies),
            minutes=ran,
            modifiers=(modifiers,) if modifiers else (),
            initial=self.is_initial(service),
        )


def infusion_charges(one: Timed, context: Context) -> list[Outcome]:
    service, ran = one.service, one.minutes
    initial = context.is_initial(service)
    base = _base_code(chemo=one.chemo, initial=initial)
    because = _because(one, "the initial service" if initial else "a further drug in sequence")
    further = "further-chemo" if one.chemo else "further-therapeutic"
    cited = context.initial_cited(service) if initial else (further,)
    charges: list[Outcome] = [context.charge(base, service, because, "infusion", *cited, ran=ran)]
    if initial or context.has_hours(service):
        charges += _hours(one, range(1, 1 + beyond_first_hour(ran, context.reading.policies)), context)
    return charges


def concurrent_charges(one: Timed, context: Context) -> list[Outcome]:
    """A chemotherapy drug beside another, or a therapeutic one that is coded as if in sequence."""
    policies = context.reading.policies
    if one.chemo:
        because = f"{one.service.name} ran beside another drug and has no time of its own."
        return [context.charge(policies.concurrent_chemo, one.service, because, "concurrent-chemo")]
    whole = Timed(one.service, one.service.spans)
    because = f"{one.service.name} ran {whole.minutes} minutes beside another drug and is coded as if in sequence."
    charges: list[Outcome] = [
        context.charge("96367", one.service, because, "concurrent-therapeutic", ran=whole.minutes)
    ]
    if context.has_hours(one.service):
        charges += _hours(whole, range(1, 1 + beyond_first_hour(whole.minutes, policies)), context)
    return charges


def other_date_charges(one: Timed, context: Context) -> list[Outcome]:
    """A drug's further date in the encounter: hours only."""
    count = hours_only(one.minutes, context.reading.policies) if context.has_hours(one.service) else 0
    return list(_hours(one, range(count), context)) or [_too_short(one.service)]


def later_charges(one: Timed, context: Context) -> list[Outcome]:
    """A later separate infusion of a drug whose intervals are judged one by one: hours only."""
    count = 1 + beyond_first_hour(one.minutes, context.reading.policies) if context.has_hours(one.service) else 0
    return list(_hours(one, range(count), context)) or [_too_short(one.service)]


def repeated_infusion(service: Service, context: Context) -> Outcome:
    """A later separate infusion that is coded like a repeat push, whatever ran beside it (D26 `96376`)."""
    if context.setting != "facility":
        return _too_short(service)
    because = f"{service.name} was infused again, {service.minutes} minutes."
    return context.charge("96376", service, because, "same-drug-separate-infusions", ran=service.minutes)


def cut_short_charge(service: Service, context: Context) -> Charge:
    base = _base_code(chemo=service.family == "chemotherapy", initial=context.is_initial(service))
    because = f"{service.name} was stopped early after {service.minutes} minutes."
    return context.charge(base, service, because, "discontinued-infusion", ran=service.minutes, modifiers="53")


def push_charge(service: Service, context: Context) -> Charge:
    chemo = service.family == "chemotherapy"
    if context.is_initial(service):
        code, cited = "96409" if chemo else "96374", context.initial_cited(service)
        return context.charge(code, service, f"{_pushed(service)}, the initial service.", "push", *cited)
    if chemo:
        code = context.reading.policies.sequential_chemo_push
        return context.charge(code, service, f"{_pushed(service)}, a further drug.", "sequential-chemo-push")
    return context.charge("96375", service, f"{_pushed(service)}, a further drug.", "further-push")


def repeat_charge(service: Service, context: Context) -> Charge:
    because = f"{_pushed(service)}, again, more than 30 minutes after the last time."
    return context.charge("96376", service, because, "repeat-push")


def hydration_charges(fluid: Water, context: Context) -> Iterator[Charge]:
    initial = context.initial is not None and context.initial.service is None
    for number, piece in enumerate(fluid.pieces):
        givens, ran = fluid.givens(piece), minutes(piece)
        because = f"Hydration counts {ran} minutes without a drug beside it"
        numbers = range(hours_only(ran, context.reading.policies))
        if initial and number == 0:
            yield Charge(
                code="96360",
                date=local_date(piece[0].start, piece[0].offset),
                givens=givens,
                site=context.site,
                because=f"{because}: the initial service.",
                cites=context.reading.cite("hydration"),
                minutes=ran,
                initial=True,
            )
            numbers = range(1, 1 + beyond_first_hour(ran, context.reading.policies))
        told = f"{because}: {_told_hours(numbers)}."
        yield from hour_charges(
            "96361", givens, piece, numbers, reading=context.reading, site=context.site, because=told
        )


def _base_code(*, chemo: bool, initial: bool) -> str:
    if chemo:
        return "96413" if initial else "96417"
    return "96365" if initial else "96367"


def _hours(one: Timed, numbers: range, context: Context) -> list[Charge]:
    code = "96415" if one.chemo else "96366"
    because = f"{one.service.name} counts {one.minutes} minutes: {_told_hours(numbers)}."
    return hour_charges(
        code, one.service.givens, one.counted, numbers, reading=context.reading, site=context.site, because=because
    )


def _told_hours(numbers: range) -> str:
    """Hours after a base code begin with the second; without one, with the first."""
    hours = f"{len(numbers)} hour{'s' * (len(numbers) != 1)}"
    return f"{hours} beyond the first" if numbers.start else hours


def _because(one: Timed, role: str) -> str:
    lost = one.service.minutes - one.minutes
    deducted = f" of {one.service.minutes}, {lost} are shared with another drug" if lost else ""
    return f"{one.service.name} counts {one.minutes} minutes{deducted}: {role}."


def _pushed(service: Service) -> str:
    if service.givens[0].members[0].technique != "push":
        ran = f"ran {service.minutes} minutes, {LONGEST_PUSH} or fewer," if service.spans else "has no documented stop"
        return f"{service.name} {ran} and counts as a push"
    ran = f", {service.minutes} minute{'s' * (service.minutes != 1)}" if service.minutes else ""
    return f"{service.name} was pushed{ran}"


def _too_short(service: Service) -> Finding:
    return Finding(
        id="same-drug-too-short",
        administrations=ids_of(service.givens),
        message=f"A further infusion of {service.name}, {service.minutes} minutes, adds no hour.",
    )
