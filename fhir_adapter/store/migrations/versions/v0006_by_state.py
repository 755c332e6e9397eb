"""What is looked for all day is found without reading whole tables: by state, and by patient what is still kept."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.drop_index("inbox_received", "inbox")
    op.create_index("inbox_state", "inbox", ["state", "number"])
    kept = sa.text("removed_at IS NULL")
    op.create_index("inbox_kept", "inbox", ["source", "patient"], sqlite_where=kept, postgresql_where=kept)
    op.create_index("coded_visits_state", "coded_visits", ["state", "latest"])
    op.create_index("outbox_state", "outbox", ["state", "number"])
