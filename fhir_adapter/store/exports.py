"""A bulk export of a source and how far it has come, so that a restart goes on where the last process was.

    asked     a person wants it; nothing was sent yet
    running   the EHR works on it; `poll` is where to ask
    reading   the EHR has written `files`; `line` lines of `file` are kept
    done      everything is kept
    failed    `state_code` says why; a person may ask again

One for a source: a new one takes the place of one that has ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, select, update

from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.schema import exports

State = Literal["asked", "running", "reading", "done", "failed"]
ENDED = ("done", "failed")


class Export(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    asked_at: datetime
    since: datetime | None
    group_id: str | None
    state: State
    state_code: str | None
    poll: str | None
    files: tuple[str, ...]
    file: int
    line: int
    kept: int

    @property
    def is_over(self) -> bool:
        return self.state in ENDED


def ask(conn: Connection, source: str, *, since: datetime | None, group: str | None) -> bool:
    """False where one is under way: it goes on as it was asked for."""
    found = of(conn, source)
    if found is not None and not found.is_over:
        return False
    fresh = {
        "asked_at": moment(conn),
        "since": since,
        "group_id": group,
        "state": "asked",
        "state_code": None,
        "poll": None,
        "files": (),
        "file": 0,
        "line": 0,
        "kept": 0,
    }
    new = insert(conn, exports).values(source=source, **fresh)
    conn.execute(new.on_conflict_do_update(index_elements=["source"], set_=fresh))
    return True


def of(conn: Connection, source: str) -> Export | None:
    row = conn.execute(select(exports).where(exports.c.source == source)).first()
    return None if row is None else Export(**row._mapping)


def change(conn: Connection, source: str, **values: object) -> None:
    conn.execute(update(exports).where(exports.c.source == source).values(values))
