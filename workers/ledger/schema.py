"""The ledger's tables; the migrations build the same ones, and a test holds the two together."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from tasks.declaration import Delivery
from tasks.domain.acts import ActKind
from tasks.domain.deciding import Answer
from tasks.domain.proposals import Mode
from workers.ledger.column_types import ErrorText, Instant, Labels, WithTexts, Word
from workers.ledger.statuses import (
    CaseState,
    EffectStatus,
    EventStatus,
    MessageStatus,
    Origin,
    RunStatus,
)

# SQLite numbers rows by itself only when the key is an INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


def _required(name: str, type_: Any = Text) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _job_and_scope() -> tuple[Column[Any], ...]:
    return _required("job"), _required("tenant"), _required("company_id", Integer)


def _lease(status: Any) -> tuple[Column[Any], ...]:
    """The columns that `workers.ledger.leases` works on."""
    return (
        _required("status", status),
        _required("attempts", Integer),
        Column("token", Text),
        Column("lease_until", Instant),
        _required("next_attempt_at", Instant),
        Column("error_class", Text),
        Column("error", ErrorText),
    )


scopes = Table(
    "scopes",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("company_id", Integer, primary_key=True, autoincrement=False),
    _required("name"),
    _required("zone"),
    _required("seen_at", Instant),
)

# What each tenant's Odoo shows of fields and rights, for as long as its footing is the same.
learnt = Table(
    "learnt",
    metadata,
    Column("tenant", Text, primary_key=True),
    _required("footing"),
    _required("at", Instant),
    _required("found", JSON),
)

watches = Table(
    "watches",
    metadata,
    Column("job", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("company_id", Integer, primary_key=True, autoincrement=False),
    _required("since", Instant),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    *_job_and_scope(),
    _required("slot", Instant),
    *_lease(Word(RunStatus)),
    Column("published_at", Instant),
    _required("created_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    _required("trace_id"),
    Column("detail", WithTexts(none_as_null=True)),
    Column("origin", Word(Origin), nullable=False, server_default=Origin.SLOT),
    # Also what finds the newest slot of a job and scope.
    UniqueConstraint("job", "tenant", "company_id", "slot", name="uq_runs_slot"),
    Index("ix_runs_due", "status", "next_attempt_at"),
    Index("ix_runs_leased", "status", "lease_until"),
    Index("ix_runs_counted", "job", "tenant", "status", "finished_at"),
    Index("ix_runs_finished", "finished_at"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    *_job_and_scope(),
    _required("key"),
    _required("state", Word(CaseState)),
    _required("finding", JSON),
    _required("severity"),
    Column("amount", Text),
    Column("currency", Text),
    Column("opened_run_id", Id, ForeignKey("runs.id"), nullable=False),
    _required("opened_on", Date),
    _required("spoken_on", Date),
    _required("last_seen_at", Instant),
    Column("resolved_at", Instant),
    Index("ix_cases_key", "job", "tenant", "company_id", "key"),
    Index("ix_cases_opened_run", "opened_run_id"),
)

Index("ix_cases_resolved", cases.c.job, cases.c.tenant, cases.c.company_id, cases.c.resolved_at)

# What sources say of records that changed, each event once.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    _required("tenant"),
    _required("source"),
    _required("event_id"),
    _required("kind"),
    _required("model"),
    _required("record_id", BigInteger),
    _required("occurred_at", Instant),
    _required("received_at", Instant),
    _required("detail", JSON),
    _required("trace_id"),
    *_lease(Word(EventStatus)),
    # Of the change feed's: whether no source that should have told of it did; null is not known.
    Column("missed", Boolean),
    UniqueConstraint("tenant", "source", "event_id", name="uq_inbox_event"),
    Index("ix_inbox_due", "status", "next_attempt_at"),
    Index("ix_inbox_leased", "status", "lease_until"),
    Index("ix_inbox_record", "tenant", "model", "record_id"),
    Index("ix_inbox_received", "received_at"),
)

# Which events a run looks at.
woken = Table(
    "woken",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    Column("event_id", Id, ForeignKey("inbox.id"), primary_key=True, autoincrement=False),
    Index("ix_woken_event", "event_id"),
)

# Literal, because a partial index serves only queries whose condition says the same.
case_is_open = cases.c.state == literal_column(f"'{CaseState.OPEN}'")

Index(
    "uq_cases_open",
    cases.c.job,
    cases.c.tenant,
    cases.c.company_id,
    cases.c.key,
    unique=True,
    sqlite_where=case_is_open,
    postgresql_where=case_is_open,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    *_job_and_scope(),
    _required("subject"),
    _required("period"),
    _required("recipient"),
    _required("step"),
    _required("channel"),
    _required("guarantee", Word(Delivery)),
    _required("payload", WithTexts),
    _required("finding_keys", JSON),
    _required("message_id"),
    *_lease(Word(MessageStatus)),
    _required("created_at", Instant),
    Column("sent_at", Instant),
    # The Message-ID of the mail that carried it, perhaps with others.
    Column("sent_in", Text),
    # Set while it waits for what is away.
    Column("waiting_since", Instant),
    Column("run_id", Id, ForeignKey("runs.id")),
    _required("trace_id"),
    UniqueConstraint(
        "job",
        "tenant",
        "company_id",
        "subject",
        "period",
        "recipient",
        "step",
        "channel",
        name="uq_messages_identity",
    ),
    Index("ix_messages_due", "status", "next_attempt_at"),
    Index("ix_messages_leased", "status", "lease_until"),
    Index("ix_messages_counted", "job", "tenant", "channel", "status"),
    Index("ix_messages_of_reader", "tenant", "recipient", "status", "sent_at"),
    Index("ix_messages_run", "run_id"),
)

measures = Table(
    "measures",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("labels", Labels, primary_key=True),
    _required("value", Double),
    _required("at", Instant),
    # The version of what the measure means, the moment judged, and rows left out by reason.
    Column("formula", Integer),
    Column("cut_off", Instant),
    Column("excluded", JSON(none_as_null=True)),
)

# No foreign keys: what was noted must outlive what it speaks of.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    _required("at", Instant),
    _required("event"),
    Column("job", Text),
    Column("tenant", Text),
    Column("company_id", Integer),
    Column("run_id", Id),
    Column("message_id", Id),
    Column("case_id", Id),
    _required("detail", WithTexts),
)

# What people did on their page; a nonce is that of the form, so that each is used once.
acts = Table(
    "acts",
    metadata,
    Column("id", Id, primary_key=True),
    _required("at", Instant),
    _required("kind", Word(ActKind)),
    _required("person"),
    *_job_and_scope(),
    _required("key"),
    _required("reason"),
    Column("until", Date),
    _required("detail", WithTexts),
    _required("nonce"),
    _required("trace_id"),
    UniqueConstraint("nonce", name="uq_acts_nonce"),
    Index("ix_acts_scope", "job", "tenant", "company_id"),
)

# Writes into Odoo that jobs proposed, each once for its tenant, kind, subject and identity.
effects = Table(
    "effects",
    metadata,
    Column("id", Id, primary_key=True),
    *_job_and_scope(),
    _required("kind"),
    _required("model"),
    _required("record_id", Integer),
    _required("identity"),
    _required("values", JSON),
    _required("why", WithTexts),
    _required("preview", WithTexts),
    _required("mode", Word(Mode)),
    Column("request", JSON(none_as_null=True)),
    _required("matrix"),
    _required("matrix_version"),
    Column("result", JSON(none_as_null=True)),
    *_lease(Word(EffectStatus)),
    _required("created_at", Instant),
    _required("since", Instant),
    Column("run_id", Id),
    _required("trace_id"),
    # Levels that were silent for as long as they had, and when that was over, by name.
    _required("silent", JSON),
    # The message that has it done; null where the queue of effects does.
    Column("message_id", Id),
    UniqueConstraint(
        "tenant", "kind", "model", "record_id", "identity", name="uq_effects_identity"
    ),
    Index("ix_effects_due", "status", "next_attempt_at"),
    Index("ix_effects_leased", "status", "lease_until"),
)

# What people said to effects; a nonce is that of the form, so that each is used once.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True),
    _required("at", Instant),
    _required("effect_id", Id),
    _required("tenant"),
    _required("company_id", Integer),
    _required("matrix"),
    _required("matrix_version"),
    _required("rule"),
    _required("verdict", WithTexts),
    _required("level"),
    _required("role"),
    _required("person"),
    _required("instead_of"),
    _required("answer", Word(Answer)),
    _required("reason"),
    _required("evidence", WithTexts),
    _required("nonce"),
    _required("trace_id"),
    UniqueConstraint("nonce", name="uq_decisions_nonce"),
    Index("ix_decisions_effect", "effect_id"),
)

# What people have the fleet leave alone until an instant; of all where a column is null.
pauses = Table(
    "pauses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job", Text),
    Column("tenant", Text),
    Column("company_id", Integer),
    _required("reason"),
    _required("person"),
    _required("since", Instant),
    _required("until", Instant),
    Index("ix_pauses_until", "until"),
)

# Instants that processes leave for who watches: heartbeats, circuits, what doctor saw.
marks = Table(
    "marks",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _required("at", Instant),
    _required("detail", WithTexts),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("labels", Labels, primary_key=True),
    _required("value", Double),
)
