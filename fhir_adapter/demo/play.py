"""The demo: three visits through a sandbox EHR and the adapter, two processes that know each other by HTTP only.

The demo is the EHR's users: it opens an Encounter, charts what was given one by one, finishes the Encounter, later
corrects a stop and takes back what was charted by mistake. The EHR's own rest-hook tells the adapter. Everything else
that is shown was read by a plain FHIR search of the sandbox or from the adapter's own API; the document's figures are
quoted from the visit's file.
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fhir_adapter.demo import charting
from fhir_adapter.demo.charged import Charged, changes, of_line, side_by_side
from fhir_adapter.demo.configuration import OTHER, POSTED
from fhir_adapter.demo.screen import Contradiction, Screen, heading
from fhir_adapter.demo.speaking import Ehr
from fhir_adapter.demo.stage import Stage, opened
from fhir_adapter.demo.visit_file import PrintedDrug, VisitFile, visits_in
from fhir_adapter.demo.waiting import Coded


class Charted(NamedTuple):
    """A visit as it stands in the EHR: drug and reference of each administration, in the order of the file."""

    encounter: str
    given: tuple[tuple[str, str], ...]


def play(*, once: bool, visits: Path | None) -> None:
    """Plays the visits, then stays up until Ctrl-C; `once` ends it there. No child survives it."""
    files, screen = visits_in(visits), Screen()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        with tempfile.TemporaryDirectory(prefix="fhir-adapter-demo-") as folder, opened(Path(folder), screen) as stage:
            numbers = [_visit(stage, screen, visit) for visit in files]
            screen.page(stage.watch.desk.link_to(numbers[0]), files[0].name, stays=not once)
            while not once:
                stage.must_live()
                time.sleep(0.5)
    except KeyboardInterrupt:
        screen.say("\nStopped. The sandbox and everything in it is gone.")


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _visit(stage: Stage, screen: Screen, visit: VisitFile) -> int:
    """The number of the visit's page."""
    screen.title(heading(visit))
    charted = _chart(stage.watch.ehr, screen, visit)
    coded = _appear(stage, screen, charted)
    opinion = coded.sheet["second_opinion"]
    charged = [line for line in coded.charges if line.status == "billable"]
    printed = visit.document.lines | {drug.code: drug.units for drug in visit.document.drugs}
    screen.lines(side_by_side(charged, map(of_line, opinion["result"]["lines"])), printed, POSTED, OTHER)
    screen.differences(opinion["differences"], POSTED, OTHER)
    screen.contradictions(list(_contradictions(stage.watch.ehr, visit, charted, charged)))
    return _afterwards(stage, screen, visit, charted, coded).number


def _chart(ehr: Ehr, screen: Screen, visit: VisitFile) -> Charted:
    patient = f"Patient/{ehr.create(charting.patient(visit.patient))['id']}"
    ehr.create(charting.coverage(visit.payer, patient))
    encounter = ehr.create(charting.encounter(visit, patient))
    place = f"Encounter/{encounter['id']}"
    screen.ehr(f"{visit.start:%H:%M}        Encounter opened, in-progress", place)
    given = []
    for one in visit.given:
        made = ehr.create(charting.administration(one, patient, place))
        given.append((one.drug, f"MedicationAdministration/{made['id']}"))
        screen.given(one, given[-1][1])
    period = {**encounter["period"], "end": visit.stop.isoformat()}
    ehr.update(encounter | {"status": "finished", "period": period})
    screen.ehr(f"{visit.stop:%H:%M}        Encounter finished", place)
    return Charted(encounter["id"], tuple(given))


def _appear(stage: Stage, screen: Screen, charted: Charted) -> Coded:
    shown: set[str] = set()

    def seen(charges: list[Charged]) -> None:
        for line in charges:
            if line.place not in shown:
                shown.add(line.place)
                screen.appeared(line)

    coded = stage.watch.settled(charted.encounter, seen=seen)
    screen.took(stage.since_the_start())
    return coded


def _contradictions(ehr: Ehr, visit: VisitFile, charted: Charted, charged: list[Charged]) -> Iterator[Contradiction]:
    """The document's drug lines that are not what was posted for that drug."""
    given = {one["id"]: one for one in ehr.search("MedicationAdministration", context=f"Encounter/{charted.encounter}")}
    for printed in visit.document.drugs:
        ids = {i for i, one in given.items() if one["medicationCodeableConcept"]["text"] == printed.drug}
        posted = [line for line in charged if not line.code.isdigit() and ids & set(line.administrations)]
        mg = sum(given[i]["dosage"]["dose"]["value"] for i in ids)
        if not _agrees(printed, posted):
            yield Contradiction(printed, mg, posted)


def _agrees(printed: PrintedDrug, posted: list[Charged]) -> bool:
    return [(line.code, line.units) for line in posted] == [(printed.code, printed.units)]


def _afterwards(stage: Stage, screen: Screen, visit: VisitFile, charted: Charted, coded: Coded) -> Coded:
    """What happens to charges when the chart changes."""
    places = dict(charted.given)
    if visit.correction:
        drug, stop = visit.correction.drug, visit.correction.stop
        screen.afterwards("A stop time is corrected: the charge follows, the same item in its next version")
        administration = stage.watch.ehr.read(places[drug])
        was = administration["effectivePeriod"]["end"]
        administration["effectivePeriod"]["end"] = stop.isoformat()
        stage.watch.ehr.update(administration)
        screen.ehr(f"{drug} stopped at {stop:%H:%M}, not {was[11:16]}", places[drug])
        coded = _followed(stage, screen, charted, coded)
    if visit.withdrawal:
        drug = visit.withdrawal.drug
        screen.afterwards("An administration is marked entered-in-error: its charge is reversed")
        stage.watch.ehr.update(stage.watch.ehr.read(places[drug]) | {"status": "entered-in-error"})
        screen.ehr(f"{drug} entered in error", places[drug])
        coded = _followed(stage, screen, charted, coded)
    return coded


def _followed(stage: Stage, screen: Screen, charted: Charted, before: Coded) -> Coded:
    after = stage.watch.settled(charted.encounter)
    screen.changed(changes(before.charges, after.charges))
    return after
