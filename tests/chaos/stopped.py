"""A worker is stopped with a request on its way, past its lease; another finishes; the first wakes and is refused.

PostgreSQL only. The worker is stopped while the proxy holds the answer of its first write, so that the EHR has the
item and the worker does not know.
"""

import signal
import time

import httpx
from chaos.crashes import own, reference
from chaos.judge import charges, judge
from chaos.play import Patient, tell
from chaos.proxy import Proxy, running
from chaos.stage import LEASE, Stage


class Holding(Proxy):
    """The first write is forwarded and its answer held until the worker has been stopped."""

    def __init__(self, server):
        super().__init__(server, share=0)
        self.first = True

    def _fault(self, method, body):
        held, self.first = method == "POST" and self.first, self.first and method != "POST"
        if held:
            self.times["slow"] += 1
        return "slow" if held else None


def prove(stage):
    """How often the store refused a claim, and the verdict."""
    [expected] = reference(stage, "unstopped", ("chart",))
    patient, proxy = Patient(stage.ehr, own("s")), Holding(stage.ehr)
    with running(proxy) as address:
        sleeping = Stage(stage.folder / "sleeping", address, stage.database)
        with sleeping.running() as sleeper:
            patient.chart()
            assert tell(sleeper.address("hooks"), patient)
            sleeper.until(lambda: proxy.times["slow"])
            sleeper.process.send_signal(signal.SIGSTOP)
            time.sleep(LEASE + 1)
            with stage.running("serve") as other:
                other.until(lambda: charges(stage.ehr, patient) == expected)
                before = _fenced(other.address("hooks"))
                sleeper.process.send_signal(signal.SIGCONT)
                time.sleep(3)
                fenced = _fenced(other.address("hooks")) - before
    return fenced, judge(stage.ehr, patient, expected)


def _fenced(hooks):
    told = httpx.get(f"{hooks}/metrics").text
    return sum(float(line.split()[1]) for line in told.splitlines() if line.startswith("fhir_adapter_events{"))
