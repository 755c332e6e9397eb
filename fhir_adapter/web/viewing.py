"""What every route of the desk needs, and the one way to look: logged in, written down, then read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection

from fhir_adapter.catalog.prices import Rates, load_rates
from fhir_adapter.errors import StoreError
from fhir_adapter.store import Store, access
from fhir_adapter.vocabulary import Clock, Mode
from fhir_adapter.web.logins import Logins

T = TypeVar("T")
RowNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A key that counts up, as an address has it: what no database could hold is no page."""


def _not_read_again(conn: Connection, number: int) -> str:
    raise StoreError(f"notification {number}: this desk reads nothing again")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the desk is handed by `app`."""

    clock: Clock
    logins: Logins
    hashed: Callable[[str], str]
    """Hashes an id with the site's key: lists show a patient so."""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    """Source → what it does with the lines."""
    warnings: Mapping[str, str] = field(default_factory=dict)
    """Rulebook → what a person must know who reads its lines; absent: nothing."""
    read_again: Callable[[Connection, int], str] = _not_read_again
    """Reads a notification of the inbox once more, and says what it is now."""
    rates: Callable[[], Rates] = load_rates
    """What the lines are worth, for people."""
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    """Source → its time zone: what a person types on the page is local time."""
    hosts: tuple[str, ...] = ()
    """`Host` headers that are accepted beside the loopback names."""


class Pages:
    """The templates: everything is escaped, and a name that nobody gave is an error."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("fhir_adapter.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]

    def render(self, name: str, **values: Any) -> str:
        return self._environment.get_template(name).render(values)


@dataclass(frozen=True)
class Viewer:
    """One request of somebody who is logged in."""

    store: Store
    desk: Desk
    pages: Pages
    who: str
    form_token: str

    async def look(self, what: str, read: Callable[[Connection], T]) -> T:
        """Note the look, then read. Where the note cannot be written, nothing is shown."""
        await self.store.write(lambda conn: access.note(conn, who=self.who, what=what))
        return await self.store.read(read)

    def page(self, name: str, **values: Any) -> HTMLResponse:
        return HTMLResponse(self.pages.render(name, **values))


def logged_in(request: Request) -> Viewer:
    """The dependency of each protected route."""
    desk: Desk = request.app.state.desk
    session = request.cookies.get(desk.logins.cookie)
    who = desk.logins.who(session)
    if who is None:
        raise HTTPException(401, "a login is needed: use the link that serve printed")
    return Viewer(request.app.state.store, desk, request.app.state.pages, who, desk.logins.form_token(session))


LoggedIn = Annotated[Viewer, Depends(logged_in)]
