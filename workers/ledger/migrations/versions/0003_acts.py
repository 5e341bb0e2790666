"""Acts: what people did on their page, closed like the audit; and cases found by their key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CLOSE_ON_SQLITE = tuple(
    f"CREATE TRIGGER acts_refuse_{event.lower()} BEFORE {event} ON acts "
    "BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END"
    for event in ("UPDATE", "DELETE")
)

CLOSE_ON_POSTGRESQL = (
    "CREATE FUNCTION acts_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'acts are append-only'; END $$",
    "CREATE TRIGGER acts_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON acts "
    "FOR EACH STATEMENT EXECUTE FUNCTION acts_are_append_only()",
)


def upgrade() -> None:
    """Make the table, close it, and index the cases."""
    op.create_table(
        "acts",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "person")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("job", "tenant")),
        sa.Column("company_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "reason")),
        sa.Column("until", sa.Date),
        sa.Column("detail", sa.JSON, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("nonce", "trace_id")),
        sa.UniqueConstraint("nonce", name="uq_acts_nonce"),
    )
    op.create_index("ix_acts_scope", "acts", ["job", "tenant", "company_id"])
    op.create_index("ix_cases_key", "cases", ["job", "tenant", "company_id", "key"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in CLOSE_ON_POSTGRESQL if postgresql else CLOSE_ON_SQLITE:
        op.execute(statement)
