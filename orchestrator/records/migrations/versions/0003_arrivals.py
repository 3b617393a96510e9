"""Objects that came one by one, and the studies they are to make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "arriving_studies",
        sa.Column("study_key", sa.String(80), primary_key=True),
        sa.Column("study_id", sa.String(64), nullable=False, unique=True),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("first_at", sa.String(32)),
        sa.Column("last_at", sa.String(32)),
        sa.Column("reason", sa.Text),
        sa.Column("prior_of", sa.String(64)),
    )
    op.create_index("arriving_studies_by_standing", "arriving_studies", ["standing", "last_at"])
    op.create_table(
        "arrivals",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("study_key", sa.String(80), sa.ForeignKey("arriving_studies.study_key"), nullable=False),
        sa.Column("instance_key", sa.String(80), nullable=False),
        sa.Column("data_sha256", sa.String(64), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("round", sa.Integer),
        sa.UniqueConstraint("instance_key", "data_sha256"),
    )
    op.create_index("arrivals_by_study", "arrivals", ["study_key", "round"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("arrivals", "arriving_studies"):
        op.drop_table(table)
