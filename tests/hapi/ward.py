"""Somebody on the ward: charts into a FHIR server as any client would, and reads what stands there. It shares nothing
with the product: what a visit is comes from the data files of the demo, the resources are written here.

Ids are chosen by the one who charts (`r-chop-1`), so that what is written can be compared whole.
"""

import tomllib
from pathlib import Path

import httpx

VISITS = Path(__file__).parents[2] / "fhir_adapter" / "demo" / "visits"
RXNORM, NDC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/ndc"
SNOMED, UCUM = "http://snomed.info/sct", "http://unitsofmeasure.org"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
BY_MOUTH, BY_VEIN = "26643006", "47625008"
METHODS = {"infusion": "IV infusion", "push": "IV push", "pump": "Ambulatory pump"}
FHIR = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}


class Server:
    """A FHIR server over plain HTTP. What it refuses fails the test."""

    def __init__(self, base):
        self.base = base
        self.http = httpx.Client(base_url=base, headers=FHIR, timeout=30)

    def asked(self, method, path, **request):
        answer = self.http.request(method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def post(self, resource):
        return self.asked("POST", f"/{resource['resourceType']}", json=resource)

    def put(self, resource):
        return self.asked("PUT", f"/{place(resource)}", json=resource)

    def change(self, where, **elements):
        return self.put(self.read(where) | elements)

    def read(self, where):
        return self.asked("GET", f"/{where}")

    def delete(self, where):
        return self.asked("DELETE", f"/{where}")

    def search(self, kind, **params):
        bundle = self.asked("GET", f"/{kind}", params={"_count": 100} | params)
        found = [entry["resource"] for entry in bundle.get("entry", [])]
        while following := [link["url"] for link in bundle["link"] if link["relation"] == "next"]:
            bundle = self.asked("GET", following[0])
            found += [entry["resource"] for entry in bundle.get("entry", [])]
        return found

    def history(self, where):
        """What the server says happened to it, the first first: verb and resource (None for a deletion)."""
        entries = self.asked("GET", f"/{where}/_history", params={"_count": 100})["entry"]
        return [(entry["request"]["method"], entry.get("resource")) for entry in reversed(entries)]


class Visit:
    """One visit of one patient: opened, charted drug by drug, finished. `name` begins every id."""

    def __init__(self, server, name, file="1-r-chop"):
        self.server, self.name, self.file = server, name, file
        self.told = tomllib.loads((VISITS / f"{file}.toml").read_text("utf-8"))
        self.patient, self.encounter = f"Patient/{name}", f"Encounter/{name}"
        self.given = {}

    def open(self):
        person = self.told["patient"]
        self.server.put({"resourceType": "Location", "id": "infusion-suite", "status": "active", "name": "Infusion"})
        self.server.put(
            {
                "resourceType": "Patient",
                "id": self.name,
                "name": [{"family": person["family"], "given": [person["given"]]}],
                "gender": person["gender"],
                "birthDate": person["birth_date"].isoformat(),
            }
        )
        self.server.put(
            {
                "resourceType": "Coverage",
                "id": self.name,
                "status": "active",
                "type": {"text": self.told["payer"]},
                "beneficiary": {"reference": self.patient},
                "payor": [{"display": self.told["payer"]}],
            }
        )
        return self.open_encounter(self.name)

    def open_encounter(self, name):
        self.server.put(
            {
                "resourceType": "Encounter",
                "id": name,
                "status": "in-progress",
                "class": {"system": ACT, "code": self.told["class"]},
                "subject": {"reference": self.patient},
                "period": {"start": self.told["start"].isoformat()},
                "location": [{"location": {"reference": "Location/infusion-suite"}}],
            }
        )
        return self

    def chart(self, *drugs):
        """All drugs of the visit, or the named ones."""
        for one in self.told["given"]:
            if not drugs or one["drug"] in drugs:
                self.give(one)
        return self

    def give(self, one):
        where = f"MedicationAdministration/{self.name}-{len(self.given) + 1}"
        self.given[f"{one['drug']} by pump" if one["way"] == "pump" else one["drug"]] = where
        return self.server.put(self._administration(one) | {"id": where.partition("/")[2]})

    def finish(self, name=None):
        period = {"start": self.told["start"].isoformat(), "end": self.told["stop"].isoformat()}
        self.server.change(f"Encounter/{name or self.name}", status="finished", period=period)
        return self

    def stop(self, drug, moment):
        period = self.server.read(self.given[drug])["effectivePeriod"] | {"end": moment}
        return self.server.change(self.given[drug], effectivePeriod=period)

    def charges(self, encounter=None):
        """Every ChargeItem of its encounter."""
        return sorted(self.server.search("ChargeItem", context=encounter or self.encounter), key=label)

    def standing(self, encounter=None):
        """Code → units of what may be billed."""
        found = self.charges(encounter)
        return {label(item): item["quantity"]["value"] for item in found if item["status"] == "billable"}

    def _administration(self, one):
        product = [{"system": NDC, "code": one["ndc"]}] if "ndc" in one else []
        running = one["way"] == "pump" and "stop" not in one
        method = {"method": {"text": METHODS[one["way"]]}} if one["way"] in METHODS else {}
        return {
            "resourceType": "MedicationAdministration",
            "status": "in-progress" if running else "completed",
            "medicationCodeableConcept": {
                "coding": [*product, {"system": RXNORM, "code": one["rxnorm"], "display": one["drug"]}],
                "text": one["drug"],
            },
            "subject": {"reference": self.patient},
            "context": {"reference": self.encounter},
            **_effective(one),
            "dosage": {
                "route": {"coding": [{"system": SNOMED, "code": BY_MOUTH if one["way"] == "oral" else BY_VEIN}]},
                **method,
                "dose": {"value": one["mg"], "unit": "mg", "system": UCUM, "code": "mg"},
            },
        }


def _effective(one):
    if "stop" not in one and one["way"] != "pump":
        return {"effectiveDateTime": one["start"].isoformat()}
    ends = {"end": one["stop"].isoformat()} if "stop" in one else {}
    return {"effectivePeriod": {"start": one["start"].isoformat(), **ends}}


def place(resource):
    return f"{resource['resourceType']}/{resource['id']}"


def label(item):
    modifiers = [one["valueCoding"]["code"] for one in item.get("extension", []) if "valueCoding" in one]
    return "-".join([item["code"]["coding"][0]["code"], *modifiers])
