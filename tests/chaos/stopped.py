"""A worker is stopped with a request on its way, past its lease; another finishes; the first wakes and is refused.

`serve` and two `work` on PostgreSQL, each behind a proxy of its own, so it is known who asked the EHR for what. One
`work` is stopped while its proxy holds the answer of its write: the EHR has the item and the worker does not know.
No two of them may have a patient's coding, or a patient's sending, at the same time.
"""

import asyncio
import signal
import time
from collections import Counter, defaultdict
from contextlib import ExitStack

import httpx
from chaos.crashes import CHARTED
from chaos.judge import charges, judge
from chaos.proxy import Proxy, running, subject
from chaos.stage import LEASE, Stage, until, wait

AT_ONCE = 12
TWO = "two workers on one patient"


class Witness(Proxy):
    """Writes down who wrote about whom and when; holds the answer of one write where it is told to."""

    def __init__(self, server, who, seen):
        super().__init__(server)
        self._who, self._seen = who, seen
        self.to_hold, self.holds, self.late = False, False, frozenset()
        """`late`: the patients that others finished while this one slept."""

    async def spoil(self, request):
        start = time.monotonic()
        answer = await self.forward(request)
        if request.charges:
            whom, held = subject(request.charges[0]), self.to_hold
            self.to_hold = False
            self._seen[whom].append((start, time.monotonic(), self._who, held or whom in self.late))
            self.holds = self.holds or held
            while held and self.holds:
                await asyncio.sleep(0.02)
        return answer


def prove(folder, ehr, database, expected, rounds=5):
    """What was seen, and the verdict on each patient."""
    counts, seen, patients = Counter({TWO: 0}), defaultdict(list), []
    with ExitStack() as there:
        names = ("serve", "work-1", "work-2")
        serve, sleeper, _ = (_process(there, folder / who, ehr, database, seen) for who in names)
        hooks = serve[0].address("hooks")
        for _ in range(rounds):
            patients += _round(ehr, hooks, *sleeper, expected, counts)
    counts[TWO] = sum(_at_once(writes) for writes in seen.values())
    return counts, judge(ehr, patients, expected)


def _process(there, folder, ehr, database, seen):
    proxy = Witness(ehr, folder.name, seen)
    door = there.enter_context(running(proxy))
    stage = Stage(folder, ehr, database, door=door, timeout=30)
    process = there.enter_context(stage.running(folder.name.partition("-")[0]))
    process.until(process.is_ready)
    return process, proxy


def _round(ehr, hooks, sleeper, witness, expected, counts):
    patients, before = [], _fenced(hooks)
    witness.to_hold = True
    while not witness.holds:
        patients += _come(ehr, hooks)
        wait(lambda: witness.holds, 5)
    sleeper.process.send_signal(signal.SIGSTOP)
    time.sleep(LEASE + 1)
    until(lambda: all(charges(ehr, one) == expected for one in patients), pause=0.3)
    witness.late = frozenset(f"Patient/p{one.name}" for one in patients)
    sleeper.process.send_signal(signal.SIGCONT)
    witness.holds = False
    until(lambda: _fenced(hooks) > before)
    counts["stopped past the lease, then woken"] += 1
    counts["refused by the store after waking"] += int(_fenced(hooks) - before)
    return patients


def _come(ehr, hooks):
    coming = [CHARTED.comes_to(ehr, "s") for _ in range(AT_ONCE)]
    for patient in coming:
        patient.goes_on("chart")
    for patient in coming:
        assert patient.tell(hooks)
    return coming


def _at_once(writes):
    """Writes about one patient that began while another process had one on its way, or by one who came back after
    another had taken over. What the sleeper had sent, or sends before it hears that it is late, is known to be late:
    the EHR takes it once, as the history shows."""
    ends, last, found = {}, None, 0
    for start, end, who, late in sorted(writes):
        if late:
            continue
        found += any(other != who and on_its_way > start for other, on_its_way in ends.items())
        found += who in ends and last != who
        ends[who], last = end, who
    return found


def _fenced(hooks):
    told = httpx.get(f"{hooks}/metrics").text
    found = [
        float(line.split()[-1])
        for line in told.splitlines()
        if line.startswith("fhir_adapter_events") and "fenced" in line
    ]
    return sum(found)
