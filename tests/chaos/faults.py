"""Writes are spoiled on their way; in the end each charge stands once, and what was in doubt was looked up.

Large visits, many at a time: whoever was refused rests, and the others go on meanwhile. Each patient goes through the
whole play, so that creating, amending and taking back are spoiled alike. On PostgreSQL two `work` send beside `serve`.
"""

import time
from contextlib import ExitStack
from functools import partial

from chaos.crashes import Play, own, reference
from chaos.judge import charges, judge
from chaos.play import SIX, Patient
from chaos.proxy import running
from chaos.spoiled import KINDS, Spoiling
from chaos.stage import Stage

AT_ONCE, WORKERS = 100, 2
TIMEOUT = 3
"""Seconds: a server that is slow by itself would be asked again before it has answered, and slower by that."""
LONG = 900
"""Seconds in which a wave of patients must be through, however often their writes were spoiled."""


def prove(folder, ehr, database, most, at_once=AT_ONCE, infusions=SIX, more=""):
    """A row for each kind of fault, and the verdict on every patient."""
    proxy, patients = Spoiling(ehr, most=most, patience=TIMEOUT), []
    expected = reference(Stage(folder / "unspoiled", ehr), Play("spoiled", partial(Patient, infusions=infusions)))
    with running(proxy) as door, ExitStack() as processes:
        stage = Stage(folder / "spoiled", ehr, database, door=door, timeout=TIMEOUT, more=more)
        adapter = processes.enter_context(stage.running())
        hooks = adapter.address("hooks")
        for _ in range(0 if database == "sqlite" else WORKERS):
            processes.enter_context(stage.running("work"))
        while proxy.times.total() < most:
            wave = [Patient(ehr, own("f"), infusions) for _ in range(at_once)]
            patients += wave
            for stage_name, after in zip(Patient.stages, expected, strict=True):
                _go_through(wave, stage_name, after, adapter, hooks)
    rows = [
        (kind, *(count[kind] for count in (proxy.times, proxy.committed, proxy.looked_up, proxy.blind)))
        for kind in KINDS
    ]
    return rows, judge(ehr, patients, expected[-1])


def _go_through(wave, name, after, adapter, hooks):
    """Also a wave that does not come to its end in time is judged."""
    for patient in wave:
        patient.goes_on(name)
        adapter.until(lambda patient=patient: patient.tell(hooks))
    left, latest = list(wave), time.monotonic() + LONG
    while left and time.monotonic() < latest:
        if charges(patient.ehr, left[0]) == after:
            left.pop(0)
        else:
            time.sleep(0.5)
