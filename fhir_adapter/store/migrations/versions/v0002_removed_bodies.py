"""What is left of a body that retention took away: its hash, and when it went."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("resource_versions", "inbox"):
        op.add_column(table, sa.Column("body_hash", sa.String))
        op.add_column(table, sa.Column("removed_at", sa.BigInteger))
