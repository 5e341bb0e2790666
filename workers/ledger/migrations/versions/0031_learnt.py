"""What was learnt of each tenant's Odoo: fields, rights and ids as the fleet's user sees them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "learnt",
        sa.Column("tenant", sa.Text(), primary_key=True),
        sa.Column("footing", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
    )
