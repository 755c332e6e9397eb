"""What a command that only reads does with the database: open it beside a running `serve`, look, close it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fhir_adapter.settings import Settings

T = TypeVar("T")


async def look(settings: Settings, read: Callable[[Connection], T]) -> T:
    """What `read` finds, in one state of the database."""
    from fhir_adapter.store import open_for_reading

    store = open_for_reading(settings.database.reveal(), settings.data)
    try:
        return await store.read(read)
    finally:
        store.close()
