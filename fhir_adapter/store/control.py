"""How another command asks the one writer: a Unix socket in the data folder, one JSON line there, one back.

On SQLite only one process may write, and that is `serve`. So `pause` asks it; where none runs, the command opens the
store itself. On PostgreSQL every command writes for itself. The socket is 0600 in a folder that is 0700: whoever can
reach it owns the data. A line that is no command is answered with what is wrong, and changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from fhir_adapter.errors import ConfigurationError, StoreError
from fhir_adapter.store import decisions, exports, pauses, retention
from fhir_adapter.store.engines import is_sqlite
from fhir_adapter.store.folder import SOCKET
from fhir_adapter.store.opening import Store, open_store
from fhir_adapter.vocabulary import Clock

SECONDS = 30
LONGEST_LINE = 64 * 1024


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    source: str
    why: str
    who: str


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    source: str
    who: str


class Decide(msgspec.Struct, frozen=True, tag="decide"):
    wish: decisions.Wish


class Undo(msgspec.Struct, frozen=True, tag="undo"):
    number: int
    why: str
    who: str


class Replay(msgspec.Struct, frozen=True, tag="replay"):
    number: int


class Retain(msgspec.Struct, frozen=True, tag="retain"):
    """Remove raw bodies that are older, where billing is over: one look at a few patients. It answers with a
    `retention.Removed` as JSON; whoever asks goes on after its `last`, and the writer serves others between."""

    before: datetime
    after: tuple[str, str] = ("", "")


class Backfill(msgspec.Struct, frozen=True, tag="backfill"):
    """Have a source exported and read; `group` where the EHR exports groups only."""

    source: str
    since: datetime | None = None
    group: str | None = None


Command = Pause | Resume | Decide | Undo | Replay | Retain | Backfill

ReadAgain = Callable[[Connection, int], str]
"""Reads a notification of the inbox again, and says what it is now; understanding is a room above this one."""


class Answer(msgspec.Struct, frozen=True):
    """`said` is a sentence for the person who asked; `failed` is set when nothing was done."""

    said: str
    failed: bool = False


def obey(conn: Connection, command: Command, read_again: ReadAgain | None = None) -> str:
    """Do it in this transaction, and say what was done."""
    match command:
        case Pause(source, why, who):
            since = pauses.pause(conn, source, why=why, who=who).since
            return f"{source}: posting is paused since {since:%Y-%m-%d %H:%M} UTC"
        case Resume(source):
            return f"{source}: posting goes on" if pauses.resume(conn, source) else f"{source}: was not paused"
        case Decide(wish):
            return f"decision {decisions.decide(conn, wish)}: {wish.kind} of {wish.about}"
        case Backfill(source, since, group):
            asked = exports.ask(conn, source, since=since, group=group)
            return f"{source}: {'a backfill is asked for' if asked else 'a backfill is under way, and goes on'}"
        case Replay(number):
            return _replayed(conn, number, read_again)
        case Retain(before, after):
            return msgspec.json.encode(retention.remove(conn, before=before, after=after)).decode()
        case Undo(number, why, who):
            undone = decisions.undo(conn, number, who=who, why=why)
            return f"decision {number} is taken back" if undone else f"decision {number} does not hold: nothing to do"


def _replayed(conn: Connection, number: int, read_again: ReadAgain | None) -> str:
    if read_again is None:
        raise StoreError("whoever holds the store cannot read notifications")
    return read_again(conn, number)


async def carry_out(url: str, data: Path, clock: Clock, command: Command, read_again: ReadAgain | None = None) -> str:
    """Ask the running `serve`; where none runs, or on PostgreSQL, write it here."""
    answer = await _asked(data, command) if is_sqlite(url) else None
    if answer is not None:
        return answer
    store = open_store(url, data, clock)
    try:
        return await store.write(lambda conn: obey(conn, command, read_again))
    finally:
        store.close()


@asynccontextmanager
async def listening(store: Store, data: Path, read_again: ReadAgain | None = None) -> AsyncIterator[None]:
    """Answer commands while the context lasts. Only the holder of the writer's lock may call this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(msgspec.json.encode(await _answer(store, reader, read_again)) + b"\n")
            await writer.drain()
        except ConnectionError:
            pass  # whoever asked has gone; what was asked is done
        finally:
            writer.close()

    server = await asyncio.start_unix_server(answer, sock=_socket(data / SOCKET), limit=LONGEST_LINE)
    try:
        yield
    finally:
        server.close()
        (data / SOCKET).unlink(missing_ok=True)


async def _answer(store: Store, reader: asyncio.StreamReader, read_again: ReadAgain | None) -> Answer:
    try:
        command = msgspec.json.decode(await reader.readline(), type=Command)
        return Answer(await store.write(lambda conn: obey(conn, command, read_again)))
    except (ValueError, msgspec.MsgspecError) as error:
        return Answer(f"not a command: {error}", failed=True)
    except StoreError as error:
        return Answer(str(error), failed=True)


async def _asked(data: Path, command: Command) -> str | None:
    """None when nobody listens there."""
    try:
        reader, writer = await asyncio.open_unix_connection(_address(data / SOCKET))
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        writer.write(msgspec.json.encode(command) + b"\n")
        answer = msgspec.json.decode(await asyncio.wait_for(reader.readline(), SECONDS), type=Answer)
    except (TimeoutError, ConnectionError, msgspec.DecodeError):
        raise StoreError("the running serve did not answer; look whether it was done, and ask again") from None
    finally:
        writer.close()
    if answer.failed:
        raise StoreError(answer.said)
    return answer.said


def _socket(path: Path) -> socket.socket:
    """Bound and private before anybody can connect. One that a killed process left behind is removed."""
    address = _address(path)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    path.chmod(0o600)
    return listener


def _address(path: Path) -> str:
    """A Unix address holds about 100 bytes; seen from the working directory a path is often shorter."""
    short = min(os.path.relpath(path), str(path), key=len)
    if len(os.fsencode(short)) > 100:
        raise ConfigurationError(f"data: the path of {path.parent} is too long for a socket; 80 characters will do")
    return short
