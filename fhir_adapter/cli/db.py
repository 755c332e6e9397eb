"""`db status | migrate | backup | restore | retain`: the database as an operator meets it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.settings import Settings
    from fhir_adapter.store.condition import Lane, Status

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    db = typer.Typer(name="db", no_args_is_help=True, help="The database: its state, its tables, copies of it.")
    for command in (status, migrate, backup, restore, retain):
        db.command()(command)
    app.add_typer(db)


def status(
    config: Config = DEFAULT,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
) -> None:
    """How the database is: revision, size, who waits, what is held. Writes nothing."""
    import msgspec

    if format not in ("text", "json"):
        raise ConfigurationError("--format: allowed are text, json")
    found = _status(_settings(config))
    if format == "json":
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for name, value in _told(found):
        print(f"{name:<22} {value}")


def migrate(config: Config = DEFAULT) -> None:
    """Bring the tables to this program's; SQLite is copied first. `serve` does it too when it starts."""
    from fhir_adapter.app import clock
    from fhir_adapter.store.opening import migrate_store

    settings = _settings(config)
    done = migrate_store(settings.database.reveal(), settings.data, clock)
    if done.before == done.after:
        print(f"the tables are at {done.after} already")
        return
    print(f"the tables were at {done.before or 'nothing'} and are at {done.after}")
    if done.copy:
        print(f"copy of before: {done.copy}")


def backup(
    to: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    config: Config = DEFAULT,
) -> None:
    """Copy the whole database into a file, while `serve` goes on. Keep the data folder's site.key with it."""
    from fhir_adapter.store.copies import back_up

    settings = _settings(config)
    print(f"copied to {back_up(settings.database.reveal(), settings.data, to)}")


def restore(
    copy: Annotated[Path, typer.Argument(help="A file that `db backup` wrote.")], config: Config = DEFAULT
) -> None:
    """Put a copy in place of the database. Stop `serve` first; pause sources before it starts again if in doubt."""
    from fhir_adapter.app import clock
    from fhir_adapter.store.copies import restore as put_back

    settings = _settings(config)
    kept = put_back(settings.database.reveal(), settings.data, clock, copy)
    print(f"restored from {copy}")
    if kept:
        print(f"the database of before: {kept}")


def retain(
    config: Config = DEFAULT,
    days: Annotated[int | None, typer.Option(min=1, help="Instead of the configuration's keep_raw_days.")] = None,
) -> None:
    """Empty raw resources and notifications of patients whose charges are billed. Ledger and hashes stay."""
    import asyncio

    settings = _settings(config)
    kept = days or settings.keep_raw_days
    if kept is None:
        raise ConfigurationError("keep_raw_days is not configured: say --days, or nothing is removed")
    bodies, asked = asyncio.run(_retained(settings, kept))
    print(f"{bodies} raw bodies were emptied; {asked} patients are read again to see whether they were billed")


async def _retained(settings: Settings, days: int) -> tuple[int, int]:
    """Through the running `serve`, a few patients at a time."""
    from datetime import timedelta

    import msgspec

    from fhir_adapter.app import clock
    from fhir_adapter.store.control import Retain, carry_out
    from fhir_adapter.store.retention import Removed

    before = clock() - timedelta(days=days)
    after: tuple[str, str] | None = ("", "")
    bodies = asked = 0
    while after is not None:
        said = await carry_out(settings.database.reveal(), settings.data, clock, Retain(before=before, after=after))
        found = msgspec.json.decode(said, type=Removed)
        bodies, asked, after = bodies + found.bodies, asked + found.asked, found.last
    return bodies, asked


def _settings(config: Path) -> Settings:
    from fhir_adapter.settings import load

    return load(config)


def _status(settings: Settings) -> Status:
    import asyncio

    from fhir_adapter.app import clock
    from fhir_adapter.store import condition

    return asyncio.run(look(settings, lambda conn: condition.status(conn, clock()), any_revision=True))


def _told(status: Status) -> list[tuple[str, str]]:
    condition = status.condition
    behind = "" if status.revision == status.needs else f"; this program's is {status.needs}: fhir-adapter db migrate"
    return [
        ("database", f"{status.database}, {status.megabytes:.1f} MB"),
        ("revision", f"{status.revision}{behind}"),
        *((f"behind, {lane}", _lane(found)) for lane, found in condition.lanes.items()),
        ("notifications", _counts(condition.inbox)),
        ("charges on their way", _counts(condition.outbox)),
        ("visits held by", _counts(condition.held)),
        ("events", _counts(condition.events)),
    ]


def _lane(lane: Lane) -> str:
    since = f"; the first since {lane.due_since:%Y-%m-%d %H:%M:%S} UTC" if lane.due_since else ""
    return _counts(lane.states) + since


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
