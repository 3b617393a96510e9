"""Who may come in, which department a study belongs to, and the audit of what was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from orchestrator.records.append_only import refuse_changes

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; the audit can only be added to."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("study_id", sa.String(64)),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("before_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("audit_by_study", "audit", ["study_id", "number"])
    refuse_changes(op.get_bind(), "audit")
    op.create_table(
        "access_keys",
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("revoked_at", sa.String(32)),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "access_sessions",
        sa.Column("secret_sha256", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("key_id", sa.String(16)),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "study_departments",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("department", sa.String(64), nullable=False),
    )
    op.create_index("study_departments_by_department", "study_departments", ["department"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("study_departments", "access_sessions", "access_keys", "audit"):
        op.drop_table(table)
