"""`definitions`: what our ChargeItems name, for whoever meets one in a record: the ChargeItemDefinition of the rulebook
and the StructureDefinitions of both extensions. Printed, or with `--send` created on the source's server.

They are served at `/fhir/…` too. Created is only what is not there under its address and version; nothing is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.settings import Settings, Source

DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    app.command("definitions")(definitions)


def definitions(
    source: Annotated[str | None, typer.Option(help="A source; needed where the configuration has several.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Create them on the server of the source.")] = False,
    config: Annotated[Path, typer.Option("--config", help="The configuration file.")] = DEFAULT,
) -> None:
    """Print the definitions that our ChargeItems name, one a line; or create them on a server."""
    from fhir_adapter.cli.shadow import the_source
    from fhir_adapter.settings import load

    settings = load(config)
    name = the_source(settings.sources, source)
    made = list(_made(settings, settings.sources[name]))
    if not send:
        print("\n".join(body.decode() for _, _, body in made))
        return
    for line in asyncio.run(_sent(settings.sources[name], made)):
        print(line)


def _made(settings: Settings, source: Source) -> Iterator[tuple[str, str, bytes]]:
    """Type, canonical address with its version, and body of each."""
    from fhir_adapter.app.build import source_parts
    from fhir_adapter.post import definition, rulebook_definition
    from fhir_adapter.post.names import DERIVATION, MODIFIER, Names

    base = settings.canonical_base
    if base is None:
        raise ConfigurationError("canonical_base: is needed, the definitions stand under it")
    book = source_parts("definitions", source, settings).rulebook
    names = Names(base=base, source="")
    yield (
        "ChargeItemDefinition",
        names.definition(book.name, book.hash),
        rulebook_definition(book.name, book.hash, book.title, base),
    )
    for name in (MODIFIER, DERIVATION):
        yield "StructureDefinition", names.extension(name), definition(name, base) or b""


async def _sent(source: Source, made: list[tuple[str, str, bytes]]) -> list[str]:
    from fhir_adapter.app.one_ehr import ehr_client

    said = []
    async with ehr_client(source) as ehr:
        for kind, canonical, body in made:
            url, _, version = canonical.partition("|")
            there = {"url": url} | ({"version": version} if version else {})
            written = await ehr.create(kind, body, if_none_exist=there)
            said.append(f"{kind}/{written.id}  {'created' if written.created else 'was there'}  {canonical}")
    return said
