"""What `serve` takes of memory, started and after notifications, and how fast the command line answers.

The EHR is the product's own sandbox; both are processes of their own. Linux only: figures are the kernel's.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-m", "fhir_adapter"]
NOTIFICATIONS = 500
CONFIGURATION = """\
data = "data"
[listen]
hooks = "127.0.0.1:0"
desk = "127.0.0.1:0"
[sources.main]
base_url = "http://127.0.0.1:1/fhir"
mode = "shadow"
rulebook = "cpt-2026"
second_opinion = "carecost-96417"
settle = 0
[sources.main.words]
time_zone = "America/Chicago"
"""


def rows():
    yield "fhir-adapter --help, s (best of 5)", f"{min(_help() for _ in range(5)):.2f}", "≤ 0.4"
    with tempfile.TemporaryDirectory() as folder:
        yield from _memory(Path(folder))


def _help():
    start = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], capture_output=True, check=True)
    return time.perf_counter() - start


def _memory(folder):
    (folder / "fhir-adapter.toml").write_text(CONFIGURATION)
    with (folder / "log").open("wb") as log:
        serve = subprocess.Popen([*COMMAND, "serve"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            hooks = _ready(serve)
            yield "memory of serve, idle, MB", f"{_kernel(serve.pid, 'VmRSS'):.0f}", "≤ 200"
            with httpx.Client() as sender:
                for number in range(NOTIFICATIONS):
                    sender.post(f"{hooks}/hooks/main", json=_told(number)).raise_for_status()
            yield f"peak memory of serve, {NOTIFICATIONS} notifications, MB", f"{_kernel(serve.pid, 'VmHWM'):.0f}", ""
        finally:
            serve.terminate()
            serve.wait()


def _ready(serve):
    hooks = ""
    for line in serve.stdout:
        word, _, rest = line.strip().partition(" ")
        hooks = rest if word == "hooks" else hooks
        if word == "ready":
            return hooks
    raise SystemExit("serve ended before it was ready")


def _told(number):
    return {
        "resourceType": "MedicationAdministration", "id": f"a{number}", "status": "completed",
        "subject": {"reference": f"Patient/p{number % 50}"},
    }  # fmt: skip


def _kernel(pid, field):
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = [line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")]
    return int(kilobytes) / 1024
