"""Who receives what, the messages that wait to leave, and where each stands with each destination."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "outbox_destinations",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("events", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox_messages",
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("outbox_messages_by_study", "outbox_messages", ["study_id", "number"], unique=True)
    op.create_table(
        "outbox_deliveries",
        sa.Column("key", sa.String(128), sa.ForeignKey("outbox_messages.key"), primary_key=True),
        sa.Column("destination", sa.String(64), primary_key=True),
        sa.Column("study_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sa.Column("claimed_until", sa.String(32)),
        sa.Column("reason", sa.Text),
    )
    op.create_index("outbox_deliveries_due", "outbox_deliveries", ["destination", "state", "next_at"])
    op.create_index("outbox_deliveries_by_study", "outbox_deliveries", ["study_id", "destination", "number"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("outbox_deliveries", "outbox_messages", "outbox_destinations"):
        op.drop_table(table)
