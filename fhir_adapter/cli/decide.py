"""What people decide about a visit: what the chart lacks, a hold, a release; and taking it back.

    fhir-adapter decide stop-time 12 --administration a1 --value 2026-05-04T12:00:00-05:00 --why "pump log"
    fhir-adapter release 12 --why "checked against the order"
    fhir-adapter decisions
    fhir-adapter undo 3 --why "the nurse charted it"

A visit is named by the number of its coding, as the desk and its CSV show it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.pipeline.deciding import Said
    from fhir_adapter.store.decisions import Kept, Wish

DEFAULT = Path("fhir-adapter.toml")
Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
Number = Annotated[int, typer.Argument(metavar="VISIT", help="The number of a coding, as the desk shows it.")]
Why = Annotated[str, typer.Option(help="The reason and the evidence, for whoever asks later.")]


def register(app: typer.Typer) -> None:
    app.command("decide")(decide)
    app.command("release")(release)
    app.command("hold")(hold)
    app.command("undo")(undo)
    app.command("decisions")(decisions)


def decide(
    kind: Annotated[str, typer.Argument(help="stop-time, product, class or site.")],
    visit: Number,
    administration: Annotated[str, typer.Option(help="The id of the administration.")],
    value: Annotated[str, typer.Option(help="An instant, ndc:… or rxcui:…, a class of drug, or a label.")],
    why: Why,
    config: Config = DEFAULT,
) -> None:
    """Say what the chart lacks of one administration; the visit is coded anew with it."""
    _decide(config, visit, kind, why, administration, value)


def release(visit: Number, why: Why, config: Config = DEFAULT) -> None:
    """Let the lines of this coding be posted, where the source posts after review."""
    _decide(config, visit, "release", why)


def hold(visit: Number, why: Why, config: Config = DEFAULT) -> None:
    """Post nothing of the visit until this is taken back."""
    _decide(config, visit, "hold", why)


def undo(
    decision: Annotated[int, typer.Argument(help="The number of a decision.")], why: Why, config: Config = DEFAULT
) -> None:
    """Take a decision back; the visit is coded anew without it."""
    from fhir_adapter.cli.inbox import carry_out, who
    from fhir_adapter.store.control import Undo

    if not why.strip():
        raise ConfigurationError("--why: a reason is needed")
    carry_out(config, Undo(number=decision, why=why, who=who()))


def decisions(config: Config = DEFAULT) -> None:
    """List every decision, the oldest first, the undone too."""
    found = asyncio.run(_kept(config))
    for one in found:
        print(_line(one))
    if not found:
        print("no decisions")


def _decide(config: Path, visit: int, kind: str, why: str, administration: str | None = None, value: str = "") -> None:
    from fhir_adapter.cli.inbox import carry_out, who
    from fhir_adapter.pipeline.deciding import Said
    from fhir_adapter.store.control import Decide

    said = Said(kind=kind, why=why, administration=administration, value=value)
    carry_out(config, Decide(wish=asyncio.run(_wish(config, visit, said, who()))))


async def _wish(config: Path, visit: int, said: Said, who: str) -> Wish:
    from fhir_adapter.pipeline.deciding import wish_of
    from fhir_adapter.settings import load
    from fhir_adapter.store import visits

    kept = await look(load(config), lambda conn: visits.get(conn, visit))
    if kept is None:
        raise ConfigurationError(f"VISIT: nothing was coded under the number {visit}")
    return wish_of(kept, said, who)


async def _kept(config: Path) -> tuple[Kept, ...]:
    from fhir_adapter.settings import load
    from fhir_adapter.store import decisions

    return await look(load(config), decisions.listed)


def _line(kept: Kept) -> str:
    one = kept.decision
    said = f"{one.number:>5}  {one.at:%Y-%m-%d %H:%M}Z  {one.who}  {one.kind} of {kept.source} {one.about}"
    value = "" if one.kind in ("hold", "release") else f" is {one.value}"
    undone = f"; taken back by {kept.undone_by}: {kept.undone_why}" if kept.undone_at else ""
    return f"{said}{value}: {one.why}{undone}"
