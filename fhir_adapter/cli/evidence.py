"""`evidence VISIT`: everything behind one coded visit in one file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import AdapterError, ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.coding.rulebook import Rulebook

DEFAULT = Path("fhir-adapter.toml")
Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]


def register(app: typer.Typer) -> None:
    app.command("evidence")(evidence)


def evidence(
    visit: Annotated[int, typer.Argument(help="The number of a coding, as the desk and its CSV show it.")],
    out: Annotated[Path | None, typer.Option(help="Write there instead of to the terminal.")] = None,
    config: Config = DEFAULT,
) -> None:
    """Write chart versions, minutes, rule texts and what was sent for one visit: the same bytes each time."""
    made = asyncio.run(_evidence(config, visit))
    if made is None:
        raise ConfigurationError(f"VISIT: nothing was coded under the number {visit}")
    if out is None:
        print(made.decode(), end="")
        return
    out.touch(mode=0o600)
    out.chmod(0o600)
    out.write_bytes(made)
    print(f"written: {out}")


async def _evidence(config: Path, number: int) -> bytes | None:
    from fhir_adapter.history.evidence import evidence
    from fhir_adapter.settings import load
    from fhir_adapter.store import visits

    settings = load(config)
    kept = await look(settings, lambda conn: visits.get(conn, number))
    if kept is None:
        return None
    source = settings.sources.get(kept.summary.source)
    book = _rulebook(source.rulebook, source.policies) if source else _rulebook(kept.visit.rulebook, {})
    return await look(settings, lambda conn: evidence(conn, number, book))


def _rulebook(name: str, policies: dict[str, str]) -> Rulebook | None:
    from fhir_adapter.rulebooks import load_rulebook

    try:
        return load_rulebook(name, policies)
    except AdapterError:
        return None
