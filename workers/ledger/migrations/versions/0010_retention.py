"""What finds the rows that point to a run, so that a run that nothing points to can go."""

from alembic import op

revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_messages_run", "messages", ["run_id"])
    op.create_index("ix_cases_opened_run", "cases", ["opened_run_id"])
