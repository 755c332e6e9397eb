"""`source subscribe|status|unsubscribe`: have an EHR tell us what changes, look whether it does, and end it.

Exit status of `status`: 0 where each Subscription is active, 1 where one is missing, off, in error or not yet active.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.group import sources
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.receive.subscriptions import Standing, Subscriptions
    from fhir_adapter.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="A source of the configuration.")]
Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    group = sources(app)
    for command in (subscribe, status, unsubscribe):
        group.command()(command)


def subscribe(
    name: Name,
    config: Config = DEFAULT,
    wait: Annotated[float, typer.Option(min=0, help="Seconds in which they have to become active.")] = 60.0,
) -> None:
    """Create the Subscriptions that are missing, and wait until all are active."""
    print(_told(_carry_out(config, name, lambda ours: ours.subscribe(wait))))


def status(name: Name, config: Config = DEFAULT) -> None:
    """Show each Subscription as the EHR has it."""
    standing = _carry_out(config, name, lambda ours: ours.standing())
    print(_told(standing))
    if any(one.state != "active" for one in standing):
        raise typer.Exit(1)


def unsubscribe(name: Name, config: Config = DEFAULT) -> None:
    """Delete our Subscriptions at the EHR, and no other."""
    deleted = _carry_out(config, name, lambda ours: ours.unsubscribe())
    print("\n".join(f"deleted  {one.criteria}  Subscription/{one.id}" for one in deleted) or "there were none")


def _carry_out(
    config: Path, name: str, work: Callable[[Subscriptions], Awaitable[tuple[Standing, ...]]]
) -> tuple[Standing, ...]:
    from fhir_adapter.settings import load

    return asyncio.run(_at_the_ehr(load(config), name, work))


async def _at_the_ehr(
    settings: Settings, name: str, work: Callable[[Subscriptions], Awaitable[tuple[Standing, ...]]]
) -> tuple[Standing, ...]:
    from fhir_adapter.app.one_ehr import ehr_client, subscriptions_of

    if name not in settings.sources:
        raise ConfigurationError(f"NAME: the configuration has no such source; it has {', '.join(settings.sources)}")
    source = settings.sources[name]
    if source.hook_hmac is not None or source.hook_jwt is not None:
        key = "hook_hmac" if source.hook_hmac is not None else "hook_jwt"
        raise ConfigurationError(
            f"sources.{name}.{key}: a rest-hook Subscription cannot sign what it sends, and each would be refused; "
            "use hook_token, or have the EHR's administrators set up the sender"
        )
    async with ehr_client(source, at=f"sources.{name}") as ehr:
        ours = subscriptions_of(name, source, ehr)
        if ours is None:
            raise ConfigurationError(
                f"sources.{name}.hook_url is missing: it says where the EHR reaches our hooks listener"
            )
        return await work(ours)


def _told(standing: tuple[Standing, ...]) -> str:
    return "\n".join(_line(one) for one in standing)


def _line(one: Standing) -> str:
    if one.id is None:
        return f"{one.state:<10}{one.criteria}"
    why = f"; {one.error}" if one.error else ""
    return f"{one.state:<10}{one.criteria:<26} Subscription/{one.id}, {_deletes(one)}{why}"


def _deletes(one: Standing) -> str:
    if "://" in one.criteria:
        return "deletes as the topic has it"
    return "deletes are asked for" if one.tells_deletes else "deletes are not told: a sweep finds them"
