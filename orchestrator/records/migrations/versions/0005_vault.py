"""The sealed vault of research pseudonyms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "vault",
        sa.Column("pseudonym", sa.String(80), primary_key=True),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("sealed_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
    )
    op.create_index("vault_by_end", "vault", ["expires_at"])


def downgrade() -> None:
    """Drop the table; what was sealed in it cannot be linked again."""
    op.drop_table("vault")
