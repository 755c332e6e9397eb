"""How long an answer takes at 500 notifications a second, each on disk before it is answered.

`serve` as it is installed, a process of its own, SQLite with synchronous=FULL; an open loop (`arrivals`), each
notification another administration. Patients are not yet due, so that it is the answer alone that is measured.
"""

import asyncio
import re
import statistics
import tempfile
from pathlib import Path

from benchmarks.arrivals import arrive
from benchmarks.serving import CONFIGURATION, running, until
from benchmarks.webhook import BODY

RATE, WARM, SECONDS = 500, 3, 20


def rows():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quiet = CONFIGURATION.format(ehr="http://127.0.0.1:9/fhir").replace(
            "settle = 0", "settle = 3600\nmax_wait = 3600"
        )
        (folder / "fhir-adapter.toml").write_text(quiet)
        with running(folder, "serve") as (_, said):
            until(lambda: "ready" in said())
            port = int(re.search(r"hooks http://\S+:(\d+)", said())[1])
            bodies = [BODY % (number, number % 5000) for number in range(RATE * (WARM + SECONDS))]
            _, took = asyncio.run(arrive(port, bodies, RATE))
    cuts = statistics.quantiles(took[RATE * WARM :], n=100)
    yield f"answer at {RATE} notifications/s that do not wait for each other, p50, ms", f"{cuts[49] * 1000:.1f}", ""
    yield "the same, p99, ms", f"{cuts[98] * 1000:.1f}", ""
