"""The resources that are read, as far as the chart contract (docs/chart.md) names their elements."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fhir_adapter.fhir_r4.elements import (
    CodeableConcept,
    Coding,
    Element,
    Extension,
    Identifier,
    Period,
    Quantity,
    Ratio,
    Reference,
)


class Resource(Element, frozen=True):
    id: str = ""


class Dosage(Element, frozen=True):
    text: str | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None
    extension: tuple[Extension, ...] = ()


class MedicationAdministration(Resource, frozen=True):
    contained: tuple[msgspec.Raw, ...] = ()
    extension: tuple[Extension, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    status_reason: tuple[CodeableConcept, ...] = ()
    category: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    context: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    request: Reference | None = None
    device: tuple[Reference, ...] = ()
    dosage: Dosage | None = None


class EncounterLocation(Element, frozen=True):
    location: Reference | None = None
    status: str | None = None


class Encounter(Resource, frozen=True):
    status: str | None = None
    class_: Coding | None = msgspec.field(default=None, name="class")
    type: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    account: tuple[Reference, ...] = ()
    location: tuple[EncounterLocation, ...] = ()
    service_provider: Reference | None = None
    part_of: Reference | None = None


class MedicationIngredient(Element, frozen=True):
    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    is_active: bool | None = None
    strength: Ratio | None = None


class Medication(Resource, frozen=True):
    contained: tuple[msgspec.Raw, ...] = ()
    code: CodeableConcept | None = None
    ingredient: tuple[MedicationIngredient, ...] = ()


class Coverage(Resource, frozen=True):
    status: str | None = None
    type: CodeableConcept | None = None
    beneficiary: Reference | None = None
    period: Period | None = None
    payor: tuple[Reference, ...] = ()
    order: int | None = None


class AccountCoverage(Element, frozen=True):
    coverage: Reference | None = None
    priority: int | None = None


class Account(Resource, frozen=True):
    status: str | None = None
    coverage: tuple[AccountCoverage, ...] = ()


class ClaimItem(Element, frozen=True):
    product_or_service: CodeableConcept | None = None
    quantity: Quantity | None = None


class Claim(Resource, frozen=True):
    """Only as what a preauthorization answered."""

    item: tuple[ClaimItem, ...] = ()


class ClaimResponse(Resource, frozen=True):
    """Only as a preauthorization."""

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    use: str | None = None
    outcome: str | None = None
    patient: Reference | None = None
    request: Reference | None = None
    pre_auth_period: Period | None = None


class Device(Resource, frozen=True):
    type: CodeableConcept | None = None


class ChargeItem(Resource, frozen=True):
    """Ours or another's: what is already charged."""

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    context: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    quantity: Quantity | None = None
    factor_override: Decimal | None = None
    service: tuple[Reference, ...] = ()


class Substance(Resource, frozen=True):
    """Only as a contained ingredient of a Medication."""

    code: CodeableConcept | None = None
