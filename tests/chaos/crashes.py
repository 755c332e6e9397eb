"""One process for each point: it stands still there, is killed, another takes over, and the EHR is looked at.

Three plays lead to the points: one in which each fact is told by name, and two in which the adapter has to look for
what happened. The last two would find also what was forgotten, so nothing is proved by them that the first can prove.
"""

import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from chaos import doors
from chaos.judge import charges
from chaos.play import Patient, Recent, Unnamed
from chaos.proxy import running
from chaos.stage import Stage, until, wait
from chaos.stumble import Stumbling

RUN = 60
"""Seconds in which a process comes to its point, or never will in this play."""
LINGER = 10
"""Seconds for what follows a charge."""
QUIET = 2
"""Seconds without a change, after which nobody writes any more."""
TRANSACTIONS = "transactions = true"
LOOKING = 'heartbeat_every = 1\nhook_url = "http://127.0.0.1:9/hooks"\n'


@dataclass(frozen=True)
class Play:
    name: str
    patient: Callable[[str, str], Patient]
    more: str = ""
    stages: tuple[str, ...] = ()

    def comes_to(self, ehr, name):
        patient = self.patient(ehr, own(name))
        patient.stages = self.stages or patient.stages
        return patient


TOLD = Play("told", Patient)
LOOKED_FOR = Play("looked-for", Unnamed, LOOKING)
WORKLIST = Play("worklist", Recent, f'{LOOKING}sweep_by = "worklist"\n')
AS_ONE = Play("told, charges as one", Patient, TRANSACTIONS)
PLAYS = (LOOKED_FOR, WORKLIST, TOLD, AS_ONE)
CHARTED = Play("charted", Patient, stages=("chart",))
NOT_TOLD = {
    "receive.worklist.": WORKLIST,
    "receive.missing.": LOOKED_FOR,
    "receive.sweep.": LOOKED_FOR,
    "receive.arming.": LOOKED_FOR,
    "receive.hints.Hints.watch": LOOKED_FOR,
    "receive.hints.Hints._answer_by_sweep": LOOKED_FOR,
    "receive.hints.Hints._put_aside": LOOKED_FOR,
    "receive.hints.Hints._dismiss": LOOKED_FOR,
}
SENDS = ("pipeline.send.", "POST")
"""Where a visit's charges go out as one, and then one by one, is the same point twice."""
ELSEWHERE = {
    "app.go_live._pass": "at the start, before anything is taken; it writes that a source may post",
    "app.trying._claim": "`source try` has a store of its own and throws it away",
    "receive.exports.": "an export of HAPI takes two minutes; it keeps hints, as a sweep does",
    "store.control.carry_out": "a command writes one row for itself, and a person sees that it ended",
    "DELETE": "only after an export",
}


def own(name):
    """An id that no other proof on the same server has."""
    return f"{name}{random.randrange(16**8):08x}"


def elsewhere(point, database):
    """Why no play leads to this point, or None."""
    if database != "sqlite" and point.startswith("store.control._answer"):
        return "on PostgreSQL a command writes for itself"
    return next((why for begin, why in ELSEWHERE.items() if point.startswith(begin)), None)


def plays_of(point, database):
    if elsewhere(point, database):
        return ()
    first = next((play for begin, play in NOT_TOLD.items() if point.startswith(begin)), TOLD)
    return (first, AS_ONE) if point.startswith(SENDS) else (first,)


class Crashes:
    """The crashes of one play, on one database; `after` is what stands after each stage where nobody disturbs."""

    def __init__(self, play, stage, after):
        self.play, self._stage, self.after = play, stage, after

    def crash(self, point):
        """True when the point was reached; and the patient, after somebody else has taken over."""
        patient = self.play.comes_to(self._stage.ehr, "c")
        with self._stage.running(stand_still_at=point) as adapter:
            driving = threading.Thread(target=self._until_still, args=(adapter, patient))
            driving.start()
            latest = time.monotonic() + RUN
            while driving.is_alive() and not adapter.stands_still and time.monotonic() < latest:
                time.sleep(0.02)
            wait(lambda: adapter.stands_still, LINGER)
            reached = adapter.stands_still
            adapter.kill()
            driving.join()
        finish(self._stage, [patient], self.after[-1])
        print(point, "reached" if reached else "not reached", file=sys.stderr, flush=True)
        return reached, patient

    def _until_still(self, adapter, patient):
        """Goes through the whole play, as far as it comes."""
        try:
            hooks = adapter.address("hooks")
        except SystemExit:
            return
        doors.use_every_door(adapter, self._stage)
        for name, after in zip(patient.stages, self.after, strict=True):
            patient.goes_on(name)
            patient.tell(hooks)
            latest = time.monotonic() + RUN / 2
            while charges(self._stage.ehr, patient) != after:
                if adapter.stands_still or time.monotonic() > latest:
                    return
                time.sleep(0.1)


@contextmanager
def opened(play, ehr, folder, database):
    """The adapter reaches the EHR through one that stumbles."""
    after = reference(Stage(folder / "undisturbed", ehr, more=play.more), play)
    with running(Stumbling(ehr)) as door:
        yield Crashes(play, Stage(folder, ehr, database, door=door, more=play.more), after)


def reference(stage, play):
    """The charges of one who is never disturbed, after each stage."""
    patient, after = play.comes_to(stage.ehr, "r"), []
    with stage.running() as adapter:
        hooks = adapter.address("hooks")
        for name in patient.stages:
            patient.goes_on(name)
            assert patient.tell(hooks)
            after.append(until(lambda: _changed(stage.ehr, patient, after)))
    return after


def _changed(ehr, patient, after):
    """For a while the same, so that all orders of a coding have arrived, and something else than before."""
    first = charges(ehr, patient)
    if not first or first in after:
        return None
    for _ in range(QUIET):
        time.sleep(1)
        if charges(ehr, patient) != first:
            return None
    return first


def finish(stage, patients, expected, patience=60):
    """To a process that nobody kills: what was not acknowledged is told again, what is to come happens."""
    with stage.running() as adapter:
        hooks = adapter.address("hooks")
        doors.resume(stage)
        for patient in patients:
            if not patient.is_heard:
                adapter.until(lambda patient=patient: patient.tell(hooks))
            for name in patient.to_come:
                patient.goes_on(name)
                adapter.until(lambda patient=patient: patient.tell(hooks))
        latest = time.monotonic() + patience + len(patients)
        left = list(patients)
        while left and time.monotonic() < latest:
            if charges(stage.ehr, left[0]) == expected:
                left.pop(0)
            else:
                time.sleep(0.2)
        time.sleep(0.2)
