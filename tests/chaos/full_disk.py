"""A disk that is full while many senders speak: how long the longest waited for its answer, and that it goes on after.

A small file system of its own where we may mount one; elsewhere the limit of a file's size stands for it, which makes a
write fail as a full disk does.
"""

import os
import resource
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
from chaos.stage import Stage, until

SENDERS, SECONDS = 8, 3
SMALL = 24
"""Megabytes of the file system."""
BODY = b'{"resourceType":"Basic","text":"' + b"x" * 20_000 + b'"}'


def prove(folder, ehr):
    """Answers 204 and 503, the longest wait for a 503 in seconds, and what was full. Afterwards it goes on."""
    with _small(folder / "small") as what, Stage(folder / "small", ehr).running() as adapter:
        hooks = adapter.address("hooks")
        assert _say(hooks)[0] == 204
        with _full(folder / "small", adapter.process.pid, what), ThreadPoolExecutor(SENDERS) as senders:
            said = [one for many in senders.map(lambda _: _speak(hooks), range(SENDERS)) for one in many]
        until(lambda: _say(hooks)[0] == 204)
    waits = [seconds for status, seconds in said if status == 503]
    return len(said) - len(waits), len(waits), max(waits), what


@contextmanager
def _small(folder):
    folder.mkdir(parents=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}m", "tmpfs", str(folder)]
    mounted = os.getuid() == 0 and subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    try:
        yield f"tmpfs of {SMALL} MB" if mounted else "RLIMIT_FSIZE"
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _full(folder, pid, what):
    if what == "RLIMIT_FSIZE":
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
        yield
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        return
    filler = folder / "filler"
    with filler.open("wb") as file:
        left = os.statvfs(folder)
        file.write(b"\0" * (left.f_bavail * left.f_frsize))
    yield
    filler.unlink()


def _speak(hooks):
    end, said = time.monotonic() + SECONDS, []
    with httpx.Client(timeout=60) as sender:
        while time.monotonic() < end:
            said.append(_say(hooks, sender))
    return said


def _say(hooks, sender=httpx):
    """Status, and seconds."""
    asked = time.monotonic()
    status = sender.post(f"{hooks}/hooks/main", content=BODY).status_code
    return status, time.monotonic() - asked
