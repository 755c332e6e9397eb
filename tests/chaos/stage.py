"""The processes of the proof: an EHR, and `serve` and `work` as a person starts them, killed from outside."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

COMMAND = [sys.executable, "-m", "fhir_adapter"]
PATIENCE = 180
LEASE = 4
STAND_STILL = "FHIR_ADAPTER_STAND_STILL_AT"
CONFIGURATION = """\
canonical_base = "https://example.org/fhir-adapter"
data = "data"
database = "{database}"
lease = {lease}
keep_raw_days = 1
[listen]
hooks = "127.0.0.1:0"
desk = "127.0.0.1:0"
[sources.main]
base_url = "{ehr}"
mode = "post"
rulebook = "carecost-96417"
settle = 0
require_product = false
timeout = {timeout}
{more}
[sources.main.words]
time_zone = "America/Chicago"
facilities = {{ "*" = "facility" }}
"""


class Stage:
    """One data folder, one database, one EHR; processes come and go. `door` is the EHR as the adapter reaches it."""

    def __init__(self, folder, ehr, database="sqlite", *, door=None, timeout=3, more=""):
        self.folder, self.ehr, self.database, self._count = folder, ehr, database, 0
        folder.mkdir(parents=True, exist_ok=True)
        if database != "sqlite":
            (folder / "url").write_text(database)
        reference = "sqlite" if database == "sqlite" else "file:url"
        words = {"ehr": door or ehr, "database": reference, "lease": LEASE, "timeout": timeout, "more": more}
        (folder / "fhir-adapter.toml").write_text(CONFIGURATION.format(**words))

    @contextmanager
    def running(self, command="serve", *, stand_still_at=None):
        self._count += 1
        out = self.folder / f"{self._count}.out"
        environment = os.environ | ({STAND_STILL: stand_still_at} if stand_still_at else {})
        with out.open("wb") as said, out.with_suffix(".err").open("wb") as complained:
            process = subprocess.Popen(
                [*COMMAND, command], cwd=self.folder, env=environment, stdout=said, stderr=complained
            )
        try:
            yield Running(process, out)
        finally:
            process.kill()
            process.wait()


class Running:
    def __init__(self, process, out):
        self.process, self._out = process, out

    def address(self, word):
        return self.until(lambda: re.search(rf"^{word} (\S+)$", self._out.read_text(), re.M))[1]

    def is_ready(self):
        return re.search(r"^ready$", self._out.read_text(), re.M) is not None

    @property
    def stands_still(self):
        return re.search(r"^at .+$", self._out.read_text(), re.M) is not None

    def until(self, look):
        return until(look, self._must_live)

    def _must_live(self):
        if self.process.poll() is not None:
            raise SystemExit(f"it ended by itself: {self._out.with_suffix('.err').read_text()[-2000:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()


def until(look, must_hold=lambda: None, patience=PATIENCE, pause=0.05):
    """What `look` gives as soon as it gives something."""
    latest = time.monotonic() + patience
    while not (found := look()):
        must_hold()
        if time.monotonic() > latest:
            raise SystemExit("it did not happen in time")
        time.sleep(pause)
    return found


def wait(happened, seconds):
    """Until it has happened, or the time is over."""
    latest = time.monotonic() + seconds
    while not happened() and time.monotonic() < latest:
        time.sleep(0.05)


@contextmanager
def sandbox(folder):
    """The product's own R4 server as a process; `_history` tells every version that ever was."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sandbox.out").open("wb") as out:
        process = subprocess.Popen([*COMMAND, "sandbox", "--port", "0"], stdout=out, stderr=subprocess.STDOUT)
    try:
        yield until(lambda: re.search(r"http://\S+", (folder / "sandbox.out").read_text()))[0]
    finally:
        process.terminate()
        process.wait()
