"""Everything that was read for a patient, sorted by kind, with the references of a Bundle made comparable.

A reference is compared as `Type/id`. It may be written relative, with a version, as the absolute address that a
Bundle's fullUrl or the EHR's own base gives, or as the `urn:uuid:` of a Bundle entry. An absolute address of another
server stays as it is and finds nothing. Kinds of resource that nobody reads (Patient, Observation, …) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.fhir_r4.elements import Reference
from fhir_adapter.fhir_r4.reading import UNREADABLE, Head, ResourceFault, decode
from fhir_adapter.fhir_r4.resources import (
    Account,
    ChargeItem,
    Claim,
    ClaimResponse,
    Coverage,
    Device,
    Encounter,
    Medication,
    MedicationAdministration,
    Resource,
)

_VIEWS: Mapping[str, type[Resource]] = {
    "MedicationAdministration": MedicationAdministration,
    "Encounter": Encounter,
    "Medication": Medication,
    "Coverage": Coverage,
    "Account": Account,
    "Device": Device,
    "ChargeItem": ChargeItem,
    "Claim": Claim,
    "ClaimResponse": ClaimResponse,
}
_DECODERS = {kind: msgspec.json.Decoder(view) for kind, view in _VIEWS.items()}
_BEGINS = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a patient. Tables are keyed by `Type/id`, in the order of reading."""

    administrations: tuple[MedicationAdministration, ...] = ()
    encounters: dict[str, Encounter] = {}
    medications: dict[str, Medication] = {}
    coverages: dict[str, Coverage] = {}
    accounts: dict[str, Account] = {}
    devices: dict[str, Device] = {}
    charge_items: tuple[ChargeItem, ...] = ()
    claims: dict[str, Claim] = {}
    preauthorizations: tuple[ClaimResponse, ...] = ()
    faults: tuple[ResourceFault, ...] = ()
    aliases: dict[str, str] = {}
    """fullUrl of a Bundle entry → `Type/id`."""
    base: str = ""
    """The EHR's address, ending in a slash, or nothing."""

    def key(self, reference: Reference | None) -> str | None:
        """The `Type/id` that a reference means, `#id` for a contained resource, None when it says nothing."""
        if reference is None or not reference.reference:
            return None
        written = reference.reference.split("/_history/", 1)[0]
        return self.aliases.get(written) or (written.removeprefix(self.base) if self.base else written)


def chart_of(resources: Iterable[bytes], *, base: str = "") -> Chart:
    """The chart of resources as they were read. `base` is the EHR's address: references under it are its own."""
    numbered = ((None, raw, f"$[{index}]") for index, raw in enumerate(resources))
    return _sorted(numbered, base.rstrip("/") + "/" if base else "")


class _Entry(msgspec.Struct, frozen=True):
    fullUrl: Any = None
    resource: msgspec.Raw = msgspec.Raw()


class _Bundle(msgspec.Struct, frozen=True):
    resourceType: str
    entry: tuple[_Entry, ...] = ()


def chart_of_bundle(raw: bytes) -> Chart:
    """The chart of a Bundle of any type. Raises InputFaults when it is none; a faulty resource inside is a fault."""
    try:
        bundle = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=_Bundle)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).replace("`", "").partition(" - at ")
        raise InputFaults((Fault(place or "$", f"not a FHIR Bundle: {reason}"),)) from None
    except UNREADABLE:
        raise InputFaults((Fault("$", "not JSON"),)) from None
    if bundle.resourceType != "Bundle":
        raise InputFaults((Fault("$.resourceType", f"must be Bundle, is {bundle.resourceType[:40]}"),))
    entries = ((entry.fullUrl, entry.resource, f"$.entry[{index}]") for index, entry in enumerate(bundle.entry))
    return _sorted(((url, raw, place) for url, part, place in entries if (raw := bytes(part))), "")


def _sorted(entries: Iterable[tuple[Any, bytes, str]], base: str) -> Chart:
    found: dict[str, dict[str, Any]] = {kind: {} for kind in _VIEWS}
    faults: list[ResourceFault] = []
    aliases: dict[str, str] = {}
    for url, raw, place in entries:
        kind, name, resource, problems = _read(raw, url, place)
        faults += problems
        if isinstance(url, str):
            aliases[url] = name
        if resource is not None:
            found[kind][name] = resource
    return Chart(
        administrations=tuple(found["MedicationAdministration"].values()),
        encounters=found["Encounter"],
        medications=found["Medication"],
        coverages=found["Coverage"],
        accounts=found["Account"],
        devices=found["Device"],
        charge_items=tuple(found["ChargeItem"].values()),
        claims=found["Claim"],
        preauthorizations=tuple(found["ClaimResponse"].values()),
        faults=tuple(faults),
        aliases=aliases,
        base=base,
    )


def _read(raw: bytes, url: Any, place: str) -> tuple[str, str, Resource | None, list[ResourceFault]]:
    """Kind, `Type/id`, the resource if its kind is one that is read, and what is wrong with it."""
    whole = _whole(raw)
    if whole is not None:
        kind, resource = whole
        return kind, f"{kind}/{resource.id}", resource, []
    kind, name, problems = _head(raw, url, place)
    if kind not in _VIEWS:
        return kind, name, None, problems
    found, left_out = decode(raw, _VIEWS[kind], name)
    named = msgspec.structs.replace(found or _VIEWS[kind](), id=name.partition("/")[2])
    return kind, name, named, [*problems, *left_out]


def _whole(raw: bytes) -> tuple[str, Resource] | None:
    """A resource that is in order and begins with its kind, as nearly all do; None: it needs a closer look."""
    begins = _BEGINS.match(raw)
    kind = begins[1].decode() if begins else ""
    if kind not in _DECODERS or raw.count(b'"resourceType"') != 1:
        return None
    try:
        resource = _DECODERS[kind].decode(raw)
    except UNREADABLE:
        return None
    return (kind, resource) if resource.id else None


def _head(raw: bytes, url: Any, place: str) -> tuple[str, str, list[ResourceFault]]:
    """Kind and `Type/id`; an entry without an id takes the last part of its fullUrl, else its place."""
    try:
        head = msgspec.json.decode(raw, type=Head)
    except UNREADABLE:
        return "", place, [ResourceFault(place, "$", "is no FHIR resource: an object with resourceType and id")]
    spare = url.replace(":", "/").rpartition("/")[2] if isinstance(url, str) else ""
    given = head.id if isinstance(head.id, str) else ""
    if given or spare or head.resourceType not in _VIEWS:
        return head.resourceType, f"{head.resourceType}/{given or spare}", []
    name = f"{head.resourceType}/{place}"
    return head.resourceType, name, [ResourceFault(name, "$.id", "is missing")]
