"""Mails that carry several messages, and what a reader was sent last."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and the index for a reader's mails."""
    op.add_column("messages", sa.Column("sent_in", sa.Text))
    op.create_index(
        "ix_messages_of_reader", "messages", ["tenant", "recipient", "status", "sent_at"]
    )
