"""From a charge to its ChargeItem R4, element by element as docs/charge.md says.

The JSON is built here and never re-written by a library, so that numbers stay as they are; before it leaves it is
validated by fhir.resources' R4B model, whose ChargeItem is R4's. Refuses (`InputFaults`, naming the element) what that
model refuses and a charge without a patient. Never in it: factorOverride, priceOverride, note, partOf, a display of a
CPT code, an extra coding for a modifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from fhir.resources.R4B.chargeitem import ChargeItem

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.post.names import DERIVATION, MODIFIER, Names
from fhir_adapter.post.valid import valid
from fhir_adapter.reconcile import Charge, ChargeStatus, Reason
from fhir_adapter.vocabulary import CPT, NDC

Json = dict[str, Any]


def charge_item(charge: Charge, status: ChargeStatus, names: Names, entered: datetime) -> bytes:
    """The body to send, without an id: creating has none, amending adds the item's (`with_id`)."""
    place = charge.place
    if not place.subject:
        raise InputFaults((Fault("$.subject", "the encounter names no patient"),))
    item: Json = {
        "resourceType": "ChargeItem",
        "meta": {"tag": list(_tags(charge, names))},
        "extension": list(_extensions(charge, names)),
        "identifier": [{"system": names.identifier_system, "value": charge.key.identifier}],
        "definitionCanonical": [names.definition(charge.rulebook, charge.provenance.rulebook_hash)],
        "status": status,
        "code": {"coding": [{"system": _system(charge, names), "code": charge.key.code}]},
        "subject": {"reference": place.subject},
        "context": {"reference": f"Encounter/{charge.key.encounter}"},
        **_occurrence(charge),
        "quantity": {"value": charge.units},
        **_performed(charge, names),
        "enteredDate": entered.isoformat(timespec="seconds"),
        "reason": [concept for concept in map(_concept, place.reasons) if concept],
        "service": [{"reference": f"MedicationAdministration/{name}"} for name in charge.administrations],
        **_product(charge),
        "account": [{"reference": account} for account in place.accounts],
    }
    return valid(
        msgspec.json.encode({name: value for name, value in item.items() if value not in ([], None)}), ChargeItem
    )


def with_id(body: bytes, item: str) -> bytes:
    """The body for an update by id.

    A charge that is taken back names no administration any more: it may be deleted, and a server refuses a reference
    to what is gone (HAPI-1096). The versions before name it.
    """
    content: Json = msgspec.json.decode(body)
    content.pop("resourceType")
    if content["status"] == "entered-in-error":
        content.pop("service", None)
    return msgspec.json.encode({"resourceType": "ChargeItem", "id": item, **content})


MAY_BE_GONE = ("context", "service", "account", "performingOrganization", "enterer")
"""What a charge names beside its patient, and what a person may have deleted since."""


def without_references(body: bytes) -> bytes:
    """The body of a reversal for a server that refuses it because something that it names is gone."""
    content: Json = msgspec.json.decode(body)
    return msgspec.json.encode({name: value for name, value in content.items() if name not in MAY_BE_GONE})


def _tags(charge: Charge, names: Names) -> Iterator[Json]:
    yield {"system": names.rulebook_system, "code": charge.rulebook}
    if names.run:
        yield {"system": names.run_system, "code": names.run}


def _extensions(charge: Charge, names: Names) -> Iterator[Json]:
    for modifier in charge.key.modifiers:
        system = CPT if modifier[0].isdigit() else names.hcpcs
        yield {"url": names.extension(MODIFIER), "valueCoding": {"system": system, "code": modifier}}
    yield {"url": names.extension(DERIVATION), "extension": list(_derivation(charge))}


def _derivation(charge: Charge) -> Iterator[Json]:
    said = {
        "rulebook": charge.rulebook,
        "rulebookHash": charge.provenance.rulebook_hash,
        "dataHash": charge.provenance.data_hash,
        "engine": charge.provenance.engine,
        "because": charge.because,
    }
    yield from ({"url": name, "valueString": value} for name, value in said.items())
    yield from ({"url": "citation", "valueString": citation} for citation in charge.citations)
    if charge.minutes is not None:
        yield {"url": "minutes", "valueInteger": charge.minutes}


def _system(charge: Charge, names: Names) -> str:
    return CPT if charge.system == "CPT" else names.hcpcs


def _occurrence(charge: Charge) -> Json:
    if charge.stop is None:
        return {"occurrenceDateTime": charge.start.isoformat()}
    return {"occurrencePeriod": {"start": charge.start.isoformat(), "end": charge.stop.isoformat()}}


def _performed(charge: Charge, names: Names) -> Json:
    performer, enterer = charge.place.performer, names.enterer
    return {
        "performingOrganization": {"reference": performer} if performer else None,
        "enterer": {"reference": enterer} if enterer else None,
    }


def _concept(reason: Reason) -> Json:
    codings = [
        {name: value for name, value in zip(("system", "code", "display"), coding, strict=True) if value}
        for coding in reason.codings
    ]
    said = {"coding": [coding for coding in codings if coding], "text": reason.text}
    return {name: value for name, value in said.items() if value}


def _product(charge: Charge) -> Json:
    if charge.key.ndc is None:
        return {}
    return {"productCodeableConcept": {"coding": [{"system": NDC, "code": charge.key.ndc}]}}
