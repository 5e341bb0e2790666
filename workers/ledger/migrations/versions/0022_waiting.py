"""Since when a message waits for what is away: a mail server, an Odoo or a receiver."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("messages", sa.Column("waiting_since", sa.DateTime(timezone=True)))
