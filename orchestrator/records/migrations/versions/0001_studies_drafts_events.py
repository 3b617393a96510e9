"""Studies, their drafts, what the specialists said, and the story of each study."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "studies",
        sa.Column("study_id", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("accepted_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(255), unique=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("studies_by_status", "studies", ["status", "updated_at"])
    op.create_index("studies_by_time", "studies", ["accepted_at", "study_id"])
    op.create_table(
        "drafts",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("draft_id", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("specialist_results", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("events", "drafts", "studies"):
        op.drop_table(table)
