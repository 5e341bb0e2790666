"""What finds the runs that finished longest ago, so that a ledger of a million is trimmed fast."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_runs_finished", "runs", ["finished_at"])
