"""What people have the fleet leave alone for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "pauses",
        sa.Column("id", number, primary_key=True),
        sa.Column("job", sa.Text()),
        sa.Column("tenant", sa.Text()),
        sa.Column("company_id", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_pauses_until", "pauses", ["until"])
