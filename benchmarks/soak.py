"""Many notifications, one after the other, into one `serve`: what it holds in memory, how long its WAL is, how long an
answer takes – at each tenth of the way. Level is what is hoped for; the numbers are what was seen.

    python -m benchmarks.soak [NOTIFICATIONS]
"""

import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import webhook
from benchmarks.serving import kernel

NOTIFICATIONS, TENTHS = 200_000, 10


def main(notifications):
    table = Table(title=f"{notifications:,} notifications, {webhook.CONNECTIONS} connections")
    for name in ("kept", "memory, MB", "WAL, MB", "p50, ms", "p99, ms"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder, Path(folder, "err").open("wb") as log:
        command = [sys.executable, "-m", "benchmarks.hooks_only", folder, "keeping"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as serving:
            try:
                port = int(re.search(rb":(\d+)", serving.stdout.readline())[1])
                for tenth in range(1, TENTHS + 1):
                    times = asyncio.run(_send(port, notifications // TENTHS))
                    table.add_row(f"{notifications * tenth // TENTHS:,}", *_seen(serving.pid, Path(folder), times))
            finally:
                serving.terminate()
    Console(width=110).print(table)


async def _send(port, count):
    times, each = [], count // webhook.CONNECTIONS
    await asyncio.gather(*(webhook.sender(port, number, times, most=each) for number in range(webhook.CONNECTIONS)))
    return times


def _seen(pid, folder, times):
    wal = folder / "data" / "adapter.sqlite3-wal"
    cuts = statistics.quantiles(times, n=100)
    sizes = (kernel(pid, "VmRSS"), wal.stat().st_size / 1e6)
    return (*(f"{size:.1f}" for size in sizes), *(f"{cuts[place] * 1000:.1f}" for place in (49, 98)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else NOTIFICATIONS)
