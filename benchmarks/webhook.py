"""Notifications kept per second at 64 connections, beside the same app that keeps nothing, in turns on one machine.

Both are `serve`'s own hooks listener in a process of its own; the one that keeps nothing has a store whose `write` only
answers. The sender is this process: bare sockets, one request at a time on each connection, each another patient.
"""

import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONNECTIONS, SECONDS, TURNS = 64, 4, 3
BODY = b'{"resourceType":"MedicationAdministration","id":"a%d","subject":{"reference":"Patient/p%d"}}'
HEAD = b"POST /hooks/main HTTP/1.1\r\nHost: h\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n"


def rows():
    rates, latest = {"keeping": [], "not keeping": []}, {}
    for _ in range(TURNS):
        for name, seen in rates.items():
            count, times = _measured(name)
            seen.append(count)
            latest[name] = statistics.quantiles(times, n=100)[98] * 1000
    kept, bare = (statistics.median(seen) for seen in rates.values())
    yield f"notifications kept on disk before the answer, {CONNECTIONS} connections, /s", f"{kept:,.0f}", ""
    yield "the same app keeping nothing, /s", f"{bare:,.0f}", ""
    yield "ratio", f"{kept / bare:.0%}", "≥ 60 %"
    yield "p99 of a kept notification, ms", f"{latest['keeping']:.0f}", "≤ 60"


def _measured(name):
    """Answers a second, and how long each took."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "err").open("wb") as log:
        command = [sys.executable, "-m", "benchmarks.hooks_only", folder, name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as serving:
            try:
                port = int(re.search(rb":(\d+)", serving.stdout.readline())[1])
                return asyncio.run(_load(port))
            finally:
                serving.terminate()


async def _load(port):
    times = []
    end = time.perf_counter() + SECONDS
    await asyncio.gather(*(sender(port, number, times, end=end) for number in range(CONNECTIONS)))
    return len(times) / SECONDS, times


async def sender(port, number, times, *, end=float("inf"), most=float("inf")):
    """One connection, one request after the other, until a moment or a number; how long each took goes to `times`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    while (start := time.perf_counter()) < end and sent < most:
        number, sent = number + CONNECTIONS, sent + 1
        body = BODY % (number, number % 5000)
        writer.write(HEAD % len(body) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 204"):
            raise SystemExit(f"not kept: {answer[:60]!r}")
        times.append(time.perf_counter() - start)
    writer.close()
