"""Infusions and pushes of one site on 2026-05-04, and what `merge` makes of them."""

from timeline import CHEMO, gave

from fhir_adapter.coding import Visit, unknown_drugs
from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.merge import infused
from fhir_adapter.coding.notes import clock
from fhir_adapter.coding.site import encounters_of
from fhir_adapter.coding.spans import MINUTE
from fhir_adapter.rulebooks import load_rulebook

MIDNIGHT = 1_777_870_800_000_000
"""2026-05-04T00:00:00-05:00: 20577 days after 1970 and five hours, in microseconds."""
OFFSET = -300 * MINUTE


def at(hour, minute=0):
    return MIDNIGHT + (60 * hour + minute) * MINUTE


def infusion(id_, times, drug="x", kind=CHEMO, **more):
    return gave(id_, times, kind, drug=drug, **more)


def push(id_, times, kind=CHEMO, **more):
    return gave(id_, times, kind, "push", drug="x", **more)


def parts(*administrations, **policies):
    """Of one site, under the two policies that `merge` asks."""
    said = {name.replace("_", "-"): value for name, value in policies.items()}
    reading = load_rulebook("cpt-2026", said).readings[0]
    visit = Visit(id="v", setting="facility", administrations=administrations)
    givens, _ = givens_of(visit, {None: reading}, unknown_drugs)
    (encounter,) = encounters_of(givens)
    return infused(encounter, reading.policies)


def told(services):
    """(administrations, running times, minutes) of each."""
    return [(" ".join(given.members[0].id for given in one.givens), clock(one.spans), one.minutes) for one in services]
