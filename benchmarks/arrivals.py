"""Notifications that arrive on their own clock, answered or not: an open loop.

Each has its moment before anything is sent. Where no connection is free then, it waits, and the wait counts: a server
that stalls is not spared what would have come meanwhile.
"""

import asyncio
import time

from benchmarks.webhook import CONNECTIONS, HEAD


async def arrive(port, bodies, rate):
    """`rate` a second. When each was to be sent, by the clock of the machine, and after how many seconds the answer."""
    free = asyncio.Queue()
    for connection in await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS))):
        free.put_nowait(connection)
    begin, at = time.perf_counter(), time.time()
    offsets = [place / rate for place in range(len(bodies))]
    answered = await asyncio.gather(
        *(_sent(free, body, begin + offset) for body, offset in zip(bodies, offsets, strict=True))
    )
    while not free.empty():
        free.get_nowait()[1].close()
    return [at + offset for offset in offsets], answered


async def _sent(free, body, moment):
    await asyncio.sleep(moment - time.perf_counter())
    reader, writer = connection = await free.get()
    writer.write(HEAD % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 204"):
        raise SystemExit(f"not kept: {answer[:60]!r}")
    free.put_nowait(connection)
    return time.perf_counter() - moment
