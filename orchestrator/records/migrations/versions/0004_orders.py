"""What the hospital's systems said: their messages, orders and how they met studies, merges, earlier reports."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and index the numbers of the studies that are there."""
    op.add_column("studies", sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()))
    numbers = op.create_table(
        "study_numbers",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), index=True),
        sa.Column("accession_number", sa.String(64), index=True),
        sa.Column("patient_id", sa.String(64), index=True),
        sa.Column("performed_at", sa.String(32)),
    )
    op.create_table(
        "hospital_messages",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), nullable=False, unique=True),
        sa.Column("study_instance_uid", sa.String(64), index=True),
        sa.Column("accession_number", sa.String(64), index=True),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "meetings",
        sa.Column("study_id", sa.String(64), sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("order_id", sa.String(64), sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("mismatch_id", sa.String(64), nullable=False, unique=True),
        sa.Column("meeting", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("decision", sa.String(32)),
        sa.Column("decided_at", sa.String(32)),
        sa.Column("decided_by", sa.String(255)),
    )
    op.create_table(
        "patient_merges",
        sa.Column("merge_id", sa.String(64), primary_key=True),
        sa.Column("patient_id", sa.String(64), nullable=False, index=True),
        sa.Column("survivor_id", sa.String(64), nullable=False, index=True),
        sa.Column("merged_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "earlier_reports",
        sa.Column("report_id", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), nullable=False, unique=True),
        sa.Column("performed_at", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "reported_patients",
        sa.Column("report_id", sa.String(64), sa.ForeignKey("earlier_reports.report_id"), primary_key=True),
        sa.Column("patient_id", sa.String(64), primary_key=True, index=True),
    )
    rows = op.get_bind().execute(sa.text("SELECT study_id, document FROM studies")).all()
    if rows:
        op.bulk_insert(numbers, [_numbers(row.study_id, json.loads(row.document)) for row in rows])


def _numbers(study_id: str, study: dict[str, dict[str, str]]) -> dict[str, object]:
    return {
        "study_id": study_id,
        "study_instance_uid": study["study_instance_uid"],
        "accession_number": (study["order"].get("accession_number") or "")[:64] or None,
        "patient_id": (study["patient"].get("patient_id") or "").strip()[:64] or None,
        "performed_at": study.get("study_datetime"),
    }


def downgrade() -> None:
    """Drop the tables."""
    for table in ("reported_patients", "earlier_reports", "patient_merges", "meetings", "orders", "hospital_messages"):
        op.drop_table(table)
    op.drop_table("study_numbers")
    op.drop_column("studies", "held")
