"""Drugs whose code and unit a test says by hand, and administrations of them on one day."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Administration, Quantity, Visit
from fhir_adapter.rulebooks import load_rulebook

RULEBOOK = load_rulebook("cpt-2026")
CHICAGO = timezone(timedelta(hours=-5))


def quantity(text):
    """`675 mg` as a quantity."""
    value, unit = text.split(" ", 1)
    return Quantity(Decimal(value), unit)


class Drugs:
    """Name → (code, billing unit); an NDC is taken as it is."""

    data_hash = "sha256:by-hand"

    def __init__(self, **codes):
        self.codes = codes

    def look_up(self, *, ndc, rxcui, name, on, technique=None):
        code, unit = self.codes[name]
        return DrugFacts(code=code, unit=quantity(unit), ndc=ndc, drug_class="chemotherapy")


def gave(id_, drug, dose, *, hour=9, day=4, discarded=None, technique="infusion", **more):
    """One administration on 2026-05-04; `single-dose` where a discard is said."""
    return Administration(
        id=id_,
        drug=drug,
        technique=technique,
        start=datetime(2026, 5, day, hour, tzinfo=CHICAGO),
        dose=None if dose is None else quantity(dose),
        discarded=None if discarded is None else quantity(discarded),
        container=more.pop("container", "single-dose" if discarded is not None else None),
        **more,
    )


def visit_of(*administrations, payer="medicare", setting="office"):
    return Visit(id="v", setting=setting, payer=payer, administrations=administrations)


def reading_of(**policies):
    named = {name.replace("_", "-"): value for name, value in policies.items()}
    return load_rulebook("cpt-2026", named).readings[0]


def shown(lines):
    """(code, units, modifiers, ndc) of each line."""
    return [(line.code, line.units, " ".join(line.modifiers), line.ndc) for line in lines]
