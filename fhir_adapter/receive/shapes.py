"""From an HTTP request to hints: pure. Every sender speaks in its own way; one route family takes them all.

    PUT  …/MedicationAdministration/7   a resource (HAPI); DELETE …/Type/id, its deletion
    POST …                              a bare resource (Medplum); with X-Medplum-Deleted-Resource, a deletion
    POST …   (empty)                    "something changed": the source is swept
    POST …   a Bundle                   topic notifications of R4, R4B, R5 and HAPI, transactions (bundles.py)
    Event Grid, Pub/Sub                 a cloud's envelope (clouds.py)

A hint says at most: look at this patient, or ask whose this resource is. The payload is never coded, so it is not
judged: only what names the patient matters. A faulty payload becomes a hint with the name of the faulty field, never
its value; where the address still names the resource, a second hint asks the EHR about it. Nothing is dropped.
Source: the senders' own code and recorded requests; FHIR R4 Subscription, Subscriptions R5 Backport.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.errors import Fault
from fhir_adapter.receive.clouds import read_cloud
from fhir_adapter.receive.subject import NAMED, PATIENT_TYPES, Head, patient_of, version_in
from fhir_adapter.receive.telling import UNREADABLE, Hint, Reading, Told, deletion_hint, named_hint, without_mark

DELETED_HEADER = "x-medplum-deleted-resource"


def read_single(told: Told) -> Reading | None:
    """A request about one resource or about none; None when its body is a Bundle."""
    if fault := _address_fault(told.address):
        return Reading((Hint(shape="unreadable", body=told.body, fault=str(fault)),))
    if told.method == "DELETE":
        return _deletion(told.address, "the address", told)
    if DELETED_HEADER in told.headers:
        return _deletion(told.headers[DELETED_HEADER], "the header X-Medplum-Deleted-Resource", told)
    if not told.body.strip():
        return Reading((named_hint(told.address) if told.address else Hint(shape="empty"),))
    return _resource(told)


def resource_hint(body: bytes, base: str, *, address: str = "", version: str | None = None) -> Hint:
    """What a full resource says. `address` is `Type/id` where the sender names it beside the body."""
    head = head_of(body)
    fault = head if isinstance(head, Fault) else _head_fault(head, address)
    if isinstance(head, Fault) or fault is not None:
        return Hint(shape="resource", body=body, fault=str(fault))
    named = {"type": head.resource_type, "id": head.id, "version": head.version or version_in(version), "body": body}
    if head.resource_type not in PATIENT_TYPES and head.resource_type != "Patient":
        return Hint(shape="resource", ignored=True, **named)
    patient = patient_of(head, base)
    if isinstance(patient, Fault):
        return Hint(shape="resource", fault=str(patient), **named)
    finished = head.resource_type == "Encounter" and head.status == "finished"
    return Hint(shape="resource", patient=patient, finished=finished, **named)


def head_of(body: bytes) -> Head | Fault:
    if body.lstrip()[:1] == b"<":
        return Fault("$", "is XML; the channel has to ask for application/fhir+json")
    try:
        return msgspec.json.decode(without_mark(body), type=Head)
    except msgspec.ValidationError:
        return Fault("$", "must be a resource, an object of JSON")
    except RecursionError:
        return Fault("$", "is nested too deeply")
    except UNREADABLE:
        return Fault("$", "is not JSON")


def _resource(told: Told) -> Reading | None:
    head = head_of(told.body)
    if isinstance(head, Head) and head.resource_type == "Bundle":
        return None
    if isinstance(head, Fault) or head.resource_type is None:
        cloud = read_cloud(told.body, lambda body: resource_hint(body, told.base))
        if cloud is not None:
            return cloud
    version = told.headers.get("if-match", "").removeprefix("W/").strip('"')
    hint = resource_hint(told.body, told.base, address=told.address, version=version)
    name = told.address or (f"{hint.type}/{hint.id}" if hint.id else "")
    if hint.fault and name:
        return Reading((hint, named_hint(name)))
    return Reading((hint,))


def _deletion(name: str, place: str, told: Told) -> Reading:
    hint = deletion_hint(name)
    fault = f"{place}: names no resource as Type/id"
    return Reading((hint or Hint(shape="deletion", body=told.body, fault=fault),))


def _address_fault(address: str) -> Fault | None:
    if address and not NAMED.fullmatch(address):
        return Fault("the address", "names no resource as Type/id")
    return None


def _head_fault(head: Head, address: str) -> Fault | None:
    if not isinstance(head.resource_type, str) or not head.resource_type:
        foreign = "is missing" if head.resource_type is None else "must be text"
        return Fault("$.resourceType", foreign)
    if not isinstance(head.id, str) or NAMED.fullmatch(f"{head.resource_type}/{head.id}") is None:
        return Fault("$.id", "is missing" if head.id is None else "is no id of FHIR")
    if address and address.split("/_history/")[0] != f"{head.resource_type}/{head.id}":
        return Fault("$.resourceType and $.id", "differ from the address")
    return None
