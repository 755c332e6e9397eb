"""The initial service of a site: by rank, by the reason of an office visit, or the first chemotherapy (D3-D5, D11).

Worked examples. In a facility a chemotherapy push of one minute outranks a therapeutic infusion of four hours. In an
office with the reason hydration, the fluid is the initial service and a push of ondansetron follows it.

Decided: injections, pumps, refills and other routes are never the initial service and never make another one secondary.
"""

from __future__ import annotations

from datetime import date

import msgspec

from fhir_adapter.coding.given import Service
from fhir_adapter.coding.hydration import Water
from fhir_adapter.coding.merge import Infused
from fhir_adapter.coding.model import Visit
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.pushes import Pushed
from fhir_adapter.coding.spans import MINUTE, local_date, minutes
from fhir_adapter.vocabulary import Reason

LADDER: dict[tuple[Reason, str], int] = {
    ("chemotherapy", "infusion"): 0,
    ("chemotherapy", "push"): 1,
    ("therapeutic", "infusion"): 2,
    ("therapeutic", "push"): 3,
    ("hydration", "infusion"): 4,
}


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """Something that may be the initial service; `service` is None for the fluids together."""

    family: Reason
    pushed: bool
    on: date
    minutes: int
    start: int
    place: int
    service: Service | None

    def rank(self, visit: Visit) -> tuple[bool, int, date, int, int, int]:
        """Smaller comes first: the reason of an office visit, the ladder, then D5."""
        wanted = visit.setting == "office" and self.family == visit.primary_reason
        step = LADDER[(self.family, "push" if self.pushed else "infusion")]
        return (not wanted, step, self.on, -self.minutes, self.start, self.place)


def candidates(all_infused: Infused, all_pushed: Pushed, fluid: Water) -> list[Candidate]:
    services = (*all_infused.services, *all_infused.cut_short, *all_pushed.first)
    found = [_of_service(service) for service in services]
    if fluid.pieces:
        first = fluid.pieces[0][0]
        total = sum(minutes(piece) for piece in fluid.pieces)
        on = local_date(first.start, first.offset)
        found.append(Candidate("hydration", False, on, total, first.start, first.place, None))
    return found


def _of_service(service: Service) -> Candidate:
    pushed = service.kind == "push"
    return Candidate(service.family, pushed, service.on, service.minutes, service.start, service.place, service)


def initial_of(found: list[Candidate], visit: Visit, policies: Policies) -> Candidate | None:
    chemo = [candidate for candidate in found if candidate.family == "chemotherapy"]
    if chemo and policies.initial_chemo == "first-given":
        return min(chemo, key=lambda c: (c.start // MINUTE, c.pushed, c.start, c.place))
    return min(found, key=lambda candidate: candidate.rank(visit), default=None)
