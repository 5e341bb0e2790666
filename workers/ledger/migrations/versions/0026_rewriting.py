"""Audit and acts may be rewritten by the transaction that says so: to erase a person, to trim."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SAID = "EXISTS (SELECT 1 FROM marks WHERE kind = 'rewriting')"
TABLES = {
    "audit": ("audit_refuses", "audit_is_append_only", "the audit is append-only"),
    "acts": ("acts_refuse", "acts_are_append_only", "acts are append-only"),
}


def upgrade() -> None:
    """Make the triggers anew."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, (prefix, function, words) in TABLES.items():
        if postgresql:
            op.execute(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF {SAID} THEN RETURN NULL; END IF; "
                f"RAISE EXCEPTION '{words}'; END $$"
            )
            continue
        for event in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {prefix}_{event.lower()}")
            op.execute(
                f"CREATE TRIGGER {prefix}_{event.lower()} BEFORE {event} ON {table} "
                f"WHEN NOT {SAID} BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )
