"""The first ledger: scopes, runs, cases, outbox, measures, audit and counters."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table, then close the audit."""
    _make_scopes()
    _make_runs()
    _make_cases()
    _make_messages()
    _make_numbers()
    _make_audit()


def _required(name: str, type_: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _job_and_scope() -> tuple[sa.Column[Any], ...]:
    return _required("job"), _required("tenant"), _required("company_id", sa.Integer)


def _lease() -> tuple[sa.Column[Any], ...]:
    return (
        _required("status"),
        _required("attempts", sa.Integer),
        sa.Column("token", sa.Text),
        sa.Column("lease_until", Instant),
        _required("next_attempt_at", Instant),
        sa.Column("error_class", sa.Text),
        sa.Column("error", sa.Text),
    )


def _make_scopes() -> None:
    op.create_table(
        "scopes",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("company_id", sa.Integer, primary_key=True, autoincrement=False),
        _required("name"),
        _required("zone"),
        _required("seen_at", Instant),
    )
    op.create_table(
        "watches",
        sa.Column("job", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("company_id", sa.Integer, primary_key=True, autoincrement=False),
        _required("since", Instant),
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", Id, primary_key=True),
        *_job_and_scope(),
        _required("slot", Instant),
        *_lease(),
        sa.Column("published_at", Instant),
        _required("created_at", Instant),
        sa.Column("started_at", Instant),
        sa.Column("finished_at", Instant),
        _required("trace_id"),
        sa.Column("detail", sa.JSON),
        sa.UniqueConstraint("job", "tenant", "company_id", "slot", name="uq_runs_slot"),
    )
    op.create_index("ix_runs_due", "runs", ["status", "next_attempt_at"])
    op.create_index("ix_runs_leased", "runs", ["status", "lease_until"])
    op.create_index("ix_runs_counted", "runs", ["job", "tenant", "status", "finished_at"])


def _make_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", Id, primary_key=True),
        *_job_and_scope(),
        _required("key"),
        _required("state"),
        _required("finding", sa.JSON),
        _required("severity"),
        sa.Column("amount", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("opened_run_id", Id, sa.ForeignKey("runs.id"), nullable=False),
        _required("opened_on", sa.Date),
        _required("spoken_on", sa.Date),
        _required("reminders", sa.Integer),
        _required("escalated", sa.Boolean),
        _required("last_seen_at", Instant),
        sa.Column("resolved_at", Instant),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_cases_open",
        "cases",
        ["job", "tenant", "company_id", "key"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _make_messages() -> None:
    identity = ("subject", "period", "recipient", "step", "channel")
    op.create_table(
        "messages",
        sa.Column("id", Id, primary_key=True),
        *_job_and_scope(),
        *map(_required, identity),
        _required("guarantee"),
        _required("payload", sa.JSON),
        _required("finding_keys", sa.JSON),
        _required("message_id"),
        *_lease(),
        _required("created_at", Instant),
        sa.Column("sent_at", Instant),
        sa.Column("run_id", Id, sa.ForeignKey("runs.id")),
        _required("trace_id"),
        sa.UniqueConstraint("job", "tenant", "company_id", *identity, name="uq_messages_identity"),
    )
    op.create_index("ix_messages_due", "messages", ["status", "next_attempt_at"])
    op.create_index("ix_messages_leased", "messages", ["status", "lease_until"])
    op.create_index("ix_messages_counted", "messages", ["job", "tenant", "channel", "status"])


def _make_numbers() -> None:
    op.create_table(
        "measures",
        sa.Column("run_id", Id, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("labels", sa.Text, primary_key=True),
        _required("value", sa.Double),
        _required("at", Instant),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("labels", sa.Text, primary_key=True),
        _required("value", sa.Double),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", Id, primary_key=True),
        _required("at", Instant),
        _required("event"),
        sa.Column("job", sa.Text),
        sa.Column("tenant", sa.Text),
        sa.Column("company_id", sa.Integer),
        sa.Column("run_id", Id),
        sa.Column("message_id", Id),
        sa.Column("case_id", Id),
        _required("detail", sa.JSON),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in CLOSE_ON_POSTGRESQL if postgresql else CLOSE_ON_SQLITE:
        op.execute(statement)


CLOSE_ON_SQLITE = tuple(
    f"CREATE TRIGGER audit_refuses_{event.lower()} BEFORE {event} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    for event in ("UPDATE", "DELETE")
)

CLOSE_ON_POSTGRESQL = (
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
    "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
)
