"""What is asked of the hospital's archives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "fetches",
        sa.Column("fetch_id", sa.String(32), primary_key=True),
        sa.Column("accession_number", sa.String(64), nullable=False),
        sa.Column("source", sa.String(32)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("study_instance_uids", sa.Text, nullable=False),
        sa.Column("asked_at", sa.String(32), nullable=False),
    )
    op.create_index("fetches_by_status", "fetches", ["status", "asked_at"])
    op.create_index("arriving_studies_by_current", "arriving_studies", ["prior_of"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_index("arriving_studies_by_current", "arriving_studies")
    op.drop_table("fetches")
