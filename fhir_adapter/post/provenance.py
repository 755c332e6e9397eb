"""What attests a version of a ChargeItem in the EHR: its Provenance, and where a site wants it an AuditEvent.

Worked examples. ChargeItem/5 was created from two administrations: the Provenance has the target
`ChargeItem/5/_history/1`, the activity CREATE, the versions of the encounter and of both administrations that were
read as its sources, the rulebook's canonical as its policy, and the adapter's Device as the one that assembled it. An
administration is corrected and the item amended: a second Provenance, of `…/_history/2`, UPDATE, with the new version
among its sources; the first stays. Reversed: NULLIFY. An administration has been deleted meanwhile, and HAPI refuses a
reference to what is gone (HAPI-1096): then the sources are named in words.

Decided: a write of its own after the charge is in place, not one transaction with it. A conditional create may meet an
item that is not ours to attest, which is known only when it is answered; X-Provenance is a header that few
servers know and none states, and a Provenance that is refused must not take the charge with it. It is conditional on
target and time, which is that of the order: tried again, there is still one. Left out: signatures, and any name of a
person, because a charge is decided by rules.

Refuses (`InputFaults`, naming the element) what fhir.resources' R4B models refuse. Source: HL7 FHIR R4, Provenance and
AuditEvent; v3-DataOperation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.provenance import Provenance

from fhir_adapter.post.names import DERIVATION, Names
from fhir_adapter.post.valid import valid

Json = dict[str, Any]
Action = Literal["create", "amend", "void"]
Kind = Literal["Provenance", "AuditEvent"]
VersionOf = Callable[[str, str], str | None]
"""Type and id → the version that was read when the charge was decided."""
_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_AUDITED = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_OPERATIONS: Mapping[Action, str] = {"create": "CREATE", "amend": "UPDATE", "void": "NULLIFY"}


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a ChargeItem that we left in the EHR. `body` is what was sent, `decided` when."""

    item: str
    version: str | None
    action: Action
    body: bytes
    decided: datetime

    @property
    def target(self) -> Json:
        return _versioned("ChargeItem", self.item, self.version)

    @property
    def recorded(self) -> str:
        """To the millisecond, in UTC: what every server keeps and finds again."""
        return self.decided.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def attestation(kind: Kind, posted: Posted, names: Names, version_of: VersionOf, *, in_words: bool = False) -> bytes:
    """`in_words`: the sources are named, not referred to."""
    return _provenance(posted, names, version_of, in_words) if kind == "Provenance" else _audit_event(posted, names)


def sources_of(body: bytes) -> tuple[tuple[str, str], ...]:
    """Type and id of what a ChargeItem rests on: its encounter and its administrations."""
    charge = msgspec.json.decode(body, type=dict[str, Any])
    references = [charge["context"]["reference"], *(each["reference"] for each in charge.get("service", ()))]
    return tuple((kind, name) for kind, _, name in (reference.partition("/") for reference in references))


def _provenance(posted: Posted, names: Names, version_of: VersionOf, in_words: bool) -> bytes:
    charge = msgspec.json.decode(posted.body, type=dict[str, Any])
    rulebook, rulebook_hash, engine = _derived_under(charge, names)
    made: Json = {
        "resourceType": "Provenance",
        **_run(names),
        "target": [posted.target],
        "recorded": posted.recorded,
        "policy": charge["definitionCanonical"],
        "activity": {
            "coding": [{"system": _OPERATION, "code": _OPERATIONS[posted.action]}],
            "text": f"a charge derived under the rulebook {rulebook}, {rulebook_hash}",
        },
        "agent": [{"type": _coded(_PARTICIPANT, "assembler"), "who": _who(names, engine)}],
        "entity": [
            {"role": "source", "what": _source(*source, version_of(*source), in_words)}
            for source in sources_of(posted.body)
        ],
    }
    return valid(msgspec.json.encode(made), Provenance)


def _audit_event(posted: Posted, names: Names) -> bytes:
    charge = msgspec.json.decode(posted.body, type=dict[str, Any])
    *_, engine = _derived_under(charge, names)
    is_new = posted.action == "create"
    made: Json = {
        "resourceType": "AuditEvent",
        **_run(names),
        "type": {"system": _AUDITED, "code": "rest"},
        "subtype": [{"system": _INTERACTION, "code": "create" if is_new else "update"}],
        "action": "C" if is_new else "U",
        "recorded": posted.recorded,
        "outcome": "0",
        "agent": [{"who": _who(names, engine), "requestor": True}],
        "source": {"observer": _who(names, engine)},
        "entity": [{"what": posted.target}],
    }
    return valid(msgspec.json.encode(made), AuditEvent)


def _derived_under(charge: Json, names: Names) -> tuple[str, str, str]:
    """Rulebook, its hash, and the program's version, as the charge says them."""
    (derivation,) = (each for each in charge["extension"] if each["url"] == names.extension(DERIVATION))
    said = {part["url"]: part.get("valueString", "") for part in derivation["extension"]}
    return said["rulebook"], said["rulebookHash"], said["engine"]


def _source(kind: str, name: str, version: str | None, in_words: bool) -> Json:
    if in_words:
        return {"display": f"{kind}/{name}" + (f", version {version}" if version else "")}
    return _versioned(kind, name, version)


def _versioned(kind: str, name: str, version: str | None) -> Json:
    """HAPI as it is shipped cuts the version off a reference, and leaves the text beside it."""
    if version is None:
        return {"reference": f"{kind}/{name}"}
    return {"reference": f"{kind}/{name}/_history/{version}", "display": f"version {version}"}


def _who(names: Names, engine: str) -> Json:
    return {"reference": names.enterer} if names.enterer else {"display": f"fhir-adapter {engine}"}


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _run(names: Names) -> Json:
    return {"meta": {"tag": [{"system": names.run_system, "code": names.run}]}} if names.run else {}
