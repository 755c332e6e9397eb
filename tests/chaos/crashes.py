"""One process for each point: it stands still there, is killed, another takes over, and the EHR is looked at."""

import random
import threading
import time

from chaos.judge import charges, judge
from chaos.play import STAGES, Patient, resume, tell, use_every_door
from chaos.stage import until

RUN = 60
"""Seconds in which a process comes to its point, or never will in this play."""


def reference(stage, name="ref", stages=STAGES):
    """The charges of one who is never disturbed, after each stage."""
    patient, after = Patient(stage.ehr, own(name)), []
    with stage.running() as adapter:
        hooks, before = adapter.address("hooks"), None
        for name in stages:
            getattr(patient, name)()
            assert tell(hooks, patient)
            before = until(lambda before=before: _changed(stage.ehr, patient, before))
            after.append(before)
    return after


def own(name):
    """An id that no other proof on the same server has."""
    return f"{name.replace(' ', '')}{random.randrange(16**8):08x}"


def _changed(ehr, patient, before):
    """Twice the same, so that all orders of a coding have arrived, and something else than before."""
    first = charges(ehr, patient)
    time.sleep(0.7)
    return first if first and first == charges(ehr, patient) and first != before else None


def crash(stage, point, expected, stages=STAGES):
    """True when the point was reached; and the verdict, after somebody else has taken over."""
    patient = Patient(stage.ehr, own("c"))
    after = dict(zip(stages, expected, strict=True))
    with stage.running(stand_still_at=point) as adapter:
        doors = threading.Thread(target=_until_still, args=(adapter, stage, patient, after))
        doors.start()
        reached = _waits_for_point(adapter, doors)
        adapter.kill()
        doors.join()
    finish(stage, [patient], expected[-1], stages)
    return reached, judge(stage.ehr, patient, expected[-1])


def _waits_for_point(adapter, doors):
    latest = time.monotonic() + RUN
    while doors.is_alive() and not adapter.stands_still and time.monotonic() < latest:
        time.sleep(0.02)
    return adapter.stands_still


def _until_still(adapter, stage, patient, expected):
    """Goes through the whole play, as far as it comes."""
    try:
        hooks = adapter.address("hooks")
    except SystemExit:
        return
    use_every_door(adapter, stage)
    for name, after in expected.items():
        getattr(patient, name)()
        tell(hooks, patient)
        latest = time.monotonic() + RUN / 3
        while charges(stage.ehr, patient) != after:
            if adapter.stands_still or time.monotonic() > latest:
                return
            time.sleep(0.05)


def finish(stage, patients, expected, stages):
    """The driver's facts are all told, to a process that nobody kills, until the EHR shows what they mean."""
    for patient in patients:
        for name in stages:
            getattr(patient, name)()
    with stage.running() as adapter:
        hooks = adapter.address("hooks")
        resume(stage)
        for patient in patients:
            adapter.until(lambda patient=patient: tell(hooks, patient))
        patience = time.monotonic() + 60 + len(patients)
        while any(charges(stage.ehr, one) != expected for one in patients) and time.monotonic() < patience:
            time.sleep(0.1)
        time.sleep(0.3)


def random_kills(stage, kills, expected, seed=7):
    """Kills at any moment while notifications come in; every acknowledged one must have its charges in the end."""
    chance, patients = random.Random(seed), []
    for _ in range(kills):
        with stage.running() as adapter:
            hooks = adapter.address("hooks")
            end = time.monotonic() + chance.uniform(0.0, 1.5)
            while time.monotonic() < end:
                patient = Patient(stage.ehr, own("k"))
                patient.chart()
                patients.append(patient)
                tell(hooks, patient)
            adapter.kill()
    finish(stage, patients, expected, ("chart",))
    verdicts = [judge(stage.ehr, patient, expected) for patient in patients]
    return len(patients), verdicts
