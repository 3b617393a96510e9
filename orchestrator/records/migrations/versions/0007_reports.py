"""The life of reports: working copies, signed versions, rejections, acknowledgements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from orchestrator.records.append_only import refuse_changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("signed_reports", "rejections", "acknowledgements")


def upgrade() -> None:
    """Create the tables; what a person signed or said can only be added to."""
    op.create_table(
        "reports",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("saved_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text),
    )
    op.create_table(
        "signed_reports",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("signed_at", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    for name in ("rejections", "acknowledgements"):
        op.create_table(
            name,
            sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
            sa.Column("revision", sa.Integer, primary_key=True),
            sa.Column("at", sa.String(32), nullable=False),
            sa.Column("subject", sa.String(255), nullable=False),
            sa.Column("document", sa.Text, nullable=False),
        )
    for name in _APPEND_ONLY:
        refuse_changes(op.get_bind(), name)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("acknowledgements", "rejections", "signed_reports", "reports"):
        op.drop_table(table)
