"""Many notifications into one `serve` that works: what it holds in memory, how long its WAL is, how long an answer
takes. Printed at each tenth of the way (the WAL at its longest), and judged at the end: ends with 1 when one of them is
not level.

The whole `serve` beside the product's own sandbox, each patient told of many times and read meanwhile. The first tenth
fills caches and does not count; level is when the last three tenths are, by their median, not over the three after the
first by more than the share that stands beside it.

    python -m benchmarks.soak [NOTIFICATIONS]
"""

import asyncio
import re
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import webhook
from benchmarks.serving import CONFIGURATION, kernel, running, until

NOTIFICATIONS, TENTHS = 200_000, 10
MORE = {"memory, MB": 0.15, "WAL, MB": 0.5, "p50, ms": 0.5, "p99, ms": 0.5}
"""How much more the end may be than the beginning."""
WIDTH, EVERY = 12, 0.05


def main(notifications):
    print(f"{notifications:,} notifications, {webhook.CONNECTIONS} connections")
    _line("kept", *MORE)
    with tempfile.TemporaryDirectory() as name, running(Path(name), "sandbox", "--port", "0") as (_, said):
        seen = _soaked(Path(name), re.search(r"http://\S+", said())[0], notifications // TENTHS)
    grown = [_growth(column) for column in zip(*seen, strict=True)]
    _line("more", *(f"{each:+.0%}" for each in grown))
    _line("at most", *(f"{each:+.0%}" for each in MORE.values()))
    level = [each <= most for each, most in zip(grown, MORE.values(), strict=True)]
    _line("level", *("yes" if each else "NO" for each in level))
    sys.exit(0 if all(level) else 1)


def _soaked(folder, ehr, tenth):
    """A row of figures for each tenth."""
    (folder / "fhir-adapter.toml").write_text(CONFIGURATION.format(ehr=ehr).replace("settle = 0", "settle = 10"))
    seen = []
    with running(folder, "serve") as (serve, said):
        until(lambda: "ready" in said())
        port = int(re.search(r"hooks \S+:(\d+)", said())[1])
        for number in range(1, TENTHS + 1):
            seen.append(_figures(serve.pid, *asyncio.run(_sent(port, folder, tenth))))
            _line(f"{number * tenth:,}", *(f"{each:.1f}" for each in seen[-1]))
    return seen


async def _sent(port, folder, count):
    """How long each answer took, and the longest that the WAL was seen to be meanwhile."""
    times, each, wal = [], count // webhook.CONNECTIONS, []
    watch = asyncio.create_task(_watched(folder / "data" / "adapter.sqlite3-wal", wal))
    await asyncio.gather(*(webhook.sender(port, number, times, most=each) for number in range(webhook.CONNECTIONS)))
    if watch.done():
        watch.result()
    watch.cancel()
    return times, max(wal)


async def _watched(path, seen):
    while True:
        seen.append(path.stat().st_size)
        await asyncio.sleep(EVERY)


def _figures(pid, times, wal):
    cuts = statistics.quantiles(times, n=100)
    return kernel(pid, "VmRSS"), wal / 1e6, cuts[49] * 1000, cuts[98] * 1000


def _growth(column):
    first, last = statistics.median(column[1:4]), statistics.median(column[-3:])
    return last / first - 1


def _line(*cells):
    print("".join(cell.rjust(WIDTH) for cell in cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else NOTIFICATIONS)
