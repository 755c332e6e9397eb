"""`serve --check`: will this configuration work, and may we do at the EHR what it needs? Asks, writes nothing.

Each search is asked in the form in which it will be used, for nobody; whether charges may be written is read from the
CapabilityStatement, because trying would leave a charge behind. In shadow mode nothing is written: a right that is
missing then is a note.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Literal

import msgspec

from fhir_adapter.app.build import source_parts, warnings_of
from fhir_adapter.catalog import load_catalog
from fhir_adapter.catalog.site import unknown_words
from fhir_adapter.ehr import EhrClient, StatedType, Statement
from fhir_adapter.errors import AdapterError, EhrError
from fhir_adapter.settings import Settings, Source
from fhir_adapter.store.opening import must_answer
from fhir_adapter.updates import Folder, installed

State = Literal["ok", "failed", "note"]
NOBODY = "Patient/fhir-adapter-check"
NOWHERE = "Encounter/fhir-adapter-check"
READ = {
    "Encounter": ("read", "search-type"),
    "MedicationAdministration": ("read", "search-type"),
    "Medication": ("read",),
    "ChargeItem": ("search-type",),
}
WRITTEN = {"ChargeItem": ("read", "create", "update")}
NOT_IN_SHADOW = "; in shadow nothing is written"


class Row(msgspec.Struct, frozen=True):
    """One question with its answer."""

    source: str
    asked: str
    state: State
    answer: str


async def check_settings(settings: Settings) -> AsyncIterator[Row]:
    """Every row: what the configuration says first, then each EHR."""
    yield Row("-", "configuration", "ok", f"{len(settings.sources)} sources")
    if not settings.on_sqlite:
        yield await _database(settings)
    for name, source in settings.sources.items():
        try:
            parts = source_parts(name, source, settings)
        except AdapterError as error:
            yield Row(name, "rulebook and tables", "failed", str(error))
            continue
        yield Row(name, "rulebook", "ok", f"{parts.rulebook.name} {parts.rulebook.hash[:19]}, mode {source.mode}")
        for text in _words(source, settings):
            yield Row(name, "words about drugs", "failed", text)
        for text in warnings_of({name: parts}).values():
            yield Row(name, "rulebook", "note", text)
        async with parts.ehr:
            async for row in check_source(name, source, parts.ehr):
                yield row


async def _database(settings: Settings) -> Row:
    """Whether PostgreSQL answers to this address; on SQLite there is nobody to ask."""
    try:
        await must_answer(settings.database.reveal(), settings.data)
    except AdapterError as error:
        return Row("-", "database", "failed", str(error))
    return Row("-", "database", "ok", "PostgreSQL answers")


def _words(source: Source, settings: Settings) -> Iterator[str]:
    known = load_catalog(releases=installed(Folder(settings.data)).drugs).book.codes
    return unknown_words(source.words, known)


async def check_source(name: str, source: Source, ehr: EhrClient) -> AsyncIterator[Row]:
    """Every row about the EHR of one source."""
    try:
        statement = await ehr.statement()
    except EhrError as error:
        yield Row(name, "GET metadata", "failed", _why(error))
        return
    for row in _rows_of_statement(name, source, statement):
        yield row
    for resource_type, params, needed in _searches(source):
        yield await _asked(name, ehr, resource_type, params, needed)


def _rows_of_statement(name: str, source: Source, statement: Statement) -> Iterator[Row]:
    version = str(statement.fhir_version)
    is_r4 = version.startswith("4.0")
    yield Row(name, "FHIR version", "ok" if is_r4 else "failed", version if is_r4 else f"{version}; R4 (4.0) is needed")
    types = statement.types
    yield from _rights(name, "read", READ, types)
    for row in _writing(name, types):
        is_moot = source.mode == "shadow" and row.state == "failed"
        yield Row(name, row.asked, "note", f"{row.answer}{NOT_IN_SHADOW}") if is_moot else row
    for kind, is_wanted in (("Provenance", source.provenance), ("AuditEvent", source.audit_event)):
        if is_wanted:
            takes = "taken" if statement.takes(kind) else "not stated; charges are written without it"
            yield Row(name, f"create {kind}", "ok" if statement.takes(kind) else "note", takes)


def _writing(name: str, types: Mapping[str, StatedType]) -> Iterator[Row]:
    yield from _rights(name, "write", WRITTEN, types)
    item = types.get("ChargeItem")
    stated = item is not None and item.conditional_create is True
    missing = "not stated; without it two racing writes can leave two charges"
    yield Row(name, "conditional create of ChargeItem", "ok" if stated else "failed", "stated" if stated else missing)


def _rights(
    name: str, verb: str, needed: Mapping[str, tuple[str, ...]], types: Mapping[str, StatedType]
) -> Iterator[Row]:
    for resource_type, interactions in needed.items():
        stated = types[resource_type].interactions if resource_type in types else frozenset()
        missing = [one for one in interactions if one not in stated]
        answer = f"CapabilityStatement does not state: {', '.join(missing)}" if missing else ", ".join(interactions)
        yield Row(name, f"{verb} {resource_type}", "failed" if missing else "ok", answer)


def _searches(source: Source) -> Iterator[tuple[str, dict[str, str], bool]]:
    """Type, parameters, and whether the adapter cannot do without."""
    first = source.first_day
    who = {"patient": NOBODY}
    yield "Encounter", who | ({"date": f"ge{first}"} if first else {}), True
    yield "MedicationAdministration", who | ({"effective-time": f"ge{first}T00:00:00.000Z"} if first else {}), True
    yield "ChargeItem", {"context": NOWHERE}, True
    if source.words.payers:
        yield "Coverage", who, True
    if source.words.preauthorization_system:
        yield "ClaimResponse", who | {"use": "preauthorization"}, True
    if source.mode == "post":
        yield "ChargeItem", {"identifier": "urn:fhir-adapter|check"}, True
    changed = {"_lastUpdated": "ge2100-01-01T00:00:00.000Z", "_sort": "_lastUpdated"}
    for resource_type in ("Encounter", "MedicationAdministration"):
        yield resource_type, changed, source.sweep_every is not None and source.sweep_by == "last-updated"
    if source.sweep_by == "worklist":
        yield "Encounter", {"date": "ge2100-01-01"}, source.sweep_every is not None


async def _asked(name: str, ehr: EhrClient, resource_type: str, params: dict[str, str], needed: bool) -> Row:
    asked = f"search {resource_type} by {', '.join(key for key in params if key != '_sort')}"
    try:
        await ehr.first_page(resource_type, params | {"_count": "1"})
    except EhrError as error:
        without = "" if needed else "; only a sweep needs it, and none that does is configured"
        return Row(name, asked, "failed" if needed else "note", _why(error) + without)
    return Row(name, asked, "ok", "understood")


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, EhrError) else "the CapabilityStatement cannot be read"
