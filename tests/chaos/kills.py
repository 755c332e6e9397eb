"""Kills at any moment under load. On SQLite `serve` is killed and started again; on PostgreSQL one of `serve` and two
`work`, while the others go on. Every acknowledged fact must have its charges in the end, and no other is told again."""

import random
import threading
import time
from contextlib import ExitStack

from chaos.crashes import CHARTED, finish
from chaos.judge import judge

LONGEST = 1.5
"""Seconds of load before a kill."""
PACE = 0.3
"""Seconds between two patients: the EHR has to take them, and their charges, on the same machine."""


def prove(stage, kills, expected, seed=7):
    """The verdict on each of the patients who came meanwhile."""
    chance = random.Random(seed)
    with Load(stage.ehr) as load:
        (_alone if stage.database == "sqlite" else _among_others)(stage, kills, chance, load)
    finish(stage, load.patients, expected)
    return judge(stage.ehr, load.patients, expected)


class Load:
    """One patient after the other is charted and told, while there is somebody to tell at `hooks`."""

    def __init__(self, ehr):
        self._ehr, self.patients, self.hooks, self._ends = ehr, [], None, threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._come)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def _come(self):
        while not self._ends.is_set():
            if hooks := self.hooks:
                patient = CHARTED.comes_to(self._ehr, "k")
                patient.goes_on("chart")
                self.patients.append(patient)
                patient.tell(hooks)
            self._ends.wait(PACE)


def _alone(stage, kills, chance, load):
    for _ in range(kills):
        with stage.running() as adapter:
            load.hooks = adapter.address("hooks")
            time.sleep(chance.uniform(0.0, LONGEST))
            adapter.kill()
            load.hooks = None


def _among_others(stage, kills, chance, load):
    with ExitStack() as processes:
        there = [[command, *_started(processes, stage, command)] for command in ("serve", "work", "work")]
        for _ in range(kills):
            time.sleep(chance.uniform(0.0, LONGEST))
            ready = [one for one in there if one[1].is_ready()]
            if not ready:
                there[0][1].until(there[0][1].is_ready)
                ready = there[:1]
            load.hooks = there[0][1].address("hooks") if there[0] in ready else None
            one = chance.choice(ready)
            one[2].close()
            one[1:] = _started(processes, stage, one[0])


def _started(processes, stage, command):
    """A process, and what ends it: SIGKILL."""
    ends = processes.enter_context(ExitStack())
    return ends.enter_context(stage.running(command)), ends
