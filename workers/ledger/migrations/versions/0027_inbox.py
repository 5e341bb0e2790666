"""Events that sources tell of, the runs that they make, and why a run was made."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    op.add_column("runs", sa.Column("origin", sa.Text(), nullable=False, server_default="slot"))
    op.create_table(
        "inbox",
        sa.Column("id", number, primary_key=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", instant, nullable=False),
        sa.Column("received_at", instant, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text()),
        sa.Column("lease_until", instant),
        sa.Column("next_attempt_at", instant, nullable=False),
        sa.Column("error_class", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("missed", sa.Boolean()),
        sa.UniqueConstraint("tenant", "source", "event_id", name="uq_inbox_event"),
    )
    op.create_index("ix_inbox_due", "inbox", ["status", "next_attempt_at"])
    op.create_index("ix_inbox_leased", "inbox", ["status", "lease_until"])
    op.create_index("ix_inbox_record", "inbox", ["tenant", "model", "record_id"])
    op.create_index("ix_inbox_received", "inbox", ["received_at"])
    op.create_table(
        "woken",
        sa.Column("run_id", number, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("event_id", number, sa.ForeignKey("inbox.id"), primary_key=True),
    )
    op.create_index("ix_woken_event", "woken", ["event_id"])
