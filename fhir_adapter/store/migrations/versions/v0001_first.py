"""The tables as they were first. Written out, not taken from `schema.py`, which moves on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _column(name: str, kind: Any, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, **{"nullable": False, **more})


def _key(name: str, kind: Any = sa.String) -> sa.Column[Any]:
    return _column(name, kind, primary_key=True)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [_column(name, sa.String) for name in names]


def _optional(*names: str) -> list[sa.Column[Any]]:
    return [_column(name, sa.String, nullable=True) for name in names]


def _instants(*names: str) -> list[sa.Column[Any]]:
    """Microseconds since 1970."""
    return [_column(name, sa.BigInteger) for name in names]


def _index(name: str, table: str, columns: Sequence[str], *, where: str | None = None, unique: bool = False) -> None:
    partial: dict[str, Any] = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)} if where else {}
    op.create_index(name, table, list(columns), unique=unique, **partial)


def upgrade() -> None:
    op.create_table("schema_version", _column("version", sa.Integer, primary_key=True, autoincrement=False))
    op.execute("INSERT INTO schema_version (version) VALUES (1)")
    for name in ("due", "sending"):
        _claimable(name)
    for table in (_inbox, _versions, _visits, _ledger, _outbox, _small_tables):
        table()


def _claimable(name: str) -> None:
    op.create_table(
        name,
        *(_key("source"), _key("patient")),
        *(_column("generation", sa.BigInteger), _column("coded_generation", sa.BigInteger)),
        *_instants("first_marked_at", "due_at"),
        *_optional("token"),
        _column("claimed_until", sa.BigInteger, nullable=True),
        _column("attempts", sa.Integer),
        *_texts("state"),
        *_optional("state_code"),
    )
    _index(f"{name}_by_time", name, ["due_at"], where="generation > coded_generation")


def _inbox() -> None:
    op.create_table(
        "inbox",
        _key("number", NUMBER),
        *_instants("received_at"),
        *_texts("source", "shape", "method"),
        *_optional("type", "id", "version", "patient"),
        _column("body", sa.LargeBinary),
        _column("fault", sa.Text, nullable=True),
        *_texts("state"),
        _column("generation", sa.BigInteger, nullable=True),
        _column("coded_generation", sa.BigInteger, nullable=True),
        _column("visits", sa.Text),
    )
    _index("inbox_marked", "inbox", ["source", "patient"], where="state = 'marked'")
    _index("inbox_received", "inbox", ["number"], where="state = 'received'")


def _versions() -> None:
    op.create_table(
        "resource_versions",
        *(_key(name) for name in ("source", "type", "id", "version_id")),
        _column("last_updated", sa.BigInteger, nullable=True),
        *_optional("patient"),
        _column("body", sa.LargeBinary),
        *_instants("kept_at"),
    )
    _index("resource_versions_patient", "resource_versions", ["source", "patient"])


def _visits() -> None:
    op.create_table(
        "coded_visits",
        _key("number", NUMBER),
        *_texts("source", "patient", "key"),
        _column("generation", sa.BigInteger),
        *_instants("coded_at"),
        *_texts("rulebook", "rulebook_hash", "data_hash", "engine", "disposition", "state"),
        _column("held_by", sa.Text),
        _column("lines", sa.Integer),
        _column("result", sa.LargeBinary),
        _column("second_opinion", sa.LargeBinary, nullable=True),
        _column("chart", sa.LargeBinary),
        _column("latest", sa.Boolean),
    )
    _index("coded_visits_latest", "coded_visits", ["source", "key"], where="latest", unique=True)
    _index("coded_visits_history", "coded_visits", ["source", "key", "number"])
    _index("coded_visits_patient", "coded_visits", ["source", "patient"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        *(_key("source"), _key("identifier")),
        *_texts("patient", "encounter"),
        _column("date", sa.Date),
        *_texts("code"),
        _column("modifiers", sa.Text),
        *_optional("ndc"),
        _column("units", sa.Integer),
        *_texts("status", "visit_key"),
        _column("administrations", sa.Text),
        _column("charge", sa.LargeBinary),
        *_optional("item", "version", "body_hash", "trouble"),
        *_instants("updated_at"),
    )
    _index("ledger_patient", "ledger", ["source", "patient"])
    _index("ledger_visit", "ledger", ["source", "visit_key"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        _key("number", NUMBER),
        *_texts("source", "patient", "visit_key"),
        _column("generation", sa.BigInteger),
        *_texts("identifier", "action"),
        _column("body", sa.LargeBinary),
        *_texts("state"),
        _column("attempts", sa.Integer),
        *_optional("state_code"),
        *_instants("created_at"),
        _column("settled_at", sa.BigInteger, nullable=True),
    )
    unsent = "state IN ('pending', 'ambiguous')"
    _index("outbox_unsent", "outbox", ["source", "patient", "number"], where=unsent)
    _index("outbox_identifier", "outbox", ["source", "identifier", "number"])
    _index("outbox_caused", "outbox", ["source", "patient", "generation"])
    _index("outbox_visit", "outbox", ["source", "visit_key"])


def _small_tables() -> None:
    since = [*_instants("since"), _column("why", sa.Text)]
    op.create_table("pauses", _key("source"), *since, *_texts("who"))
    op.create_table("counters", _key("name"), _column("value", sa.BigInteger))
    op.create_table("watermarks", _key("source"), _key("type"), *_instants("at"))
    op.create_table("access_log", _key("number", NUMBER), *_instants("at"), *_texts("who", "what"))
