"""Visits as an infusion center's days bring them, each a FHIR Bundle of eight administrations: what is coded for speed.

Two hundred come on each weekday of half a year, both sides of a change of the clocks, one day after the other. No two
are alike. Drawn for each: the regimen (table below), the minute of arrival, waits, how long each drug ran, the body
surface and so the doses, the ids, who pays, and where. What repeats is what repeats in a hospital: its drugs with their
codes and NDCs, its words, its places. One visit in eight is charted to the second (it is coded twice: do the seconds
decide?), one infusion in fifty has no stop, Medicare's (one in three) have the discarded amount of their vials. The
same number gives the same visit.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from fhir_adapter.vocabulary import NDC, RXNORM, SNOMED, UCUM, SourceWords

ZONE = ZoneInfo("America/Chicago")
FIRST = datetime(2026, 2, 2, tzinfo=ZONE)
WEEKS, A_DAY = 26, 200
WASTE = "https://ehr.example.org/StructureDefinition/waste"
WORDS = SourceWords(
    time_zone="America/Chicago",
    facilities={"Location/suite": "office", "Location/hospital": "facility"},
    payers={"Commercial PPO": "commercial", "Medicare": "medicare"},
    methods={"Ambulatory pump": "pump"},
    extensions={WASTE: "waste"},
    containers={"121191": "single-dose", "1547545": "single-dose", "253337": "single-dose", "32592": "single-dose"},
)
ADMINISTRATIONS = 8
BY_MOUTH, BY_VEIN = ("26643006", "Oral route"), ("47625008", "Intravenous route")
DRUGS = {
    "acetaminophen": ("161", None, "oral", (0, 0), (650, 1000)),
    "diphenhydramine": ("3498", "0641-0376-25", "IV Push", (2, 5), (25, 50)),
    "methylprednisolone": ("6902", "0009-0003-02", "IV Push", (3, 8), (40, 125)),
    "ondansetron": ("26225", "0409-0009-25", "IV Push", (2, 5), (8, 16)),
    "dexamethasone": ("3264", "70382-0204-01", "IV Infusion", (14, 25), (8, 20)),
    "famotidine": ("4278", "0641-6021-10", "IV Push", (2, 4), (20, 20)),
    "magnesium sulfate": ("6585", "0264-4204-52", "IV Infusion", (55, 125), (1000, 2000)),
    "zoledronic acid": ("77655", "0078-0435-61", "IV Infusion", (15, 30), (4, 4)),
    "rituximab": ("121191", "50242-053-06", "IV Infusion", (90, 260), 375),
    "cyclophosphamide": ("3002", "10019-938-01", "IV Infusion", (30, 65), 750),
    "doxorubicin": ("3639", "0143-9084-01", "IV Push", (3, 12), 50),
    "vincristine": ("11202", "61703-309-06", "IV Push", (1, 8), (1, 2)),
    "oxaliplatin": ("32592", "0703-3985-01", "IV Infusion", (110, 130), 85),
    "irinotecan": ("51499", "0009-7529-03", "IV Infusion", (85, 100), 180),
    "leucovorin": ("6313", "0143-9368-01", "IV Infusion", (110, 125), 400),
    "fluorouracil": ("4492", "63323-117-10", "IV Push", (3, 8), 400),
    "fluorouracil at home": ("4492", "63323-117-10", "Ambulatory pump", None, 2400),
    "pembrolizumab": ("1547545", "0006-3026-02", "IV Infusion", (29, 40), (200, 200)),
    "bevacizumab": ("253337", "50242-0060-01", "IV Infusion", (28, 92), 280),
    "carboplatin": ("40048", "0703-4239-01", "IV Infusion", (30, 65), (350, 700)),
    "paclitaxel": ("56946", None, "IV Infusion", (55, 185), 175),
}
"""RxCUI, NDC, how, minutes, and a range of mg or mg/m2."""
REGIMENS = (
    "acetaminophen, diphenhydramine, methylprednisolone, ondansetron, rituximab, cyclophosphamide, doxorubicin, "
    "vincristine",
    "ondansetron, dexamethasone, famotidine, oxaliplatin, leucovorin, fluorouracil, fluorouracil at home, "
    "magnesium sulfate",
    "ondansetron, dexamethasone, oxaliplatin, irinotecan, leucovorin, fluorouracil, fluorouracil at home, "
    "acetaminophen",
    "ondansetron, dexamethasone, famotidine, diphenhydramine, pembrolizumab, paclitaxel, carboplatin, "
    "magnesium sulfate",
    "acetaminophen, ondansetron, dexamethasone, famotidine, bevacizumab, paclitaxel, carboplatin, zoledronic acid",
)


def bundle(number: int) -> bytes:
    """One visit: a Bundle of its patient, coverage, encounter and eight administrations."""
    chance = Random(number)
    week, weekday = divmod(number // A_DAY, 5)
    day = FIRST + timedelta(weeks=week % WEEKS, days=weekday)
    clock = day + timedelta(minutes=chance.randrange(7 * 60, 13 * 60), seconds=chance.randrange(60) * _in(chance, 8))
    payer = "Medicare" if _in(chance, 3) else "Commercial PPO"
    begun, given, names = clock, [], chance.choice(REGIMENS).split(", ")
    for place, name in enumerate(names):
        one, clock = _given(chance, name, clock, payer, f"{number}-{place}")
        given.append({**one, **_of(number), "context": {"reference": f"Encounter/e{number}"}})
    place = chance.choice(("suite", "hospital"))
    others = [_patient(number, chance), _coverage(number, payer), _encounter(number, place, begun, clock)]
    entries = [
        {"fullUrl": f"https://ehr.example.org/fhir/{each['resourceType']}/{each['id']}", "resource": each}
        for each in (*others, *given)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def _in(chance: Random, several: int) -> bool:
    """True once in so many."""
    return chance.randrange(several) == 0


def _of(number: int) -> dict[str, object]:
    return {"subject": {"reference": f"Patient/p{number}"}}


def _given(chance: Random, name: str, clock: datetime, payer: str, id_: str) -> tuple[dict[str, object], datetime]:
    """The administration, and when the next may begin."""
    rxcui, ndc, how, minutes, amount = DRUGS[name]
    shown = name.removesuffix(" at home")
    codings = [{"system": NDC, "code": ndc}] if ndc else []
    codings.append({"system": RXNORM, "code": rxcui, "display": shown})
    start = clock + timedelta(minutes=chance.randrange(2, 15))
    stop = start + timedelta(minutes=chance.randint(*minutes)) if minutes else None
    time = {"effectivePeriod": {"start": start.isoformat()}}
    if stop is not None and not (how == "IV Infusion" and _in(chance, 50)):
        time["effectivePeriod"]["end"] = stop.isoformat()
    code, display = BY_MOUTH if how == "oral" else BY_VEIN
    route = {"coding": [{"system": SNOMED, "code": code, "display": display}]}
    dosage = {"route": route, "method": {"text": how}, "dose": _mg(_dose(chance, amount))}
    if how == "oral":
        del dosage["method"]
        time = {"effectiveDateTime": start.isoformat()}
    one = {"resourceType": "MedicationAdministration", "id": id_, "status": "completed", **time, "dosage": dosage}
    one["medicationCodeableConcept"] = {"coding": codings, "text": shown}
    if payer == "Medicare" and rxcui in WORDS.containers:
        one["extension"] = [{"url": WASTE, "valueQuantity": _mg(chance.choice((0, 0, 5, 12, 25)))}]
    return one, stop or start


def _dose(chance: Random, amount: int | tuple[int, int]) -> float:
    if isinstance(amount, tuple):
        return chance.choice(amount) if amount[0] < 100 else round(chance.uniform(*amount) / 10) * 10
    return round(amount * chance.uniform(1.4, 2.3), 1 if amount < 100 else None)


def _mg(value: float) -> dict[str, object]:
    return {"value": value, "unit": "mg", "system": UCUM, "code": "mg"}


def _patient(number: int, chance: Random) -> dict[str, object]:
    name = {"family": f"Family{number}", "given": ["Ada"]}
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [name],
        "birthDate": f"19{chance.randint(35, 99)}-02-11",
    }


def _coverage(number: int, payer: str) -> dict[str, object]:
    said = {"type": {"text": payer}, "payor": [{"display": payer}], "beneficiary": _of(number)["subject"]}
    return {"resourceType": "Coverage", "id": f"c{number}", "status": "active", **said}


def _encounter(number: int, place: str, begun: datetime, ended: datetime) -> dict[str, object]:
    period = {"start": begun.isoformat(), "end": (ended + timedelta(minutes=20)).isoformat()}
    where = [{"location": {"reference": f"Location/{place}"}}]
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    kind = {"class": {"system": system, "code": "AMB"}, "period": period, "location": where}
    return {"resourceType": "Encounter", "id": f"e{number}", "status": "finished", **kind, **_of(number)}
