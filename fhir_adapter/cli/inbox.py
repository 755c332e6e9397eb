"""`inbox` shows what we were told and what each notification caused, and reads one again.

`pause` and `resume` stop and start posting. A pause works at once, also in a `serve` that runs, and survives restarts.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fhir_adapter.settings import Settings
    from fhir_adapter.store.control import Command, Pause, Resume
    from fhir_adapter.store.inbox import Received

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
Word = TypeVar("Word", bound=str)
T = TypeVar("T")
DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    box = typer.Typer(name="inbox", help="What we were told: list it, look at one, read one again.")
    box.callback(invoke_without_command=True)(inbox)
    for command in (list_, show, replay):
        box.command(command.__name__.strip("_"))(command)
    app.add_typer(box)
    app.command("pause")(pause)
    app.command("resume")(resume)


Only = Annotated[str | None, typer.Option("--state", help="Only received, marked, coded, faulty, ignored or replayed.")]
Parked = Annotated[bool, typer.Option("--parked", help="Only about patients whose work is parked.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")]
Format = Annotated[str, typer.Option("--format", help="text or json.")]
Number = Annotated[int, typer.Argument(help="The number that the list shows.")]


def inbox(
    context: typer.Context,
    config: Config = DEFAULT,
    state: Only = None,
    parked: Parked = False,
    limit: Limit = 100,
    format: Format = "text",  # noqa: A002 - the option's name
) -> None:
    """What we were told: list it, look at one, read one again. Without a command: list."""
    if context.invoked_subcommand is None:
        list_(config, state, parked, limit, format)


def list_(
    config: Config = DEFAULT,
    state: Only = None,
    parked: Parked = False,
    limit: Limit = 100,
    format: Format = "text",  # noqa: A002 - the option's name
) -> None:
    """List notifications, the newest first, and what each caused. Quarantine: --state faulty."""
    wanted = None if state is None else _one_of(state, get_args(_states()), "--state")
    received = _read(config, lambda conn: _store().inbox.listed(conn, state=wanted, parked=parked, limit=limit))
    if _one_of(format, ("text", "json"), "--format") == "json":
        _print_json(received)
        return
    for notification in received:
        print(_line(notification))
    if not received:
        print("no notifications")


def show(
    number: Number,
    config: Config = DEFAULT,
    format: Format = "text",  # noqa: A002 - the option's name
    body: Annotated[bool, typer.Option("--body", help="Only the body, byte for byte: it is a patient's data.")] = False,
) -> None:
    """One notification: what it said, what it caused, how its patient's work stands."""
    found = _read(config, lambda conn: _store().condition.notification(conn, number))
    if found is None:
        raise ConfigurationError(f"NUMBER: there is no notification {number}")
    if body:
        sys.stdout.buffer.write(_read(config, lambda conn: _store().inbox.body(conn, number)))
    elif _one_of(format, ("text", "json"), "--format") == "json":
        _print_json(found)
    else:
        print(_line(found.received))
        print(
            f"body: {found.body_bytes} bytes" + (f", removed {found.removed_at:%Y-%m-%d}" if found.removed_at else "")
        )
        for lane, work in found.work.items():
            print(
                f"{lane}: {work.state}, {work.attempts} attempts" + (f", {work.state_code}" if work.state_code else "")
            )


def replay(number: Number, config: Config = DEFAULT) -> None:
    """Read a notification again, as if it came now; its patient is looked at again, a parked one too."""
    from fhir_adapter.store.control import Replay

    carry_out(config, Replay(number=number))


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


def _store() -> Any:
    """The room, imported when a command needs it."""
    from fhir_adapter import store

    return store


def _states() -> Any:
    return _store().inbox.State


def _read(config: Path, read: Callable[[Connection], T]) -> T:
    from fhir_adapter.settings import load

    return asyncio.run(look(load(config), read))


def _print_json(found: object) -> None:
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(found)).decode())


def _at_source(config: Path, command: Pause | Resume) -> None:
    from fhir_adapter.settings import load

    _known(load(config), command.source)
    carry_out(config, command)


def carry_out(config: Path, command: Command) -> None:
    """Through the running `serve` where one holds the store; what it says is printed."""
    from fhir_adapter.app import clock
    from fhir_adapter.receive.replay import replay
    from fhir_adapter.settings import load
    from fhir_adapter.store import control

    settings = load(config)
    again = partial(replay, sources=settings.sources)
    print(asyncio.run(control.carry_out(settings.database.reveal(), settings.data, clock, command, again)))


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
