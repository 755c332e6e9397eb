"""On the disk before the answer, as the operating system saw it; a full disk told at once; ready while it is busy."""

import asyncio
import re
import resource
import shutil
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from serve.conftest import TOKEN, until

from fhir_adapter.app.build import build
from fhir_adapter.settings import load

pytestmark = pytest.mark.real
LITTLE = 96 * 1024


def told(hooks, number):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    body = {"resourceType": "Encounter", "id": f"e{number}", "subject": {"reference": "Patient/canary"}}
    return httpx.post(f"{hooks}/hooks/main", json=body, headers=headers)


def test_the_disk_has_it_before_the_sender_is_answered(start, configure, tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("strace is missing (Debian: apt-get install strace)")
    with start("serve", "--config", configure(mode="shadow")) as adapter:
        hooks, trace = adapter.until("hooks "), tmp_path / "trace"
        watched = "trace=fsync,fdatasync,write,writev,sendto,sendmsg"
        command = ["strace", "-f", "-s", "24", "-e", watched, "-o", trace, "-p", str(adapter.process.pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            try:
                assert "attached" in strace.stderr.readline()
                for number in range(3):
                    assert told(hooks, number).status_code == 204
            finally:
                strace.terminate()
    calls = [line for line in trace.read_text().splitlines() if "sync" in line or "HTTP/1.1 204" in line]
    kinds = ["answered" if "HTTP/1.1 204" in line else "synced" for line in calls if " = 0" in line or "204" in line]
    assert kinds.count("answered") == 3
    asked = [place for place, kind in enumerate(kinds) if kind == "answered"]
    assert all("synced" in kinds[before:place] for before, place in zip([0, *asked], asked, strict=False)), kinds


def test_a_full_disk_is_told_within_a_second_and_is_no_reason_to_restart(start, configure):
    """The limit of a file's size stands for the disk: a write beyond it fails as one on a full disk does."""
    with start("serve", "--config", configure(mode="shadow")) as adapter:
        hooks, pid = adapter.until("hooks "), adapter.process.pid
        assert told(hooks, 0).status_code == 204
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LITTLE, most))
        for number in range(200):
            asked = time.monotonic()
            answer = told(hooks, number)
            if answer.status_code == 503:
                break
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        waited = time.monotonic() - asked
        print(f"told of the full disk after {waited * 1000:.0f} ms")
        assert waited < 10, "it did not hang"
        assert httpx.get(f"{hooks}/readyz").status_code == 503
        assert httpx.get(f"{hooks}/healthz").status_code == 200
        assert re.search(r'write_errors_total\{kind="StoreFull"\} [1-9]', httpx.get(f"{hooks}/metrics").text)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        until(lambda: told(hooks, 999).status_code == 204)
        assert httpx.get(f"{hooks}/readyz").status_code == 200


@pytest.mark.anyio
async def test_it_is_ready_while_a_write_takes_a_second_and_not_when_it_takes_for_ever(configure):
    app = build(load(Path(configure()), {"HOOK_TOKEN": TOKEN}))
    free = threading.Event()
    transport = httpx.ASGITransport(app.hooks)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as hooks:
        second = asyncio.create_task(app.store.write(lambda conn: time.sleep(1)))
        await asyncio.sleep(0.05)
        assert (await hooks.get("/healthz")).status_code == 200
        assert not second.done(), "health does not wait for the database"
        assert (await hooks.get("/readyz")).status_code == 200
        held = asyncio.create_task(app.store.write(lambda conn: free.wait(60)))
        await asyncio.sleep(0.05)
        assert (await hooks.get("/readyz")).status_code == 503
        free.set()
        await asyncio.gather(second, held)
        assert (await hooks.get("/readyz")).status_code == 200
    await app.close()
