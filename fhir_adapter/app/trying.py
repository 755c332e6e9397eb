"""`source try`: synthetic visits on a server, polled, coded, posted, shown, and everything that was made deleted.

The pipeline is the product's own, on a store of its own that is thrown away. It codes the patients that it made and no
other. A write that is under way when the person stops it is finished first, so that nothing appears after the deleting.
Deleting happens also when the person stops it; what could not be deleted is named, and the run file stays.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from fhir_adapter.app.clock import clock
from fhir_adapter.app.one_ehr import ehr_client
from fhir_adapter.catalog import load_catalog
from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrUnavailable
from fhir_adapter.onboarding.made import Line, RunFile, clean, tagged, whole
from fhir_adapter.onboarding.visit import synthetic, yesterday
from fhir_adapter.pipeline import Parts, SourceParts, code_patient, send
from fhir_adapter.post import Names
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.settings import Source
from fhir_adapter.store import Claim, Store, due, ledger, open_store, visits
from fhir_adapter.telemetry import Metrics

BASE = "https://example.org/fhir-adapter"
NAME, GIVEN = "trial", "MedicationAdministration"
NOW, LONG = timedelta(0), timedelta(hours=1)
LOOKS, PAUSE = 40, 0.5
Tell = Callable[[str], None]


async def try_source(source: Source, folder: Path, tell: Tell) -> bool:
    """True where everything that was made is gone again. An EhrError where the server refused a step."""
    run = f"try-{secrets.token_hex(4)}"
    file = RunFile(folder / f"{run}.jsonl")
    async with ehr_client(source) as ehr:
        try:
            await _play(ehr, source, run, file, tell)
        finally:
            gone = await clean_up(ehr, file, tell)
    return gone


async def clean_up(ehr: EhrClient, file: RunFile, tell: Tell) -> bool:
    left = await clean(ehr, file)
    for name in left:
        tell(f"left      {name}: it could not be deleted; fhir-adapter source try --clean {file.path}")
    if not left:
        tell("deleted   everything that was made")
    return not left


async def _play(ehr: EhrClient, source: Source, run: str, file: RunFile, tell: Tell) -> None:
    names, zone = Names(base=BASE, source=NAME, run=run), ZoneInfo(source.words.time_zone)
    tell(f"run       {run}; what it makes is noted in {file.path}")
    made = synthetic(run, yesterday(clock(), zone), zone)
    for line, body in tagged(made, names.run_system, run):
        file.note(line)
        await whole(ehr.create_as(line.type, str(line.id), body))
        tell(f"created   {line.type}/{line.id}")
    given = Counter(part["subject"]["reference"] for part in made if part["resourceType"] == GIVEN)
    for patient, count in given.items():
        await _polled(ehr, patient, count)
        tell(f"polled    {GIVEN}?patient={patient}: {count} found")
    with tempfile.TemporaryDirectory(prefix="fhir-adapter-try-") as place:
        await _charge(ehr, source, names, file, Path(place), tuple(given), tell)
    for encounter in (part["id"] for part in made if part["resourceType"] == "Encounter"):
        for item in await ehr.search("ChargeItem", {"context": f"Encounter/{encounter}"}):
            tell(f"on EHR    ChargeItem/{item.id} version {item.version}")


async def _polled(ehr: EhrClient, patient: str, count: int) -> None:
    """A server may answer searches a moment later than it took what was created."""
    for _ in range(LOOKS):
        if len(await ehr.search(GIVEN, {"patient": patient})) == count:
            return
        await asyncio.sleep(PAUSE)
    raise EhrUnavailable(f"SEARCH {GIVEN}: by patient it does not find what was created")


async def _charge(
    ehr: EhrClient, source: Source, names: Names, file: RunFile, place: Path, patients: tuple[str, ...], tell: Tell
) -> None:
    store = open_store("sqlite", place, clock)
    try:
        parts = Parts(store=store, sources={NAME: _parts(ehr, source, names)}, clock=clock, metrics=Metrics())
        for patient in patients:
            await code_patient(await _claim(parts, patient, "code"), parts)
            await _show(store, patient, names, file, tell)
            await whole(send(await _claim(parts, patient, "send"), parts))
    finally:
        store.close()


async def _show(store: Store, patient: str, names: Names, file: RunFile, tell: Tell) -> None:
    """What was derived; each charge is in the file before it is sent."""
    for entry in await store.read(lambda conn: ledger.of_patient(conn, NAME, patient)):
        key = entry.charge.key
        file.note(Line(type="ChargeItem", identifier=f"{names.identifier_system}|{key.identifier}"))
        tell(f"charge    {key.code} ×{entry.charge.units}  {entry.charge.because}")
    for visit in await store.read(lambda conn: visits.listed(conn, source=NAME, patient=patient)):
        if visit.state == "held":
            tell(f"held      {visit.key}: {', '.join(visit.held_by)} (docs/findings)")


def _parts(ehr: EhrClient, source: Source, names: Names) -> SourceParts:
    return SourceParts(
        ehr=ehr,
        mode="post",
        words=source.words,
        rulebook=load_rulebook(source.rulebook),
        drugs=load_catalog(source.words),
        names=names,
        needs_product=False,
    )


async def _claim(parts: Parts, patient: str, lane: due.Lane) -> Claim:
    def work(conn: Connection) -> tuple[Claim, ...]:
        due.mark(conn, NAME, patient, settle=NOW, max_wait=NOW, lane=lane)
        return due.claim(conn, lane=lane, slots=1, lease=LONG, max_attempts=1)

    return (await parts.store.write(work))[0]
