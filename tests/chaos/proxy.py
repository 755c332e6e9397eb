"""A proxy before the FHIR server that spoils writes: what it did to each, and whether the server had taken it, is kept.

    dropped      forwarded and committed; the connection ends without an answer
    failed       forwarded and committed; the answer is a 502
    conflict     409, not forwarded          mismatch   412, not forwarded
    refused      429 with Retry-After: 1     reset      the connection ends before anything is forwarded
    slow         forwarded; the answer comes after the client has given up waiting

A faulted identifier counts as looked up when it was searched for, or its item read, afterwards.
"""

import asyncio
import json
import random
import threading
from collections import Counter
from contextlib import contextmanager

import httpx

KINDS = ("dropped", "failed", "conflict", "mismatch", "refused", "reset", "slow")
ANSWERS = {"failed": 502, "conflict": 409, "mismatch": 412, "refused": 429}
FORWARDED = ("dropped", "failed", "slow")
SLOW = 3


class Proxy:
    def __init__(self, server, *, share=0.25, most=10_000, seed=3):
        self._server, self._share, self._most, self._chance = server, share, most, random.Random(seed)
        self.times, self.committed, self.looked_up = Counter(), Counter(), Counter()
        self._in_doubt, self._spoiled = [], Counter()

    async def connection(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not await self._request(head, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _request(self, head, reader, writer):
        """False when the connection is to end."""
        line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        headers = dict(one.split(": ", 1) for one in lines if one)
        low = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(low.get("content-length", 0)))
        fault = self._fault(method, body)
        self._note_look_up(method, target)
        if fault == "reset":
            return False
        if fault in ANSWERS and fault not in FORWARDED:
            return await _say(writer, ANSWERS[fault])
        answer = await self._forward(method, target, low, body)
        if fault:
            self._note(fault, answer, target, body)
        if fault == "dropped":
            return False
        if fault == "failed":
            return await _say(writer, ANSWERS[fault])
        if fault == "slow":
            await asyncio.sleep(SLOW)
        return await _pass_on(writer, answer)

    def _fault(self, method, body):
        """None for a look-up, where there were enough, and mostly; one write is spoiled twice at most."""
        if method not in ("POST", "PUT") or self.times.total() >= self._most or self._chance.random() >= self._share:
            return None
        written = _identifier(body)
        if self._spoiled[written] == 2:
            return None
        self._spoiled[written] += 1
        fault = KINDS[self.times.total() % len(KINDS)]
        self.times[fault] += 1
        return fault

    def _note(self, fault, answer, target, body):
        if answer.is_success:
            self.committed[fault] += 1
            self._in_doubt.append((fault, {_identifier(body), target.rpartition("ChargeItem")[2].strip("/")} - {""}))

    def _note_look_up(self, method, target):
        """A search for an identifier, or the reading of an item, after its write was spoiled."""
        if method != "GET" or "ChargeItem" not in target:
            return
        asked = httpx.URL(f"http://h{target}")
        name = asked.params.get("identifier", "").rpartition("|")[2].replace("\\", "") or asked.path.rpartition("/")[2]
        for doubt in [one for one in self._in_doubt if name in one[1]]:
            self._in_doubt.remove(doubt)
            self.looked_up[doubt[0]] += 1

    async def _forward(self, method, target, headers, body):
        kept = {name: value for name, value in headers.items() if name not in ("host", "content-length", "connection")}
        return await self._http.request(method, f"{self._origin}{target}", headers=kept, content=body)

    async def run(self, ready, stop):
        server = httpx.URL(self._server)
        self._origin = f"{server.scheme}://{server.netloc.decode()}"
        async with httpx.AsyncClient(timeout=60) as self._http:
            listener = await asyncio.start_server(self.connection, "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            ready(f"http://127.0.0.1:{port}{server.path}")
            await stop.wait()
            listener.close()


def _identifier(body):
    return json.loads(body)["identifier"][0]["value"]


async def _say(writer, status):
    extra = "Retry-After: 1\r\n" if status == 429 else ""
    writer.write(f"HTTP/1.1 {status} Spoiled\r\n{extra}Content-Length: 0\r\n\r\n".encode())
    await writer.drain()
    return True


async def _pass_on(writer, answer):
    kept = ("etag", "location", "content-location", "content-type", "last-modified", "retry-after")
    head = "".join(f"{name}: {answer.headers[name]}\r\n" for name in kept if name in answer.headers)
    start = f"HTTP/1.1 {answer.status_code} Passed\r\n{head}Content-Length: {len(answer.content)}\r\n\r\n"
    writer.write(start.encode() + answer.content)
    await writer.drain()
    return True


@contextmanager
def running(proxy):
    """The address under which the server is reached through the proxy, served by a thread of its own."""
    loop, found, stop = asyncio.new_event_loop(), [], asyncio.Event()
    there = threading.Event()

    def ready(address):
        found.append(address)
        there.set()

    thread = threading.Thread(target=lambda: loop.run_until_complete(proxy.run(ready, stop)))
    thread.start()
    there.wait(30)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
