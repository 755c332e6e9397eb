"""What `serve` takes of memory, idle and after real visits, and how fast the command line answers.

The EHR is the product's own sandbox, a process of its own; each visit is fixtures/charts/r-chop.json under ids of its
own, notified, read, coded twice (second opinion) and kept. Linux only: the figures are the kernel's.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-m", "fhir_adapter"]
CHART = Path(__file__).parents[1] / "fixtures" / "charts" / "r-chop.json"
VISITS, PATIENCE = 100, 120
CONFIGURATION = """\
data = "data"
[listen]
hooks = "127.0.0.1:0"
desk = "127.0.0.1:0"
[sources.main]
base_url = "{ehr}"
mode = "shadow"
rulebook = "cpt-2026"
second_opinion = "carecost-96417"
settle = 0
[sources.main.words]
time_zone = "America/Chicago"
facilities = {{ "*" = "office" }}
"""


def rows():
    yield "fhir-adapter --help, s (best of 5)", f"{min(_help() for _ in range(5)):.2f}", "≤ 0.4"
    with tempfile.TemporaryDirectory() as name, running(Path(name), "sandbox", "--port", "0") as (_, said):
        yield from _memory(Path(name), re.search(r"http://\S+", said())[0])


def _help():
    start = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], capture_output=True, check=True)
    return time.perf_counter() - start


def _memory(folder, ehr):
    (folder / "fhir-adapter.toml").write_text(CONFIGURATION.format(ehr=ehr))
    with running(folder, "serve") as (serve, said), httpx.Client(trust_env=False) as client:
        until(lambda: "ready" in said())
        hooks = re.search(r"hooks (\S+)", said())[1]
        yield "memory of serve, idle with the full catalog, MB", f"{kernel(serve.pid, 'VmRSS'):.0f}", "≤ 200"
        start = time.perf_counter()
        for number in range(VISITS):
            _happen(client, ehr, hooks, number)
        until(lambda: _coded(client, hooks) >= VISITS)
        took = time.perf_counter() - start
        yield f"peak memory of serve, {VISITS} visits in {took:.0f} s, MB", f"{kernel(serve.pid, 'VmHWM'):.0f}", ""


@contextmanager
def running(folder, name, *arguments, command=COMMAND):
    """The process, and a look at what it has printed."""
    log = folder / f"{name}.out"
    with log.open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        process = subprocess.Popen([*command, name, *arguments], cwd=folder, stdout=out, stderr=err)
        try:
            until(lambda: "http://" in log.read_text())
            yield process, log.read_text
        finally:
            process.terminate()
            process.wait()


def until(happened):
    latest = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > latest:
            raise SystemExit("it did not happen in time")
        time.sleep(0.05)


def _happen(client, ehr, hooks, number):
    """A visit under ids of its own, and the notification that it has ended."""
    text = re.sub(r'("id": "|Patient/|Encounter/)([a-z]\d)', rf"\1v{number}-\2", CHART.read_text())
    resources = [entry["resource"] for entry in json.loads(text)["entry"]]
    for resource in resources:
        client.put(f"{ehr}/{resource['resourceType']}/{resource['id']}", json=resource).raise_for_status()
    (encounter,) = (one for one in resources if one["resourceType"] == "Encounter")
    client.post(f"{hooks}/hooks/main", json=encounter).raise_for_status()


def _coded(client, hooks):
    figures = client.get(f"{hooks}/metrics").text
    return sum(float(count) for count in re.findall(r"^fhir_adapter_visits_coded_total\{.*\} (\S+)$", figures, re.M))


def kernel(pid, field):
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = [line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")]
    return int(kilobytes) / 1024
