"""Which version of an item each order left, and whether its Provenance is owed: a third lane."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "attesting",
        sa.Column("source", sa.String, primary_key=True, nullable=False),
        sa.Column("patient", sa.String, primary_key=True, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("coded_generation", sa.BigInteger, nullable=False),
        sa.Column("first_marked_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("token", sa.String),
        sa.Column("claimed_until", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("state_code", sa.String),
    )
    behind = sa.text("generation > coded_generation")
    op.create_index("attesting_by_time", "attesting", ["due_at"], sqlite_where=behind, postgresql_where=behind)
    for name in ("item", "version", "attested"):
        op.add_column("outbox", sa.Column(name, sa.String))
    owed = sa.text("attested = 'owed'")
    columns = ["source", "patient", "number"]
    op.create_index("outbox_owed", "outbox", columns, sqlite_where=owed, postgresql_where=owed)
