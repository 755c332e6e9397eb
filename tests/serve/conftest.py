"""Real processes: the sandbox, `serve` and `work`, started as a person starts them and ended by SIGTERM."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

PATIENCE = 30
CONFIGURATION = """
canonical_base = "https://example.org/fhir-adapter"
{top}
[listen]
hooks = "127.0.0.1:0"
desk = "127.0.0.1:0"
[sources.main]
base_url = "{base}"
mode = "{mode}"
rulebook = "{rulebook}"
second_opinion = "cpt-2026"
hook_token = "env:HOOK_TOKEN"
settle = 0
require_product = false
[sources.main.words]
time_zone = "America/Chicago"
facilities = {{ "Location/suite" = "facility" }}
"""
TOKEN = "token-of-this-test"


class Process:
    """A command that runs, and what it has said so far."""

    def __init__(self, process, folder, name):
        self.process, self._out, self._err = process, folder / f"{name}.out", folder / f"{name}.err"

    @property
    def said(self):
        return self._out.read_text("utf-8")

    @property
    def log(self):
        return [json.loads(line) for line in self._err.read_text("utf-8").splitlines()]

    def until(self, word):
        """The line that begins with `word`, without it."""
        found = until(lambda: [line for line in self.said.splitlines() if line.startswith(word)], self._must_live)
        return found[0].removeprefix(word).strip()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def _must_live(self):
        assert self.process.poll() is None, self._err.read_text("utf-8")


def until(look, must_hold=lambda: None):
    """What `look` gives as soon as it gives something."""
    latest = time.monotonic() + PATIENCE
    while not (found := look()):
        must_hold()
        assert time.monotonic() < latest, "waited in vain"
        time.sleep(0.02)
    return found


@contextmanager
def started(folder, *arguments):
    name = f"{arguments[0]}-{len(list(folder.glob('*.out')))}"
    with (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "fhir_adapter", *arguments],
            stdout=out,
            stderr=err,
            cwd=folder,
            env=os.environ | {"HOOK_TOKEN": TOKEN},
        )
    try:
        yield Process(process, folder, name)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def run(tmp_path):
    """A command to its end: exit status, what it said, what it complained of."""

    def run(*arguments, env=None):
        done = subprocess.run(
            [sys.executable, "-m", "fhir_adapter", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"HOOK_TOKEN": TOKEN} | (env or {}),
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def start(tmp_path):
    return lambda *arguments: started(tmp_path, *arguments)


@pytest.fixture
def configure(tmp_path):
    def write(base="http://127.0.0.1:9/fhir", mode="post", rulebook="carecost-96417", top=""):
        path = tmp_path / "adapter.toml"
        path.write_text(CONFIGURATION.format(base=base, mode=mode, rulebook=rulebook, top=top), "utf-8")
        return str(path)

    return write


@pytest.fixture
def sandbox(start):
    with start("sandbox", "--port", "0") as process:
        yield process.until("sandbox ")


@pytest.fixture
def chart(sandbox):
    """One finished visit with one chemotherapy infusion, in the EHR; gives what to notify with."""
    patient, suite = {"reference": "Patient/canary-patient"}, {"location": {"reference": "Location/suite"}}
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": patient,
        "location": [suite],
        "period": {"start": "2026-03-02T09:00:00-06:00", "end": "2026-03-02T12:00:00-06:00"},
    }
    administration = {
        "resourceType": "MedicationAdministration",
        "id": "a1",
        "status": "completed",
        "subject": patient,
        "context": {"reference": "Encounter/e1"},
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "32592"}],
            "text": "oxaliplatin",
        },
        "effectivePeriod": {"start": "2026-03-02T09:30:00-06:00", "end": "2026-03-02T11:30:00-06:00"},
        "dosage": {
            "method": {"text": "infusion"},
            "route": {"text": "IV"},
            "dose": {"value": 150, "unit": "mg", "code": "mg"},
        },
    }
    for resource in (encounter, administration):
        answer = httpx.put(f"{sandbox}/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.is_success, answer.text
    return encounter


@pytest.fixture
def charges(sandbox):
    def charges():
        found = httpx.get(f"{sandbox}/ChargeItem", params={"context": "Encounter/e1"}).json()
        return {one["resource"]["code"]["coding"][0]["code"]: one["resource"] for one in found.get("entry", [])}

    return charges


@pytest.fixture
def notify():
    def notify(hooks, resource, token=TOKEN):
        return httpx.post(f"{hooks}/hooks/main", json=resource, headers={"Authorization": f"Bearer {token}"})

    return notify
