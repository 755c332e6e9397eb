"""What a trial makes on somebody's server, and how all of it goes away again.

Each id stands in the run file, on disk, before the server hears of it; only what stands there is ever deleted. So a
trial that is killed leaves a file from which `source try --clean FILE` finishes, and another author's resource with the
same tag is never touched. Charges get their ids from the server: they are found by the identifiers in the file.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrError, EhrNotFound, Fault, InputFaults

T = TypeVar("T")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file: a resource of ours, or the identifier of a charge of ours."""

    type: str
    id: str | None = None
    identifier: str | None = None


class RunFile:
    """JSON lines, each on disk before `note` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, line: Line) -> None:
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> tuple[Line, ...]:
        try:
            texts = self.path.read_bytes().splitlines()
            return tuple(msgspec.json.decode(text, type=Line) for text in texts)
        except (OSError, msgspec.MsgspecError) as error:
            raise InputFaults((Fault(str(self.path), f"is not a run file: {error}"),)) from None


async def whole(step: Coroutine[Any, Any, T]) -> T:
    """A write, to its end: a server that was left in the middle of one may finish it after we have deleted."""
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


async def clean(ehr: EhrClient, file: RunFile) -> tuple[str, ...]:
    """Delete everything the file names, charges first, the newest first; what could not be deleted comes back."""
    left = [name async for name in _charges_left(ehr, file)]
    resources = [f"{line.type}/{line.id}" for line in reversed(file.lines()) if line.id is not None]
    left += [name for name in resources if not await _deleted(ehr, name)]
    if not left:
        file.path.unlink()
    return tuple(left)


async def _charges_left(ehr: EhrClient, file: RunFile) -> AsyncIterator[str]:
    for line in file.lines():
        if line.identifier is None:
            continue
        try:
            found = await ehr.search("ChargeItem", {"identifier": line.identifier})
        except EhrError:
            yield f"ChargeItem?identifier={line.identifier}"
            continue
        for item in found:
            if not _carries(item.body, line.identifier):
                yield f"ChargeItem?identifier={line.identifier} (the server found another item by it)"
                break
            if not await _deleted(ehr, f"ChargeItem/{item.id}"):
                yield f"ChargeItem/{item.id}"


def _carries(body: bytes, identifier: str) -> bool:
    """A lenient server ignores a search parameter that it does not know, and finds everything."""
    system, _, value = identifier.rpartition("|")
    identifiers = json.loads(body).get("identifier") or ()
    return any((one.get("system"), one.get("value")) == (system, value) for one in identifiers)


async def _deleted(ehr: EhrClient, name: str) -> bool:
    try:
        await ehr.delete(name, f"DELETE {name.partition('/')[0]}")
    except EhrNotFound:
        return True
    except EhrError:
        return False
    return True


def tagged(resources: list[dict[str, Any]], system: str, run: str) -> Iterator[tuple[Line, bytes]]:
    """Each resource with the run's tag, and the line that has to be written before it."""
    for resource in resources:
        body = resource | {"meta": {"tag": [{"system": system, "code": run}]}}
        yield Line(type=resource["resourceType"], id=resource["id"]), json.dumps(body).encode()
