"""`conservation`: every notification and every administration of a source, and where it ended. Reads only.

Exit status 1 where something ended nowhere; it is named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.history.conservation import Account

DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    app.command("conservation")(conservation)


def conservation(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
    config: Annotated[Path, typer.Option("--config", help="The configuration file.")] = DEFAULT,
) -> None:
    """Prove that nothing was lost: what was told and given, and where each ended."""
    import msgspec

    if format not in ("text", "json"):
        raise ConfigurationError("--format: allowed are text, json")
    found = asyncio.run(_accounts(config, source))
    if format == "json":
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        print("\n".join(line for name, accounts in found.items() for line in _lines(name, accounts)))
    raise typer.Exit(0 if all(each.holds for accounts in found.values() for each in accounts) else 1)


async def _accounts(config: Path, named: str | None) -> dict[str, tuple[Account, Account]]:
    from fhir_adapter.history.conservation import accounts
    from fhir_adapter.settings import load

    settings = load(config)
    if named is not None and named not in settings.sources:
        raise ConfigurationError(
            f"--source: the configuration has no such source; it has {', '.join(settings.sources)}"
        )
    names = [name for name in settings.sources if named in (None, name)]
    return await look(settings, lambda conn: {name: accounts(conn, name) for name in names})


def _lines(name: str, accounts: tuple[Account, Account]) -> Iterator[str]:
    yield name
    for each in accounts:
        told = " + ".join(f"{count} {end}" for end, count in each.ended.items())
        yield f"  {each.total} {each.what} = {told}{'' if each.holds else f' + {len(each.missing)} missing'}"
        yield from (f"    missing  {one}" for one in each.missing)
