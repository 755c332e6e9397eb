"""Every generator in turn over TCP, against a `serve` that runs.

    python tests/hostile/barrage.py 100000      by command; prints a table

Counts answers by status, and how long the slowest took. No generator may be answered with 500.
"""

import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile.bodies import BODIES
from hostile.wires import WIRES

GENERATORS = BODIES | WIRES
AT_ONCE = 8
PATIENCE = 30
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
NO_ANSWER = "-"


@dataclass
class Outcome:
    """What came of one generator."""

    answers: Counter = field(default_factory=Counter)
    slowest: float = 0.0


async def barrage(port, count, seed=1):
    """`count` requests, the generators in turn; name → outcome."""
    outcomes = {name: Outcome() for name in GENERATORS}
    turns = iter(range(count))

    async def fire():
        for turn in turns:
            name = list(GENERATORS)[turn % len(GENERATORS)]
            request = GENERATORS[name](random.Random(f"{seed} {turn}"))
            await asyncio.wait_for(_one(port, request, outcomes[name]), PATIENCE)

    await asyncio.gather(*(fire() for _ in range(AT_ONCE)))
    return outcomes


async def _one(port, request, outcome):
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        await _send(writer, request)
        if not request.hang_up:
            answer = await reader.read()
    except ConnectionError:
        pass  # it has refused to go on listening, which is an answer too
    finally:
        writer.close()
    outcome.answers.update([status.decode() for status in STATUS.findall(answer)] or [NO_ANSWER])
    outcome.slowest = max(outcome.slowest, time.perf_counter() - begun - request.pause * (len(request.parts) - 1))


async def _send(writer, request):
    for number, part in enumerate(request.parts):
        await asyncio.sleep(request.pause if number else 0)
        writer.write(part)
        await writer.drain()


def peak_megabytes(pid):
    """The most memory that the process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def table(outcomes):
    width = max(map(len, outcomes))
    for name, outcome in outcomes.items():
        answers = " ".join(f"{status}×{count}" for status, count in sorted(outcome.answers.items()))
        yield f"{name:{width}}  {outcome.slowest * 1000:7.0f} ms  {answers}"


def total(outcomes):
    return sum((outcome.answers for outcome in outcomes.values()), Counter())


def report(outcomes, seconds):
    """The last lines of the table."""
    answers, slowest = total(outcomes), max(outcomes, key=lambda name: outcomes[name].slowest)
    yield f"{len(outcomes)} generators, {answers.total()} answers in {seconds:.0f} s: {dict(sorted(answers.items()))}"
    yield f"slowest: {outcomes[slowest].slowest * 1000:.0f} ms ({slowest})"


def main(count):
    from hostile.conftest import configuration
    from serve.conftest import started

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with started(folder, "serve", "--config", configuration(folder)) as serve:
            port = int(serve.until("hooks ").rpartition(":")[2])
            serve.until("ready")
            before, begun = peak_megabytes(serve.process.pid), time.perf_counter()
            outcomes = asyncio.run(barrage(port, count))
            for line in (*table(outcomes), *report(outcomes, time.perf_counter() - begun)):
                print(line)
            print(f"memory: {before:.0f} MB before, {peak_megabytes(serve.process.pid):.0f} MB at most")
            return 1 if total(outcomes)["500"] else serve.end()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
