"""What a command that only reads does with the database: open it beside a running `serve`, look, close it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fhir_adapter.settings import Settings
    from fhir_adapter.store import Store

T = TypeVar("T")


async def look(settings: Settings, read: Callable[[Connection], T], *, any_revision: bool = False) -> T:
    """What `read` finds, in one state of the database."""
    async with opened(settings, any_revision=any_revision) as store:
        return await store.read(read)


@asynccontextmanager
async def opened(settings: Settings, *, any_revision: bool = False) -> AsyncIterator[Store]:
    """For more than one look. Tables of an earlier program only on request."""
    from fhir_adapter.store import open_for_reading

    store = open_for_reading(settings.database.reveal(), settings.data, any_revision=any_revision)
    try:
        yield store
    finally:
        store.close()
