"""What is looked for all day is found without reading whole tables: by state, and by patient what is still kept."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


SENT = sa.text("method IN ('POST', 'PUT', 'DELETE')")
KEPT = sa.text("removed_at IS NULL")


def upgrade() -> None:
    """Tables in the order in which a coding writes them, and the removal last: a `work` that goes on waits, no more."""
    op.create_index("coded_visits_state", "coded_visits", ["state", "latest"])
    op.create_index("outbox_state", "outbox", ["state", "number"])
    op.create_index("inbox_state", "inbox", ["state", "number"])
    op.create_index("inbox_kept", "inbox", ["source", "patient"], sqlite_where=KEPT, postgresql_where=KEPT)
    op.create_index("inbox_sent", "inbox", ["source", "number"], sqlite_where=SENT, postgresql_where=SENT)
    op.drop_index("inbox_received", "inbox")
