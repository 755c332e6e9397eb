"""Lost and doubled, judged from the EHR's own `_history`: our ledger is never asked.

Every patient of a proof had the same visit, so each must have exactly the charges that one had who was never disturbed.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import httpx


@dataclass(frozen=True)
class Verdict:
    """`doubled`: an identifier under which two items were ever made, or a charge that stands twice."""

    lost: int
    doubled: int
    wrong: int

    @property
    def is_clean(self):
        return (self.lost, self.doubled, self.wrong) == (0, 0, 0)


def charges(ehr, patient):
    """What stands now: (code, units), and how often."""
    standing = [item for item in items(ehr, patient) if item["status"] == "billable"]
    return Counter((item["code"]["coding"][0]["code"], item["quantity"]["value"]) for item in standing)


def items(ehr, patient):
    found = httpx.get(f"{ehr}/ChargeItem", params={"context": f"Encounter/{patient.encounter}", "_count": 100}).json()
    return [entry["resource"] for entry in found.get("entry", [])]


def judge(ehr, patient, expected):
    standing = charges(ehr, patient)
    made = Counter(item["identifier"][0]["value"] for item in items(ehr, patient))
    twice = sum(count - 1 for count in made.values())
    for item in items(ehr, patient):
        twice += _says_the_same_twice(ehr, item["id"])
    lost = sum((expected - standing).values())
    return Verdict(lost=lost, doubled=twice, wrong=sum((standing - expected).values()))


def _says_the_same_twice(ehr, item):
    """Two versions in a row that say the same were written twice."""
    history = httpx.get(f"{ehr}/ChargeItem/{item}/_history").json().get("entry", [])
    told = [{**entry["resource"], "meta": None, "enteredDate": None} for entry in history if "resource" in entry]
    return sum(one == other for one, other in pairwise(told))
