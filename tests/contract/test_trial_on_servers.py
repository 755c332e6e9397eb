"""`source try` as a person runs it, a process of its own, on servers that nobody here wrote: what it made is gone
afterwards, also after Ctrl-C and after a kill, and a stranger's patient with the same tag is still there."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from gate import PATIENCE, gate_before

pytestmark = pytest.mark.real
servers = pytest.mark.parametrize("base", ["hapi", "medplum"], indirect=True)
TAG = "https://example.org/fhir-adapter/CodeSystem/run"
MADE = [
    f"{kind}/{{}}-{of}"
    for kind, names in (
        ("Patient", ("p1", "p2")),
        ("Encounter", ("e1", "e2")),
        ("MedicationAdministration", ("a1", "a2", "a3")),
    )
    for of in names
]


@contextmanager
def trial(base, folder, *options):
    command = [sys.executable, "-m", "fhir_adapter", "source", "try", base, *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run_of(process):
    """The run's name, from the first line that it says."""
    return re.match(r"run +(try-[0-9a-f]+);", process.stdout.readline())[1]


def decoy(fhir, run):
    """Another author's patient under the same tag."""
    meta = {"tag": [{"system": TAG, "code": run}]}
    return f"Patient/{fhir.post('Patient', json={'resourceType': 'Patient', 'meta': meta}).json()['id']}"


def left_of(fhir, run):
    there = [name for name in (each.format(run) for each in MADE) if fhir.get(name).is_success]
    charges = [fhir.get("ChargeItem", params={"context": f"Encounter/{run}-e{of}"}).json() for of in (1, 2)]
    return there + [entry["resource"]["id"] for bundle in charges for entry in bundle.get("entry", [])]


@servers
def test_visits_are_made_polled_coded_posted_shown_and_gone(base, fhir, tmp_path):
    with trial(base, tmp_path) as process:
        run = run_of(process)
        stranger = decoy(fhir, run)
        said, complained = process.communicate(timeout=PATIENCE)
    assert (process.returncode, complained) == (0, "")
    for name in MADE:
        assert f"created   {name.format(run)}" in said
    assert f"polled    MedicationAdministration?patient=Patient/{run}-p1: 2 found" in said
    for charge in ("96413 ×1", "96415 ×3", "96375 ×1", "J1100 ×10", "J9312 ×68"):
        assert f"charge    {charge}  " in said
    assert said.count("on EHR    ChargeItem/") == 5
    assert re.search(rf"held      {run}-e2/\S+: stop-time-missing", said)
    assert said.endswith("deleted   everything that was made\n")
    assert left_of(fhir, run) == []
    assert fhir.get(stranger).is_success
    assert list(tmp_path.iterdir()) == []


@servers
@pytest.mark.parametrize("held", ["MedicationAdministration", "ChargeItem"])
def test_ctrl_c_in_the_middle_of_a_write_leaves_nothing(base, fhir, tmp_path, held):
    """The write is with the server, unanswered: it is finished first, then all of it is deleted."""
    with (
        gate_before(base, lambda method, path: method in ("PUT", "POST") and f"/{held}" in path) as gate,
        trial(gate.base, tmp_path) as process,
    ):
        run = run_of(process)
        assert gate.reached.wait(PATIENCE)
        (run_file,) = tmp_path.iterdir()
        assert f'"{held}"' in run_file.read_text(), "noted before the server hears of it"
        stranger = decoy(fhir, run)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        gate.go_on.set()
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert "deleted   everything that was made" in said
    assert left_of(fhir, run) == []
    assert fhir.get(stranger).is_success
    assert list(tmp_path.iterdir()) == []


@servers
def test_a_trial_that_was_killed_is_finished_from_its_file(base, fhir, tmp_path):
    with (
        gate_before(base, lambda method, path: method == "POST" and "/ChargeItem" in path) as gate,
        trial(gate.base, tmp_path) as process,
    ):
        run = run_of(process)
        assert gate.reached.wait(PATIENCE)
        process.kill()
        process.wait(PATIENCE)
        gate.go_on.set()
        assert gate.passed.wait(PATIENCE), "the server has the charge that nobody waited for"
    stranger = decoy(fhir, run)
    (run_file,) = tmp_path.iterdir()
    with trial(base, tmp_path, "--clean", str(run_file)) as cleaning:
        said, complained = cleaning.communicate(timeout=PATIENCE)
    assert (cleaning.returncode, said, complained) == (0, "deleted   everything that was made\n", "")
    assert left_of(fhir, run) == []
    assert fhir.get(stranger).is_success
    assert list(tmp_path.iterdir()) == []
