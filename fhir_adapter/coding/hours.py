"""How many additional hours, and on which date each of them begins (D9, D24-D26; R3.1).

Worked examples. 90 minutes have no additional hour, 91 have one; where exactly 90 counts, 90 have one. An infusion from
23:00 to 02:00 has its second and third hour on day 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fhir_adapter.coding.given import Charge, Given, SiteKey
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.spans import Span, local_date, minutes, span_at

CITED = {"96415": "chemo-hours", "96361": "hydration-hours"}


def beyond_first_hour(counted: int, policies: Policies) -> int:
    """Additional hours after a base code."""
    needed = 30 if policies.additional_hour_at_exactly_90 == "yes" else 31
    return max(0, (counted - needed) // 60)


def next_hour(counted: int, policies: Policies) -> int:
    """The minutes that one more additional hour would need."""
    hours = beyond_first_hour(counted, policies)
    return hours * 60 + (90 if policies.additional_hour_at_exactly_90 == "yes" else 91)


def hours_only(counted: int, policies: Policies) -> int:
    """Hours without a base code: one from 31 minutes, one more for each additional hour."""
    return 0 if counted < 31 else 1 + beyond_first_hour(counted, policies)


def hour_charges(
    code: str,
    givens: tuple[Given, ...],
    counted: Sequence[Span],
    numbers: range,
    *,
    reading: Reading,
    site: SiteKey,
    because: str,
) -> list[Charge]:
    """One charge for each hour: hour n begins n x 60 counted minutes after the start; `counted` is in order of time."""
    if not numbers:
        return []
    total = minutes(counted)
    starts = {given.place: given.on for given in givens}
    cites = reading.cite(CITED.get(code, "hours"), "additional-hour-at-exactly-90")
    return [
        Charge(
            code=code,
            date=_date(counted, number, starts, reading.policies),
            givens=givens,
            site=site,
            because=because,
            cites=cites,
            minutes=total,
        )
        for number in numbers
    ]


def _date(counted: Sequence[Span], number: int, starts: dict[int, date], policies: Policies) -> date:
    instant, span = span_at(counted, number * 60)
    if policies.midnight == "date-provided":
        return local_date(instant, span.offset)
    return starts[span.place]
