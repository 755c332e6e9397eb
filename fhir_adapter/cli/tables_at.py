"""Where a command finds the tables that a site has installed, and its words: by the configuration, or by options.

Without a configuration file it is `./data`, which is also what a configuration without `data` means.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fhir_adapter.updates import Folder, Installed
    from fhir_adapter.vocabulary import SourceWords

CONFIG = Path("fhir-adapter.toml")
Config = Annotated[Path, typer.Option("--config", help="The configuration file, for its data folder.")]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder, instead of the configuration's.")]


def folder_of(config: Path, data: Path | None) -> Folder:
    from fhir_adapter.settings import load
    from fhir_adapter.updates import Folder

    if data is not None:
        return Folder(data)
    return Folder(load(config).data if config.exists() or config != CONFIG else Path("data"))


def installed_at(config: Path, data: Path | None) -> Installed:
    from fhir_adapter.updates import installed

    return installed(folder_of(config, data))


def words_at(config: Path, source: str | None) -> SourceWords | None:
    """What a source of the configuration says differently; None: there is no configuration, or it has several."""
    from fhir_adapter.errors import ConfigurationError
    from fhir_adapter.settings import load

    if not config.exists() and config == CONFIG and source is None:
        return None
    sources = load(config).sources
    if source is not None and source not in sources:
        raise ConfigurationError(f"--source: the configuration has no such source; it has {', '.join(sources)}")
    if source is None and len(sources) > 1:
        return None
    return sources[source or next(iter(sources))].words
