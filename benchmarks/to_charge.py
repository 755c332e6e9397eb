"""From a notification to the last ChargeItem of its visit, at 10 and at 50 visits a second, in an open loop.

Three processes: the sandbox with all visits charted (`ward`), `serve` as it is installed, posting without Provenance,
and this one, which sends. When a visit was charged is the sandbox's stamp on its last ChargeItem. Nothing is taken off
for the settle time: a visit that is told as finished is due at once. Warm visits come before and are not counted.
A rate that is not reached shows as a backlog (visits without all their charges at the last notification), and the
process that is busy for a whole core is what limits it.
"""

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import httpx

from benchmarks.arrivals import arrive
from benchmarks.serving import CONFIGURATION, running, until

RATES, WARM, SECONDS = (10, 50), 5, 20
BODY = b'{"resourceType":"Encounter","id":"v%d-e1","status":"finished","subject":{"reference":"Patient/v%d-p1"}}'
WARD = [sys.executable, str(Path(__file__).with_name("ward.py"))]
INFUSION = "a4"
"""One drug by vein: two CPT lines and one of HCPCS."""
POSTING = {
    'mode = "shadow"': 'mode = "post"\nprovenance = false\nrequire_product = false',
    'data = "data"': 'data = "data"\ncanonical_base = "https://example.org/fhir-adapter"',
}


def rows():
    for rate in RATES:
        with tempfile.TemporaryDirectory() as folder:
            sent, charged, busy = _measured(Path(folder), rate)
        yield from _told(rate, sent, charged)
        yield "busy, of a core: serve and sandbox", " and ".join(f"{part:.0%}" for part in busy), ""


def _told(rate, sent, charged):
    counted, end = range(rate * WARM, len(sent)), sent[-1]
    cuts = statistics.quantiles([max(charged[number]) - sent[number] for number in counted], n=100)
    reached = sum(sent[counted[0]] <= max(times) < end for times in charged.values()) / (end - sent[counted[0]])
    behind = sum(max(times) > end for times in charged.values())
    items = sum(map(len, charged.values())) / len(charged)
    yield (
        f"{rate} visits/s of {items:.0f} ChargeItems, from notification to the last, p50, ms",
        f"{cuts[49] * 1000:,.0f}",
        "",
    )
    yield "the same, p99, ms", f"{cuts[98] * 1000:,.0f}", ""
    yield "visits charged a second, and backlog at the end", f"{reached:.0f}, {behind}", f"{rate}, level"


def _measured(folder, rate):
    """When each was sent, and by visit when each of its ChargeItems was written."""
    count = rate * (WARM + SECONDS)
    with running(folder, str(count), INFUSION, command=WARD) as (ward, said):
        ehr = re.search(r"http://\S+", said())[0]
        text = CONFIGURATION.format(ehr=ehr)
        for old, new in POSTING.items():
            text = text.replace(old, new)
        (folder / "fhir-adapter.toml").write_text(text)
        with running(folder, "serve") as (serve, said):
            until(lambda: "ready" in said())
            hooks = re.search(r"hooks (\S+)", said())[1]
            bodies = [BODY % (number, number) for number in range(count)]
            before = [_busy(process.pid) for process in (serve, ward)]
            sent, _ = asyncio.run(arrive(int(hooks.rpartition(":")[2]), bodies, rate))
            until(lambda: time.sleep(1) or _is_done(hooks, count))
            since = time.time() - sent[0]
            busy = [
                (_busy(process.pid) - so_far) / since for process, so_far in zip((serve, ward), before, strict=True)
            ]
        return sent, _charged(ehr), busy


def _busy(pid):
    """Seconds on a core so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _is_done(hooks, count):
    lines = httpx.get(f"{hooks}/metrics", trust_env=False).text.splitlines()
    behind = [line for line in lines if "_patients_behind{" in line and "settled" not in line]
    coded = sum(float(line.split()[-1]) for line in lines if "_visits_coded_total{" in line)
    return coded >= count and all(line.endswith(" 0.0") for line in behind)


def _charged(ehr):
    found = httpx.get(f"{ehr}/ChargeItem", params={"_count": 100_000}, timeout=60, trust_env=False).json()
    times = {}
    for item in (entry["resource"] for entry in found["entry"]):
        number = int(re.search(r"v(\d+)-", item["context"]["reference"])[1])
        times.setdefault(number, []).append(datetime.fromisoformat(item["meta"]["lastUpdated"]).timestamp())
    return times
