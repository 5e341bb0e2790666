"""Cases no longer count reminders: a case speaks by its ladder, or when it worsens."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the columns."""
    op.drop_column("cases", "reminders")
    op.drop_column("cases", "escalated")
