"""A patient's whole set, read from the EHR: all of it, or an error. A part is never handed on.

The problem: seven of eight administrations do not give a visit without one line; they give a wrong initial service.
So every search is read to its last page, past the server's cache, and one read that fails fails the snapshot. And
encounters are read before administrations: what was given before an encounter was finished is there when we look.

    Encounter?patient                    from the source's first day on
    MedicationAdministration?patient     by patient, not by encounter: one without context belongs to the patient too
    Medication, Device                   what administrations and mixtures refer to
    Account, Coverage                    what encounters refer to, and the patient's own; only where payers are mapped
    ClaimResponse?patient, Claim         preauthorizations and what they answer; only where the source names them
    ChargeItem?context                   the encounters', ours and others'
    ChargeItem/id                        ours in trouble: their encounter may be gone, and the search with it

Left out, because the chart says so itself: a reference that leads to nothing, to another server or is no reference.
The finding is made where the chart is read. Source: docs/chart.md; R4 search parameters of these types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, tzinfo

import msgspec

from fhir_adapter.ehr import EhrClient, Resource
from fhir_adapter.errors import EhrNotFound, EhrRejected, ForeignOrigin
from fhir_adapter.fhir_r4 import Chart, Reference, chart_of
from fhir_adapter.receive.subject import relative
from fhir_adapter.store.versions import Version

PAGE = "200"
ENCOUNTERS_AT_ONCE = 20
PATIENTS_OWN = frozenset(
    {"Account", "ChargeItem", "Claim", "ClaimResponse", "Coverage", "Encounter", "MedicationAdministration"}
)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """`chart` is what was read as views, `versions` the same as bytes to keep; `missing` the ChargeItems that were
    asked for by id and are not there."""

    patient: str
    chart: Chart
    versions: tuple[Version, ...]
    missing: frozenset[str] = frozenset()


async def read_chart(
    ehr: EhrClient,
    patient: str,
    *,
    first_day: date | None = None,
    zone: tzinfo = UTC,
    with_coverage: bool = True,
    with_preauthorizations: bool = False,
    in_trouble: Collection[str] = (),
) -> Snapshot:
    """The whole set of `patient` (`Patient/id`). The first day begins in `zone`. The ChargeItems
    `in_trouble` are read by id: their encounter may be gone. An EhrError: nothing is known."""
    found = list(await _own(ehr, patient, first_day, zone, with_coverage))
    if with_preauthorizations:
        granted = {"patient": patient, "use": "preauthorization", "_count": PAGE}
        found += await ehr.search("ClaimResponse", granted)
    found += await _charges(ehr, found)
    items, missing = await _by_id(ehr, in_trouble)
    found += items
    found += await _referred(ehr, found, with_coverage)
    unique = {(resource.type, resource.id): resource for resource in found}
    chart = chart_of((resource.body for resource in unique.values()), base=str(ehr.base))
    versions = tuple(version_of(resource, patient) for resource in unique.values())
    return Snapshot(patient=patient, chart=chart, versions=versions, missing=missing)


def version_of(resource: Resource, patient: str) -> Version:
    """As it is kept. Medications and devices belong to no patient."""
    return Version(
        type=resource.type,
        id=resource.id,
        version_id=resource.version,
        last_updated=instant_of(resource.last_updated),
        patient=patient if resource.type in PATIENTS_OWN else None,
        body=resource.body,
    )


def instant_of(text: str | None) -> datetime | None:
    """An instant as FHIR writes it; None where it is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def written(moment: datetime) -> str:
    """To the millisecond, in UTC: finer is not understood everywhere, and some demand a time of day."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _own(
    ehr: EhrClient, patient: str, first_day: date | None, zone: tzinfo, with_coverage: bool
) -> Iterator[Resource]:
    who = {"patient": patient, "_count": PAGE}
    since, given = {}, {}
    if first_day is not None:
        begins = datetime.combine(first_day, time(), tzinfo=zone)
        since, given = {"date": f"ge{first_day}"}, {"effective-time": f"ge{written(begins)}"}
    encounters = await ehr.search("Encounter", who | since)
    searches = [ehr.search("MedicationAdministration", who | given)]
    if with_coverage:
        searches.append(ehr.search("Coverage", who))
    return (resource for found in (encounters, *await asyncio.gather(*searches)) for resource in found)


async def _by_id(ehr: EhrClient, items: Collection[str]) -> tuple[list[Resource], frozenset[str]]:
    """Those that are there, and the ids of those that are not."""
    found, missing = list[Resource](), set[str]()
    for item in items:
        try:
            found.append(await ehr.read("ChargeItem", item))
        except EhrNotFound:
            missing.add(item)
    return found, frozenset(missing)


async def _charges(ehr: EhrClient, found: list[Resource]) -> list[Resource]:
    encounters = [f"Encounter/{resource.id}" for resource in found if resource.type == "Encounter"]
    parts = [encounters[at : at + ENCOUNTERS_AT_ONCE] for at in range(0, len(encounters), ENCOUNTERS_AT_ONCE)]
    charges: list[Resource] = []
    for part in parts:
        charges += await ehr.search("ChargeItem", {"context": ",".join(part), "_count": PAGE})
    return charges


async def _referred(ehr: EhrClient, found: list[Resource], with_coverage: bool) -> list[Resource]:
    """What the resources refer to, and what that refers to, until nothing is new."""
    known = {f"{resource.type}/{resource.id}" for resource in found}
    new, referred = found, list[Resource]()
    while new:
        chart = chart_of(resource.body for resource in new)
        wanted = dict.fromkeys(_names(_references(chart, with_coverage), str(ehr.base)))
        missing = [name for name in wanted if name not in known]
        known.update(missing)
        read = await asyncio.gather(*(_read(ehr, name) for name in missing))
        new = [resource for resource in read if resource is not None]
        referred += new
    return referred


def _references(chart: Chart, with_coverage: bool) -> Iterator[Reference | None]:
    for administration in chart.administrations:
        yield administration.medication_reference
        yield from administration.device
    yield from (answer.request for answer in chart.preauthorizations)
    for medication in chart.medications.values():
        yield from (ingredient.item_reference for ingredient in medication.ingredient)
    if with_coverage:
        for encounter in chart.encounters.values():
            yield from encounter.account
        for account in chart.accounts.values():
            yield from (covered.coverage for covered in account.coverage)


def _names(references: Iterable[Reference | None], base: str) -> Iterator[str]:
    for reference in references:
        found = relative(reference.reference, base) if reference and reference.reference else None
        if found is not None:
            yield "/".join(found)


async def _read(ehr: EhrClient, name: str) -> Resource | None:
    try:
        return await ehr.read(*name.split("/"))
    except (EhrNotFound, EhrRejected, ForeignOrigin):
        return None
