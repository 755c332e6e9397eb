"""`serve --check`: will this configuration work, and may we do at the EHR what it needs? Asks, writes nothing.

Each search is asked in the form in which it will be used, for nobody; whether charges may be written is read from the
CapabilityStatement, because trying would leave a charge behind. In shadow mode the right to write is not asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Literal

import msgspec

from fhir_adapter.app.build import source_parts, warnings_of
from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import AdapterError, EhrError
from fhir_adapter.settings import Settings, Source

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


class Row(msgspec.Struct, frozen=True):
    """One question with its answer."""

    source: str
    asked: str
    state: State
    answer: str


class _Interaction(msgspec.Struct, frozen=True):
    code: str = ""


class _Type(msgspec.Struct, frozen=True, rename="camel"):
    type: str = ""
    interaction: tuple[_Interaction, ...] = ()
    conditional_create: bool | None = None


class _Rest(msgspec.Struct, frozen=True):
    mode: str = ""
    resource: tuple[_Type, ...] = ()


class _Statement(msgspec.Struct, frozen=True, rename="camel"):
    fhir_version: Any = None
    rest: tuple[_Rest, ...] = ()


async def check_settings(settings: Settings) -> AsyncIterator[Row]:
    """Every row: what the configuration says first, then each EHR."""
    yield Row("-", "configuration", "ok", f"{len(settings.sources)} sources")
    for name, source in settings.sources.items():
        try:
            parts = source_parts(name, source, settings)
        except AdapterError as error:
            yield Row(name, "rulebook and tables", "failed", str(error))
            continue
        yield Row(name, "rulebook", "ok", f"{parts.rulebook.name} {parts.rulebook.hash[:19]}, mode {source.mode}")
        for text in warnings_of({name: parts}).values():
            yield Row(name, "rulebook", "note", text)
        async with parts.ehr:
            async for row in check_source(name, source, parts.ehr):
                yield row


async def check_source(name: str, source: Source, ehr: EhrClient) -> AsyncIterator[Row]:
    """Every row about the EHR of one source."""
    try:
        statement = msgspec.json.decode((await ehr.capability()).body, type=_Statement)
    except (EhrError, msgspec.DecodeError) as error:
        yield Row(name, "GET metadata", "failed", _why(error))
        return
    for row in _rows_of_statement(name, source, statement):
        yield row
    for resource_type, params, needed in _searches(source):
        yield await _asked(name, ehr, resource_type, params, needed)


def _rows_of_statement(name: str, source: Source, statement: _Statement) -> Iterator[Row]:
    version = str(statement.fhir_version)
    is_r4 = version.startswith("4.0")
    yield Row(name, "FHIR version", "ok" if is_r4 else "failed", version if is_r4 else f"{version}; R4 (4.0) is needed")
    types = {one.type: one for rest in statement.rest if rest.mode == "server" for one in rest.resource}
    yield from _rights(name, "read", READ, types)
    if source.mode == "shadow":
        yield Row(name, "right to write ChargeItem", "note", "not asked: in shadow nothing is written")
        return
    yield from _rights(name, "write", WRITTEN, types)
    item = types.get("ChargeItem")
    stated = item is not None and item.conditional_create is True
    missing = "not stated; without it two racing writes can leave two charges"
    yield Row(name, "conditional create of ChargeItem", "ok" if stated else "failed", "stated" if stated else missing)


def _rights(name: str, verb: str, needed: Mapping[str, tuple[str, ...]], types: Mapping[str, _Type]) -> Iterator[Row]:
    for resource_type, interactions in needed.items():
        stated = {one.code for one in types[resource_type].interaction} if resource_type in types else set()
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
