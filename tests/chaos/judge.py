"""Lost and doubled, judged from the EHR's own `_history` and the driver's list of facts: our ledger is never asked.

    lost      a charge that the facts told ask for does not stand in the history
    doubled   two items were ever made under one identifier, or one item says the same in two versions in a row
    wrong     a charge stands that no fact asks for

What the facts ask for is what one has who was told the same and never disturbed.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from chaos.play import HTTP, NO_CACHE

PAGE = 100


@dataclass(frozen=True)
class Verdict:
    lost: int = 0
    doubled: int = 0
    wrong: int = 0

    def __add__(self, other):
        return Verdict(self.lost + other.lost, self.doubled + other.doubled, self.wrong + other.wrong)

    @property
    def is_clean(self):
        return self == Verdict()


def charges(ehr, patient):
    """What stands now: (code, units), and how often."""
    asked = {"context": f"Encounter/{patient.encounter}", "_count": 100}
    found = HTTP.get(f"{ehr}/ChargeItem", params=asked, headers=NO_CACHE).json()
    return _standing(entry["resource"] for entry in found.get("entry", []))


def judge(ehr, patients, expected):
    """The verdict on each, in their order. A server's pages of a long history may leave out what was written in the
    same moment as the end of one: whoever is not clean by them is judged by the history of each of their items."""
    made = _history(ehr)
    verdicts = [_judged(made[f"Encounter/{patient.encounter}"], expected) for patient in patients]
    return [
        verdict if verdict.is_clean else _judged(_history_of(ehr, patient), expected)
        for patient, verdict in zip(patients, verdicts, strict=True)
    ]


def _judged(items, expected):
    """`items`: id → number of version → version."""
    newest = [versions[max(versions)] for versions in items.values()]
    names = Counter(item["identifier"][0]["value"] for item in newest)
    doubled = sum(count - 1 for count in names.values())
    for versions in items.values():
        doubled += sum(_says(versions[one]) == _says(versions[other]) for one, other in pairwise(sorted(versions)))
    standing = _standing(newest)
    return Verdict((expected - standing).total(), doubled, (standing - expected).total())


def _standing(items):
    standing = [item for item in items if item["status"] == "billable"]
    return Counter((item["code"]["coding"][0]["code"], float(item["quantity"]["value"])) for item in standing)


def _says(version):
    return {name: value for name, value in version.items() if name not in ("meta", "enteredDate")}


def _history(ehr):
    """Encounter → item → number of version → version, over every ChargeItem that ever was."""
    found = defaultdict(lambda: defaultdict(dict))
    for version in _versions(f"{ehr}/ChargeItem/_history"):
        found[version["context"]["reference"]][version["id"]][int(version["meta"]["versionId"])] = version
    return found


def _history_of(ehr, patient):
    asked = f"{ehr}/ChargeItem?context=Encounter/{patient.encounter}&_count={PAGE}"
    items = {item["id"] for item in _versions(asked)}
    return {
        item: {int(one["meta"]["versionId"]): one for one in _versions(f"{ehr}/ChargeItem/{item}/_history")}
        for item in items
    }


def _versions(url):
    while url:
        page = HTTP.get(url, headers=NO_CACHE).json()
        yield from (entry["resource"] for entry in page.get("entry", []) if "resource" in entry)
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
