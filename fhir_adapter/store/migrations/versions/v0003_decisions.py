"""What people decide about a visit: kept for ever, taken back by saying so."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("number", NUMBER, primary_key=True, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("patient", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("drug", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("undone_at", sa.BigInteger),
        sa.Column("undone_by", sa.String),
        sa.Column("undone_why", sa.Text),
    )
    op.create_index("decisions_patient", "decisions", ["source", "patient"])
