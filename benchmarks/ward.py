"""The sandbox as a process to be measured against: visits charted before it listens, and found without a look at each.

    python benchmarks/ward.py VISITS ID ...      these administrations of fixtures/charts/r-chop.json, for each visit

The product's sandbox looks through all that it has for every search: right for a demo, and at a thousand visits it
would be the only thing that is measured. Here the same memory keeps what a patient, an encounter or an identifier
names; everything else is the sandbox as it is.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

from fhir_adapter import sandbox
from fhir_adapter.sandbox import memory, server

CHART = Path(__file__).parents[1] / "fixtures" / "charts" / "r-chop.json"
NAMES = ("patient", "context", "identifier")


class Ward(memory.Memory):
    def __init__(self):
        super().__init__()
        self._near = defaultdict(list)
        for number in range(int(sys.argv[1])):
            self._chart(number, sys.argv[2:])

    def write(self, method, kind, identity, resource):
        version = super().write(method, kind, identity, resource)
        for word in {"", *_words(version.resource)}:
            self._near[kind, word].append(version)
        return version

    def search(self, kind, query):
        memory.must_be_known(kind, query)
        words = ["", *(_last(text) for name, text in query if name in NAMES and "," not in text)]
        near = min((self._near[kind, word] for word in words), key=len)
        current = [one for one in near if one.resource and one is self.latest[kind, one.id]]
        return [one for one in current if memory.fits(one.resource, query)]

    def _chart(self, number, drugs):
        text = re.sub(r'("id": "|Patient/|Encounter/)([a-z]\d)', rf"\1v{number}-\2", CHART.read_text())
        resources = [entry["resource"] for entry in memory.decode(text)["entry"]]
        for one in resources:
            if one["resourceType"] != "MedicationAdministration" or one["id"].rpartition("-")[2] in drugs:
                self.write("PUT", one["resourceType"], one["id"], one)


def _words(resource):
    named = [resource.get(name, {}).get("reference", "") for name in ("subject", "beneficiary", "context")]
    return {_last(text) for text in (*named, *(one["value"] for one in resource.get("identifier", [])))}


def _last(text):
    return re.split(r"[/|]", text)[-1]


if __name__ == "__main__":
    server.Memory = Ward
    sandbox.serve("127.0.0.1", 0)
