"""Writes are spoiled on their way; in the end each charge stands once, and what was in doubt was looked up."""

import time

from chaos.crashes import own, reference
from chaos.judge import charges, judge
from chaos.play import Patient, tell
from chaos.proxy import KINDS, Proxy, running
from chaos.stage import Stage

AT_ONCE = 50


def prove(stage, most, at_once=AT_ONCE):
    """A row for each kind of fault, and the verdict on every patient."""
    [expected] = reference(stage, "unspoiled", ("chart",))
    proxy, patients = Proxy(stage.ehr, most=most), []

    def done():
        return all(charges(stage.ehr, patient) == expected for patient in patients)

    with running(proxy) as address, Stage(stage.folder / "spoiled", address, stage.database).running() as adapter:
        hooks = adapter.address("hooks")
        while proxy.times.total() < most:
            patients += _come(stage.ehr, hooks, at_once)
            _wait(lambda: proxy.times.total() >= most or done(), 30)
        _wait(done, 300 + len(patients))
    rows = [(kind, proxy.times[kind], proxy.committed[kind], proxy.looked_up[kind]) for kind in KINDS]
    return rows, [judge(stage.ehr, patient, expected) for patient in patients]


def _come(ehr, hooks, at_once):
    coming = [Patient(ehr, own("f")) for _ in range(at_once)]
    for patient in coming:
        patient.chart()
        tell(hooks, patient)
    return coming


def _wait(happened, seconds):
    latest = time.monotonic() + seconds
    while not happened() and time.monotonic() < latest:
        time.sleep(0.2)
