"""The stage: both processes running, introduced to each other, and the EHR's Subscriptions active."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fhir_adapter.demo import charting
from fhir_adapter.demo.configuration import OTHER, POSTED, SOURCE, configure
from fhir_adapter.demo.processes import Child, child
from fhir_adapter.demo.screen import Screen
from fhir_adapter.demo.speaking import DemoFailed, Desk, Ehr
from fhir_adapter.demo.waiting import Watch

NOTIFIED = ("MedicationAdministration?", "Encounter?")
DELETES = "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages"


class Stage:
    def __init__(self, children: tuple[Child, ...], ehr: Ehr, desk: Desk, began: float) -> None:
        self._children, self._began = children, began
        self.watch = Watch(ehr, desk, self.must_live)

    def must_live(self) -> None:
        for one in self._children:
            one.must_live()

    def since_the_start(self) -> float:
        return time.monotonic() - self._began


@contextmanager
def opened(folder: Path, screen: Screen) -> Iterator[Stage]:
    began = time.monotonic()
    with child("sandbox", ["sandbox", "--port", "0"], folder) as sandbox:
        base = sandbox.lines_until("sandbox ")[-1].split()[1]
        path, token = configure(folder, base)
        with child("adapter", ["serve", "--config", str(path)], folder) as adapter:
            said = dict(line.split(maxsplit=1) for line in adapter.lines_until("ready") if " " in line)
            with closing(Ehr(base)) as ehr, closing(Desk(said["desk"])) as desk:
                _introduce(screen, ehr, said["hooks"], desk)
                _subscribe(ehr, f"{said['hooks']}/hooks/{SOURCE}", token)
                stage = Stage((sandbox, adapter), ehr, desk, began)
                try:
                    yield stage
                except DemoFailed:
                    stage.must_live()  # where a process has died, what it said last is the better reason
                    raise


def _introduce(screen: Screen, ehr: Ehr, hooks: str, desk: Desk) -> None:
    screen.say("Three visits, from the chart to the charge. Two processes that know each other by HTTP only:", "bold")
    screen.say(f"  EHR              {ehr.base}    a sandbox, in memory")
    screen.say(f"  adapter, hooks   {hooks}    hears from the EHR's rest-hook that something changed")
    screen.say(f"  adapter, desk    {desk.origin}    shows what it derived, and why")
    screen.say(f"Charges are posted under {POSTED}: that is how the document codes. {OTHER} is the second opinion,")
    screen.say("how the CPT book and CMS code: shown beside, each difference explained, never posted.")


def _subscribe(ehr: Ehr, endpoint: str, token: str) -> None:
    channel = {
        "type": "rest-hook",
        "endpoint": endpoint,
        "payload": "application/fhir+json",
        "header": [f"Authorization: Bearer {token}"],
        "extension": [{"url": DELETES, "valueBoolean": True}],
    }
    ehr.update(charting.location())
    for criteria in NOTIFIED:
        wanted = {"resourceType": "Subscription", "status": "requested", "reason": "charges", "criteria": criteria}
        place = f"Subscription/{ehr.create(wanted | {'channel': channel})['id']}"
        _until(lambda place=place: ehr.read(place)["status"] == "active", "an active Subscription")  # type: ignore[misc]


def _until(happened: Callable[[], bool], what: str) -> None:
    latest = time.monotonic() + 10
    while not happened():
        if time.monotonic() > latest:
            raise DemoFailed(f"waited 10 s for {what}")
        time.sleep(0.02)
