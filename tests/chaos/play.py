"""What the driver does to one patient: a visit is charted and told of, then corrected, then half of it is taken back.

The driver keeps its own list of what it sent. It also uses each other door of the adapter once, so that every point
that can be reached is: a bare name, a notification without a body, readiness, the desk, a pause.
"""

import asyncio
import contextlib

import httpx

from fhir_adapter.app import clock
from fhir_adapter.errors import AdapterError
from fhir_adapter.store.control import Pause, Resume, carry_out

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DAY = "2026-03-02T{}-06:00"


class Patient:
    """One visit with two infusions, under ids of its own; `ehr` is where people chart."""

    def __init__(self, ehr, name):
        self.ehr, self.name = ehr, name
        self.encounter = f"e{name}"

    def chart(self):
        encounter = {
            "resourceType": "Encounter",
            "id": self.encounter,
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": f"Patient/p{self.name}"},
            "period": {"start": DAY.format("09:00:00"), "end": DAY.format("16:00:00")},
        }
        self._put(encounter)
        self.infusion("a", "32592", "oxaliplatin", "09:30:00", "11:30:00", 150)
        self.infusion("b", "6313", "leucovorin", "11:40:00", "13:40:00", 700)
        return encounter

    def infusion(self, letter, code, text, start, stop, dose, status="completed"):
        self._put(
            {
                "resourceType": "MedicationAdministration",
                "id": f"{letter}{self.name}",
                "status": status,
                "subject": {"reference": f"Patient/p{self.name}"},
                "context": {"reference": f"Encounter/{self.encounter}"},
                "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code}], "text": text},
                "effectivePeriod": {"start": DAY.format(start), "end": DAY.format(stop)},
                "dosage": {
                    "method": {"text": "infusion"},
                    "route": {"text": "IV"},
                    "dose": {"value": dose, "unit": "mg", "code": "mg"},
                },
            }
        )

    def correct(self):
        """The first infusion was longer, and more was given."""
        self.infusion("a", "32592", "oxaliplatin", "09:30:00", "13:30:00", 160)

    def take_back(self):
        """The second was charted in error."""
        self.infusion("b", "6313", "leucovorin", "11:40:00", "13:40:00", 700, status="entered-in-error")

    def _put(self, resource):
        answer = httpx.put(f"{self.ehr}/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.is_success, answer.text


STAGES = ("chart", "correct", "take_back")


def tell(hooks, patient):
    """True when it was acknowledged; a sender tries again what was not."""
    name = f"MedicationAdministration/a{patient.name}"
    try:
        return httpx.put(f"{hooks}/hooks/main/{name}", content=b"", timeout=5).status_code == 204
    except httpx.HTTPError:
        return False


def use_every_door(adapter, stage):
    """Nothing of it is a fact about a patient; what does not answer because it is being killed does not matter."""
    hooks, desk = adapter.address("hooks"), adapter.address("desk")
    with contextlib.suppress(httpx.HTTPError, AdapterError, TimeoutError), httpx.Client(timeout=3) as client:
        client.get(f"{hooks}/readyz")
        client.post(f"{hooks}/hooks/main")
        client.delete(f"{hooks}/hooks/main/Location/nobody")
        client.get(desk, follow_redirects=True)
        client.get(f"{desk.partition('/login')[0]}/api/inbox")
        client.post(f"{desk.partition('/login')[0]}/api/inbox/1/replay", json={})
        asyncio.run(asyncio.wait_for(_pause_and_resume(stage), 5))


async def _pause_and_resume(stage):
    pause = Pause(source="main", why="proof", who="driver")
    await carry_out(stage.database, stage.folder / "data", clock, pause)
    await _resume(stage)


def resume(stage):
    """Whoever was killed after a pause left it standing, as it must."""
    asyncio.run(_resume(stage))


async def _resume(stage):
    await carry_out(stage.database, stage.folder / "data", clock, Resume(source="main", who="driver"))
