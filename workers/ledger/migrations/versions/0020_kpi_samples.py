"""KPI samples say by which formula, as of when, and without what; resolved cases are found fast."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Older samples stay without."""
    op.add_column("measures", sa.Column("formula", sa.Integer))
    op.add_column("measures", sa.Column("cut_off", sa.DateTime(timezone=True)))
    op.add_column("measures", sa.Column("excluded", sa.JSON))
    op.create_index("ix_cases_resolved", "cases", ["job", "tenant", "company_id", "resolved_at"])
