"""Effects remember which levels were silent for as long as they had, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what waits by now, each level is given its time from when that ran."""
    op.add_column("effects", sa.Column("silent", sa.JSON, nullable=False, server_default="{}"))
