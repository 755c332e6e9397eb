"""Whom a resource is about: one patient, as `Patient/id`, or why that cannot be said.

Only the source's own patients count: a reference to another server, to a group or without an address names none.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from fhir_adapter.errors import Fault

PATIENT_TYPES: dict[str, str] = {
    "MedicationAdministration": "subject",
    "Encounter": "subject",
    "ChargeItem": "subject",
    "Account": "subject",
    "Coverage": "beneficiary",
}
"""Types that make a patient due, and the element that names the patient."""

NAMED = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")

VERSION = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class Head(msgspec.Struct, frozen=True, rename="camel"):
    """The little of a notified resource that is looked at; the chart is read later, whole."""

    resource_type: Any = None
    id: Any = None
    meta: Any = None
    status: Any = None
    subject: Any = None
    beneficiary: Any = None

    @property
    def version(self) -> str | None:
        return version_in(self.meta.get("versionId")) if isinstance(self.meta, dict) else None


def version_in(said: Any) -> str | None:
    """A version as FHIR writes it; None for anything else, which no database need keep."""
    return said if isinstance(said, str) and VERSION.fullmatch(said) else None


def relative(reference: str, base: str) -> tuple[str, str] | None:
    """Type and id of a reference that is relative, or absolute under `base`; None for anything else."""
    under = base.rstrip("/") + "/"
    found = NAMED.fullmatch(reference.removeprefix(under))
    return (found["type"], found["id"]) if found else None


def patient_of(head: Head, base: str) -> str | Fault:
    """`Patient/id`, or the faulty element."""
    if head.resource_type == "Patient":
        return f"Patient/{head.id}"
    if head.resource_type not in PATIENT_TYPES:
        return Fault("$.resourceType", "is of a type that no patient is read from")
    element = PATIENT_TYPES[head.resource_type]
    named = getattr(head, element)
    if isinstance(named, list):
        named = named[0] if named else None
    path = f"$.{element}.reference"
    reference = named.get("reference") if isinstance(named, dict) else None
    if not isinstance(reference, str) or not reference:
        return Fault(path, "is missing; without it no patient is known")
    found = relative(reference, base)
    if found is None:
        return Fault(path, "names no resource of this source")
    return f"Patient/{found[1]}" if found[0] == "Patient" else Fault(path, "names no Patient")
