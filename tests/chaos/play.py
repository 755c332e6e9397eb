"""What the driver does to one patient, and its own list of what it told: (fact, acknowledged).

A visit is charted, then corrected, then half of it is taken back. A fact that was acknowledged is never told again, so
only what the adapter kept can bring its charges; a sender tries again what was not acknowledged.
"""

from datetime import UTC, datetime, timedelta

import httpx

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TWO = (("32592", "oxaliplatin", 150), ("6313", "leucovorin", 700))
SIX = (
    *TWO,
    ("51499", "irinotecan", 330),
    ("56946", "paclitaxel", 300),
    ("4179", "etoposide", 180),
    ("2555", "cisplatin", 75),
)
NO_CACHE = {"Cache-Control": "no-cache"}
HTTP = httpx.Client(timeout=300, limits=httpx.Limits(max_keepalive_connections=0))
"""To the EHR, which is never spoiled for the driver itself."""


class Patient:
    """One visit with infusions one after the other, under ids of its own; `ehr` is where people chart."""

    stages = ("chart", "correct", "take_back")
    day = "2026-03-02"

    def __init__(self, ehr, name, infusions=TWO):
        self.ehr, self.name, self.infusions = ehr, name, infusions
        self.encounter, self.facts = f"e{name}", []

    def goes_on(self, stage):
        """The next fact happens in the EHR; nobody was told yet."""
        getattr(self, stage)()
        self.facts.append([stage, False])

    @property
    def to_come(self):
        return self.stages[len(self.facts) :]

    @property
    def is_heard(self):
        return all(acknowledged for _, acknowledged in self.facts[-1:])

    def tell(self, hooks):
        """True when the last fact was acknowledged."""
        try:
            answer = self.say(f"{hooks}/hooks/main")
        except httpx.HTTPError:
            return False
        self.facts[-1][1] = answer.status_code == 204
        return self.facts[-1][1]

    def say(self, door):
        return httpx.put(f"{door}/MedicationAdministration/a0{self.name}", content=b"", timeout=10)

    def chart(self):
        patient = {"reference": f"Patient/p{self.name}"}
        self.put({"resourceType": "Patient", "id": f"p{self.name}"})
        self.put(
            {
                "resourceType": "Encounter",
                "id": self.encounter,
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": patient,
                "period": {"start": self.at("08:00:00"), "end": self.at("20:30:00")},
            }
        )
        for number in range(len(self.infusions)):
            self.infuse(number)

    def correct(self):
        """The first infusion was longer, and of each more was given."""
        for number in range(len(self.infusions)):
            self.infuse(number, minutes=110 if number == 0 else 60, more=1.1)

    def take_back(self):
        """The second was charted in error."""
        self.infuse(1, status="entered-in-error")

    def infuse(self, number, *, minutes=60, more=1.0, status="completed"):
        code, text, dose = self.infusions[number]
        start = f"{9 + 2 * number:02}:00:00"
        stop = f"{9 + 2 * number + minutes // 60:02}:{minutes % 60:02}:00"
        self.put(
            {
                "resourceType": "MedicationAdministration",
                "id": f"a{number}{self.name}",
                "status": status,
                "subject": {"reference": f"Patient/p{self.name}"},
                "context": {"reference": f"Encounter/{self.encounter}"},
                "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code}], "text": text},
                "effectivePeriod": {"start": self.at(start), "end": self.at(stop)},
                "dosage": {
                    "method": {"text": "infusion"},
                    "route": {"text": "IV"},
                    "dose": {"value": round(dose * more), "unit": "mg", "code": "mg"},
                },
            }
        )

    def at(self, time):
        return f"{self.day}T{time}-06:00"

    def put(self, resource):
        answer = HTTP.put(f"{self.ehr}/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.is_success, answer.text


class Unnamed(Patient):
    """Nobody says what happened, only that something did: the adapter has to look for it, and for what is gone."""

    stages = ("chart", "delete")

    def say(self, door):
        httpx.delete(f"{door}/Location/l{self.name}", timeout=10)
        httpx.put(f"{door}/MedicationAdministration/x{self.name}", content=b"", timeout=10)
        return httpx.post(door, timeout=10)

    def chart(self):
        super().chart()
        nobodys = {"resourceType": "MedicationAdministration", "id": f"x{self.name}", "status": "completed"}
        drug = {"medicationCodeableConcept": {"text": "oxaliplatin"}, "subject": {"display": "somebody"}}
        self.put(nobodys | drug | {"effectiveDateTime": self.at("09:00:00")})

    def delete(self):
        assert HTTP.delete(f"{self.ehr}/MedicationAdministration/a1{self.name}").is_success


class Recent(Unnamed):
    """Where the adapter goes through the patients of the last days."""

    day = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
