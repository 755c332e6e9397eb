"""Two drugs at once: which one keeps the common minutes, which one is concurrent (D16, D17, D41, D43).

Worked examples. Leucovorin with oxaliplatin from start to stop has no minute of its own: concurrent. Both begun and
ended 30 minutes later, it keeps 30 and is sequential.

Decided: the initial service keeps all its time; else chemotherapy keeps it, else the longer, else the earlier. Under
`concurrent` any common minute with a drug that is already timed is enough.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.coding.given import Service
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.spans import Span, common, minutes, without
from fhir_adapter.coding.technique import LONGEST_PUSH


class Timed(msgspec.Struct, eq=False):
    """An infusion and what is left of it. The only value of this room that changes, and only in this module."""

    service: Service
    counted: tuple[Span, ...]
    gave: bool = False
    concurrent: bool = False

    @property
    def minutes(self) -> int:
        return minutes(self.counted)

    @property
    def chemo(self) -> bool:
        return self.service.family == "chemotherapy"


def timed(
    infusions: tuple[Service, ...], initial: Service | None, pushes: tuple[Service, ...], policies: Policies
) -> list[Timed]:
    """Every infusion of a site with its counted time, and whether it is concurrent."""
    all_timed = [Timed(service, service.spans) for service in infusions]
    if policies.partial_overlap == "deduct-from-shorter":
        _deduct(all_timed, initial)
    else:
        _make_concurrent(all_timed, initial, policies)
    if policies.overlap_with_push == "concurrent":
        for one in all_timed:
            one.concurrent = one.concurrent or _beside_a_push(one, initial, pushes)
    return all_timed


def _deduct(all_timed: list[Timed], initial: Service | None) -> None:
    while True:
        pairs = [
            (shared[0][0], sorted((a.service.place, b.service.place)), a, b)
            for i, a in enumerate(all_timed)
            for b in all_timed[i + 1 :]
            if a.service.drug != b.service.drug and (shared := common(a.counted, b.counted))
        ]
        if not pairs:
            break
        _, _, a, b = min(pairs)  # no two pairs are of the same two places
        giver = _giver(a, b, initial)
        giver.counted = without(giver.counted, common(a.counted, b.counted))
        giver.gave = True
    for one in all_timed:
        one.concurrent = one.gave and one.minutes <= LONGEST_PUSH


def _giver(a: Timed, b: Timed, initial: Service | None) -> Timed:
    def gives_first(one: Timed) -> tuple[bool, bool, int, int, int]:
        service = one.service
        return (service is initial, one.chemo, one.minutes, -service.start, -service.place)

    return min(a, b, key=gives_first)


def _make_concurrent(all_timed: list[Timed], initial: Service | None, policies: Policies) -> None:
    """The initial service is first in the order: nothing is timed before it that could make it concurrent."""
    by_start = policies.concurrent_drug == "later-started"

    def order(one: Timed) -> tuple[object, ...]:
        s = one.service
        own = (s.start, s.place) if by_start and one.chemo else (s.on, -s.minutes, s.start, s.place)
        return (s is not initial, not one.chemo, *own)

    already: list[Timed] = []
    for one in sorted(all_timed, key=order):
        others = [o for o in already if o.service.drug != one.service.drug and not (by_start and one.chemo > o.chemo)]
        one.concurrent = any(common(o.service.spans, one.service.spans) for o in others)
        already += [] if one.concurrent else [one]


def _beside_a_push(one: Timed, initial: Service | None, pushes: tuple[Service, ...]) -> bool:
    if one.chemo or one.service is initial:
        return False
    spans = one.service.spans
    others = [push for push in pushes if push.drug != one.service.drug]
    starts = any(span.start <= push.start < span.stop for push in others for span in spans)
    return starts or any(common(spans, push.spans) for push in others)
