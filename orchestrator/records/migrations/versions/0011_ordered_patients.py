"""Whose an order is, so that new particulars of a patient find the orders that wait for images."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and index the orders that are there."""
    table = op.create_table(
        "ordered_patients",
        sa.Column("order_id", sa.String(64), sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("patient_id", sa.String(64), primary_key=True, index=True),
    )
    rows = [
        {"order_id": order_id, "patient_id": value}
        for order_id, document in op.get_bind().execute(sa.text("SELECT order_id, document FROM orders")).all()
        for value in {one["value"] for one in json.loads(document)["patient"]["identifiers"]}
    ]
    if rows:
        op.bulk_insert(table, rows)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("ordered_patients")
