"""How far each subscription was heard, a bulk export that goes on after a restart, and who told of a resource."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "heard",
        sa.Column("source", sa.String, primary_key=True, nullable=False),
        sa.Column("subscription", sa.String, primary_key=True, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "exports",
        sa.Column("source", sa.String, primary_key=True, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("group_id", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("state_code", sa.String),
        sa.Column("poll", sa.Text),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("file", sa.Integer, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("kept", sa.BigInteger, nullable=False),
    )
    op.create_index("inbox_resource", "inbox", ["source", "type", "id"])
