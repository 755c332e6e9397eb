"""A proxy before the FHIR server, served by a thread of its own; what it does to a request says who makes it one."""

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import httpx

HOP = ("content-length", "connection", "accept-encoding")
KEPT = ("etag", "location", "content-location", "content-type", "last-modified", "retry-after")


@dataclass
class Request:
    method: str
    target: str
    headers: dict
    body: bytes

    @cached_property
    def charges(self):
        """The ChargeItems that it writes, by itself or in a transaction."""
        if self.method not in ("POST", "PUT"):
            return ()
        written = json.loads(self.body)
        all_of_them = [entry["resource"] for entry in written.get("entry", ())] if _is_bundle(written) else [written]
        return tuple(one for one in all_of_them if one["resourceType"] == "ChargeItem")


def _is_bundle(written):
    return written["resourceType"] == "Bundle"


class Proxy:
    """Passes everything on. `spoil` answers (status, headers, body), or None: the connection ends."""

    def __init__(self, server):
        self.server = httpx.URL(server)
        self.origin = f"{self.server.scheme}://{self.server.netloc.decode()}"

    async def spoil(self, request):
        return await self.forward(request)

    async def forward(self, request):
        headers = {name: value for name, value in request.headers.items() if name not in HOP}
        answer = await self._http.request(
            request.method, f"{self.origin}{request.target}", headers=headers, content=request.body
        )
        return (
            answer.status_code,
            {name: answer.headers[name] for name in KEPT if name in answer.headers},
            answer.content,
        )

    async def connection(self, reader, writer):
        try:
            while request := await _request(reader):
                answer = await self.spoil(request)
                if answer is None:
                    break
                writer.write(_written(*answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the adapter was killed, or does not wait any longer; or the proof is over
        finally:
            writer.close()

    async def run(self, ready, stop):
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits) as self._http:
            listener = await asyncio.start_server(self.connection, "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            ready(f"http://127.0.0.1:{port}{self.server.path}")
            await stop.wait()
            listener.close()


async def _request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines if one)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)


def _written(status, headers, body):
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Passed\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def identifier(charge):
    return charge["identifier"][0]["value"]


def subject(charge):
    return charge["subject"]["reference"]


@contextmanager
def running(proxy):
    """The address under which the server is reached through the proxy."""
    loop, found, stop = asyncio.new_event_loop(), [], asyncio.Event()
    there = threading.Event()

    def ready(address):
        found.append(address)
        there.set()

    async def serve():
        await proxy.run(ready, stop)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0)  # a closed connection is let go in the next round of the loop

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert there.wait(30)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
