"""Everything behind one coded visit in one file: chart versions, minutes, rule texts, what was sent and answered.

The file is made of what is kept, in a fixed order, without a time of making: made again, it is the same byte for byte,
as long as nothing further was sent. Rule texts are those of the rulebook as it is now; `rulebook_now` says whether it
is still the one of the coding.

It holds what the chart holds: it is for the record of the patient, not for a log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection

from fhir_adapter.coding.model import VisitResult
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.reconcile.shares import resources_of
from fhir_adapter.store import ledger, outbox, versions, visits
from fhir_adapter.store.visits import Kept

Json = dict[str, Any]


def evidence(conn: Connection, number: int, rulebook: Rulebook | None) -> bytes | None:
    """The file for the coding `number`; None where there is none. `rulebook` is the one of the kept name, if known."""
    kept = visits.get(conn, number)
    if kept is None:
        return None
    result = msgspec.json.decode(kept.visit.result, type=VisitResult)
    chart: Json = json.loads(kept.visit.chart)
    made = {
        "visit": _visit(kept),
        "chart": [_version(version) for version in _versions(conn, kept, chart)],
        "normalized": chart,
        "result": json.loads(kept.visit.result),
        "rules": list(_rules(result, rulebook)),
        "rulebook_now": _rulebook_now(result, rulebook),
        "charges": [_charge(one) for one in ledger.of_visit(conn, kept.summary.source, kept.summary.key)],
        "sent": [_sent(one) for one in outbox.of_visit(conn, kept.summary.source, kept.summary.key)],
        "second_opinion": json.loads(kept.visit.second_opinion) if kept.visit.second_opinion else None,
    }
    return (json.dumps(made, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode()


def _visit(kept: Kept) -> Json:
    summary, visit = kept.summary, kept.visit
    return {
        "number": summary.number,
        "source": summary.source,
        "key": summary.key,
        "coded_at": summary.coded_at.isoformat(),
        "state": visit.state,
        "held_by": list(visit.held_by),
        "rulebook": visit.rulebook,
        "rulebook_hash": visit.rulebook_hash,
        "data_hash": visit.data_hash,
        "engine": visit.engine,
    }


def _versions(conn: Connection, kept: Kept, chart: Json) -> Iterator[versions.Version]:
    """The encounters and administrations of the visit, and the medications that those name: each version once."""
    given = chart["visit"]["administrations"]
    encounters = {str(one.get("encounter") or "").partition("#")[0] for one in given} - {""}
    medications: set[str] = set()
    for type_, ids in (("Encounter", encounters), ("MedicationAdministration", resources_of(_ids(given)))):
        for id_ in sorted(ids):
            for version in versions.of(conn, kept.summary.source, type_, id_):
                medications.update(_medications(version.body))
                yield version
    for id_ in sorted(medications):
        yield from versions.of(conn, kept.summary.source, "Medication", id_)


def _ids(administrations: Iterable[Json]) -> list[str]:
    return [one["id"] for one in administrations]


def _medications(body: bytes) -> Iterator[str]:
    reference = json.loads(body).get("medicationReference") or {}
    type_, _, id_ = str(reference.get("reference") or "").rpartition("/")
    if type_.rpartition("/")[2] == "Medication":
        yield id_


def _version(version: versions.Version) -> Json:
    return {
        "resource": f"{version.type}/{version.id}",
        "version": version.version_id,
        "sha256": sha256(version.body).hexdigest(),
        "body": version.body.decode("utf-8", "replace"),
    }


def _rules(result: VisitResult, rulebook: Rulebook | None) -> Iterator[Json]:
    """The text and source of every rule that a line cites, as the rulebook has them now."""
    cited = dict.fromkeys(citation for line in result.lines for citation in line.citations)
    for citation in cited:
        rule = rulebook.rules.get(citation) if rulebook else None
        yield {"id": citation, "says": rule and rule.says, "source": rule and rule.source}


def _rulebook_now(result: VisitResult, rulebook: Rulebook | None) -> str:
    if rulebook is None:
        return "not found"
    return "the same" if rulebook.hash == result.rulebook_hash else f"changed since: {rulebook.hash}"


def _charge(one: ledger.Charged) -> Json:
    entry = one.entry
    return {
        "identifier": entry.charge.key.identifier,
        "units": entry.charge.units,
        "status": entry.status,
        "item": entry.item,
        "version": entry.version,
        "body_hash": one.body_hash,
        "trouble": entry.trouble,
    }


def _sent(entry: outbox.Entry) -> Json:
    return {
        "number": entry.number,
        "action": entry.action,
        "identifier": entry.identifier,
        "state": entry.state,
        "answer": entry.state_code,
        "attempts": entry.attempts,
        "asked_at": entry.created_at.isoformat(),
        "settled_at": entry.settled_at.isoformat() if entry.settled_at else None,
        "body": json.loads(entry.body),
    }
