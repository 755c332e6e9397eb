"""The commands that several files share a name for: `source check`, `source subscribe`, `source backfill` …"""

from __future__ import annotations

import typer


def sources(app: typer.Typer) -> typer.Typer:
    """The group `source`, made by whoever comes first."""
    found = next((one.typer_instance for one in app.registered_groups if one.name == "source"), None)
    if found is None:
        found = typer.Typer(help="One EHR: what it is asked for.", no_args_is_help=True)
        app.add_typer(found, name="source")
    return found
