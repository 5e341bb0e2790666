"""Effects that jobs propose, and what people decide about them, closed like the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

SAID = "EXISTS (SELECT 1 FROM marks WHERE kind = 'rewriting')"
WORDS = "decisions are append-only"
CLOSE_ON_SQLITE = tuple(
    f"CREATE TRIGGER decisions_refuse_{event.lower()} BEFORE {event} ON decisions "
    f"WHEN NOT {SAID} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    for event in ("UPDATE", "DELETE")
)
CLOSE_ON_POSTGRESQL = (
    "CREATE FUNCTION decisions_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF {SAID} THEN RETURN NULL; END IF; RAISE EXCEPTION '{WORDS}'; END $$",
    "CREATE TRIGGER decisions_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions "
    "FOR EACH STATEMENT EXECUTE FUNCTION decisions_are_append_only()",
)


def upgrade() -> None:
    """Make both tables, and close the decisions."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)

    def texts(*names: str) -> list[sa.Column[str]]:
        return [sa.Column(name, sa.Text, nullable=False) for name in names]

    op.create_table(
        "effects",
        sa.Column("id", number, primary_key=True),
        *texts("job", "tenant"),
        sa.Column("company_id", sa.Integer, nullable=False),
        *texts("kind", "model"),
        sa.Column("record_id", sa.Integer, nullable=False),
        *texts("identity"),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("values", "why", "preview")),
        *texts("mode"),
        sa.Column("request", sa.JSON),
        *texts("matrix", "matrix_version"),
        sa.Column("result", sa.JSON),
        *texts("status"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("lease_until", instant),
        sa.Column("next_attempt_at", instant, nullable=False),
        sa.Column("error_class", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.Column("run_id", number),
        *texts("trace_id"),
        sa.UniqueConstraint(
            "tenant", "kind", "model", "record_id", "identity", name="uq_effects_identity"
        ),
    )
    op.create_index("ix_effects_due", "effects", ["status", "next_attempt_at"])
    op.create_index("ix_effects_leased", "effects", ["status", "lease_until"])
    op.create_table(
        "decisions",
        sa.Column("id", number, primary_key=True),
        sa.Column("at", instant, nullable=False),
        sa.Column("effect_id", number, nullable=False),
        *texts("tenant"),
        sa.Column("company_id", sa.Integer, nullable=False),
        *texts("matrix", "matrix_version", "rule"),
        sa.Column("verdict", sa.JSON, nullable=False),
        *texts("level", "role", "person", "instead_of", "answer", "reason"),
        sa.Column("evidence", sa.JSON, nullable=False),
        *texts("nonce", "trace_id"),
        sa.UniqueConstraint("nonce", name="uq_decisions_nonce"),
    )
    op.create_index("ix_decisions_effect", "decisions", ["effect_id"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in CLOSE_ON_POSTGRESQL if postgresql else CLOSE_ON_SQLITE:
        op.execute(statement)
