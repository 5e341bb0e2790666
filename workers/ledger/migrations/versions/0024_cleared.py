"""Dead runs that a later slot of their job and company made good wait for nobody any more."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Clear those that are so already."""
    op.execute(
        "UPDATE runs SET status = 'cleared' WHERE status = 'dead' AND EXISTS ("
        "SELECT 1 FROM runs later WHERE later.job = runs.job AND later.tenant = runs.tenant "
        "AND later.company_id = runs.company_id AND later.slot > runs.slot "
        "AND later.status = 'succeeded')"
    )
