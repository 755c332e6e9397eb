"""Which pushes count: the first of a drug, a repeat, a push of a drug that is also infused (D10, D12).

Worked examples. Ondansetron pushed at 09:00 and 09:45 in a facility: the first push and one 96376; in an office the
second has no line. Fluorouracil pushed beside its pump: a push of its own, a pump is no infusion here.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.coding.given import DrugKey, Service, ids_of
from fhir_adapter.coding.merge import Infused
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.spans import MINUTE
from fhir_adapter.vocabulary import Setting

REPEAT_AFTER = 30 * MINUTE


class Pushed(msgspec.Struct, frozen=True, eq=False):
    """One site's pushes that have a line."""

    first: tuple[Service, ...]
    repeats: tuple[Service, ...]


def pushed(all_infused: Infused, policies: Policies, setting: Setting) -> tuple[Pushed, list[Finding]]:
    drugs_infused = {service.drug for service in (*all_infused.services, *all_infused.cut_short)}
    repeats_count = setting == "facility" and policies.repeat_push == "96376"
    first: list[Service] = []
    repeats: list[Service] = []
    findings: list[Finding] = []
    last: dict[DrugKey, int] = {}
    for push in all_infused.pushes:
        also_infused, chemo = push.drug in drugs_infused, push.family == "chemotherapy"
        if also_infused and chemo and policies.same_drug_push_and_infusion == "infusion-only":
            findings.append(_push_and_infusion(push, reported=False))
        elif push.drug not in last:
            findings += [_push_and_infusion(push, reported=True)] if also_infused else []
            first.append(push)
            last[push.drug] = push.start
        elif not chemo and repeats_count and push.start - last[push.drug] > REPEAT_AFTER:
            repeats.append(push)
            last[push.drug] = push.start
        else:
            findings.append(_not_reported(push))
    return Pushed(tuple(first), tuple(repeats)), findings


def _push_and_infusion(push: Service, *, reported: bool) -> Finding:
    said = "the push is reported too" if reported else "this rulebook does not report the push"
    return Finding(
        id="same-drug-push-and-infusion",
        severity="info" if reported else "warning",
        administrations=ids_of(push.givens),
        message=f"{push.name} was both pushed and infused: {said}.",
    )


def _not_reported(push: Service) -> Finding:
    return Finding(
        id="repeat-not-reported",
        administrations=ids_of(push.givens),
        message=f"A further push of {push.name} has no line of its own here.",
    )
