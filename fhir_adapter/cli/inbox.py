"""`inbox` shows what we were told and what each notification caused; `pause` and `resume` stop and start posting.

A pause works at once, also in a `serve` that is running, and survives restarts.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, get_args

import typer

from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.settings import Settings
    from fhir_adapter.store.control import Command, Pause, Resume
    from fhir_adapter.store.inbox import Received

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
Word = TypeVar("Word", bound=str)
DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    app.command("inbox")(inbox)
    app.command("pause")(pause)
    app.command("resume")(resume)


def inbox(
    config: Config = DEFAULT,
    state: Annotated[str | None, typer.Option(help="Only received, marked, coded, faulty or ignored.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 100,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
) -> None:
    """List notifications, the newest first, and what each caused."""
    import msgspec

    received = asyncio.run(_received(config, state, limit))
    if _one_of(format, ("text", "json"), "--format") == "json":
        print(msgspec.json.format(msgspec.json.encode(received)).decode())
        return
    for notification in received:
        print(_line(notification))
    if not received:
        print("no notifications")


def pause(
    source: Annotated[str, typer.Argument(help="A source of the configuration.")],
    why: Annotated[str, typer.Option(help="The reason, for whoever finds the source paused.")],
    config: Config = DEFAULT,
) -> None:
    """Stop posting charges to a source, at once and until `resume`."""
    from fhir_adapter.store.control import Pause

    if not why.strip():
        raise ConfigurationError("--why: a reason is needed")
    _at_source(config, Pause(source=source, why=why, who=who()))


def resume(
    source: Annotated[str, typer.Argument(help="A source of the configuration.")], config: Config = DEFAULT
) -> None:
    """Post charges to a source again."""
    from fhir_adapter.store.control import Resume

    _at_source(config, Resume(source=source, who=who()))


async def _received(config: Path, state: str | None, limit: int) -> tuple[Received, ...]:
    from fhir_adapter import store
    from fhir_adapter.settings import load

    wanted = None if state is None else _one_of(state, get_args(store.inbox.State), "--state")
    settings = load(config)
    opened = store.open_for_reading(settings.database.reveal(), settings.data)
    try:
        return await opened.read(lambda conn: store.inbox.listed(conn, state=wanted, limit=limit))
    finally:
        opened.close()


def _at_source(config: Path, command: Pause | Resume) -> None:
    from fhir_adapter.settings import load

    _known(load(config), command.source)
    carry_out(config, command)


def carry_out(config: Path, command: Command) -> None:
    """Through the running `serve` where one holds the store; what it says is printed."""
    from fhir_adapter.app import clock
    from fhir_adapter.settings import load
    from fhir_adapter.store import control

    settings = load(config)
    print(asyncio.run(control.carry_out(settings.database.reveal(), settings.data, clock, command)))


def _known(settings: Settings, source: str) -> None:
    if source not in settings.sources:
        raise ConfigurationError(f"SOURCE: the configuration has no such source; it has {', '.join(settings.sources)}")


def _one_of(value: str, allowed: Sequence[Word], option: str) -> Word:
    """The word itself, typed; anything else is refused with what is allowed."""
    for word in allowed:
        if word == value:
            return word
    raise ConfigurationError(f"{option}: allowed are {', '.join(map(str, allowed))}")


def who() -> str:
    """Whoever owns this process, by the operating system."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _line(received: Received) -> str:
    told = " ".join(filter(None, (received.method, "/".join(filter(None, (received.type, received.id))))))
    head = (
        f"{received.number:>6}  {received.received_at:%Y-%m-%d %H:%M:%S}Z  {received.source}  {received.shape}  {told}"
    )
    return f"{head}  {received.state}{_caused(received)}"


def _caused(received: Received) -> str:
    if received.fault:
        return f": {received.fault}"
    if received.state != "coded":
        return ""
    visits = ", ".join(map(str, received.visits)) or "none"
    return f": visits {visits}; charges {', '.join(received.charges) or 'none'}"
