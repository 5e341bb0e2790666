"""Every metric by name, and what one event adds to the durable counters.

Workers add increments in the ledger's own transactions, so a killed process loses nothing that it
had committed, and one stateless exporter turns them into `/metrics`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

SECONDS_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
# Waits reach from a busy second to a fleet that was down over night.
WAIT_BUCKETS: Final = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)


@dataclass(frozen=True)
class Metric:
    """A metric's full name without suffix, its Prometheus type, its help and its labels."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS_BUCKETS


RUNS = Metric("fleet_runs", "counter", "Runs by outcome.", ("job", "tenant", "outcome"))
RUN_SECONDS = Metric("fleet_run_seconds", "histogram", "Duration of runs.", ("job", "tenant"))
EXCEPTIONS = Metric(
    "fleet_exceptions", "counter", "Exceptions by class.", ("job", "tenant", "exception")
)
ODOO_CALLS = Metric(
    "fleet_odoo_calls", "counter", "Calls to Odoo.", ("tenant", "model", "method", "outcome")
)
ODOO_SECONDS = Metric(
    "fleet_odoo_seconds",
    "counter",
    "Seconds spent in calls to Odoo.",
    ("tenant", "model", "method"),
)
MESSAGES = Metric(
    "fleet_messages", "counter", "Messages by what became of them.", ("job", "tenant", "outcome")
)
DUPLICATES = Metric(
    "fleet_duplicates_suppressed", "counter", "Messages that stood already.", ("job", "tenant")
)
DRIFT = Metric("fleet_drift_rows", "counter", "Odoo rows that fit no record.", ("job", "tenant"))
UNKNOWN_ZONES = Metric(
    "fleet_unknown_zones",
    "counter",
    "Looks at a company whose working calendar has a time zone that we do not know.",
    ("tenant",),
)
CLAIMS = Metric(
    "fleet_run_claims",
    "counter",
    "Messages of runs that a worker took up: claimed, or why not (limited, held, settled, early, "
    "away, paused).",
    ("job", "tenant", "result"),
)
PUBLISHED = Metric(
    "fleet_runs_published", "counter", "Messages published for runs.", ("job", "tenant")
)
DEAD = Metric("fleet_runs_dead", "counter", "Dead letters by exception.", ("job", "exception"))
LATENESS = Metric(
    "fleet_run_lateness_seconds",
    "histogram",
    "From a slot to the first start of its run.",
    ("job",),
    WAIT_BUCKETS,
)
QUEUE_SECONDS = Metric(
    "fleet_run_queue_seconds",
    "histogram",
    "From the publication of a run to its start.",
    ("job",),
    WAIT_BUCKETS,
)
DELIVERIES = Metric(
    "fleet_deliveries",
    "counter",
    "Attempts to deliver, by channel and what became of them.",
    ("channel", "job", "outcome"),
)
DELIVERY_SECONDS = Metric(
    "fleet_delivery_seconds",
    "histogram",
    "From when a message was due to what became of it.",
    ("channel",),
    WAIT_BUCKETS,
)
ODOO_ROWS = Metric(
    "fleet_odoo_rows", "counter", "Rows that Odoo returned.", ("tenant", "model", "method")
)
ODOO_WAITS = Metric(
    "fleet_odoo_limit_wait_seconds",
    "counter",
    "Seconds that calls waited for their tenant's concurrency limit.",
    ("tenant",),
)
# Why a message in the broker is none of ours: it is not a message, not signed, or not by us.
UNREADABLE: Final = "unreadable"
UNSIGNED: Final = "unsigned"
FORGED: Final = "forged"
REFUSED: Final = (UNREADABLE, UNSIGNED, FORGED)
DISCARDED = Metric(
    "fleet_tasks_discarded",
    "counter",
    "Tasks that a worker put away: expired (ticks too), revoked, rejected (unknown to it), or "
    "refused as unreadable, unsigned or forged.",
    ("task", "reason"),
)
EVENTS = Metric(
    "fleet_events",
    "counter",
    "Events that sources told of, by what became of them first: received, duplicate, or ignored, "
    "for no job looks at it.",
    ("tenant", "source", "outcome"),
)
EVENTS_REFUSED = Metric(
    "fleet_events_refused",
    "counter",
    "Webhooks that were sent to the fleet and refused, by reason; of no tenant where it names none "
    "that there is.",
    ("tenant", "source", "reason"),
)
EVENT_DELAY = Metric(
    "fleet_event_delay_seconds",
    "histogram",
    "From when an event occurred until a run that looked at it had ended.",
    ("tenant", "source"),
    WAIT_BUCKETS,
)
EVENTS_MISSED = Metric(
    "fleet_events_missed",
    "counter",
    "Changes that the change feed found, of which Odoo's own webhooks did not tell.",
    ("tenant", "model"),
)
EVENT_OLDEST = Metric(
    "fleet_event_oldest_seconds",
    "gauge",
    "Age of the oldest event that no run has looked at yet.",
    ("tenant",),
)
EVENTS_PARKED = Metric(
    "fleet_events_parked", "gauge", "Events that wait for a person.", ("tenant", "source")
)
QUEUE = Metric("fleet_queue_backlog", "gauge", "Messages waiting in the broker.", ("queue",))
RUNS_NOW = Metric(
    "fleet_runs_by_status", "gauge", "Runs in the ledger.", ("job", "tenant", "status")
)
QUEUE_OLDEST = Metric(
    "fleet_queue_oldest_seconds", "gauge", "Age of the oldest message waiting.", ("queue",)
)
UNACKED = Metric(
    "fleet_queue_unacked", "gauge", "Messages that workers hold and have not settled.", ("queue",)
)
RUN_OLDEST = Metric("fleet_run_oldest_due_seconds", "gauge", "Age of the oldest due run.", ("job",))
RUNNING = Metric("fleet_runs_in_flight", "gauge", "Runs under a live lease.", ("job", "tenant"))
ABANDONED = Metric(
    "fleet_runs_abandoned",
    "gauge",
    "Runs whose worker has given no sign for so long that they are anybody's, and nobody's yet.",
    ("job", "tenant"),
)
DEAD_LETTERS = Metric(
    "fleet_dead_letters",
    "gauge",
    "Dead runs, by exception: no later slot has succeeded, and nobody has seen them.",
    ("job", "tenant", "exception"),
)
PAUSES = Metric("fleet_pauses", "gauge", "Pauses that stand.", ())
PAUSED = Metric(
    "fleet_paused_seconds",
    "gauge",
    "How much longer a pause lasts; of all jobs, tenants or companies where a label is empty.",
    ("job", "tenant", "company_id"),
)
OUTBOX = Metric(
    "fleet_outbox_messages",
    "gauge",
    "Messages in the outbox.",
    ("job", "tenant", "channel", "status"),
)
OUTBOX_OLDEST = Metric(
    "fleet_outbox_oldest_due_seconds", "gauge", "Age of the oldest message due.", ("channel",)
)
EFFECTS = Metric(
    "fleet_effects",
    "gauge",
    "Effects by how they stand; parked ones wait for a person.",
    ("tenant", "kind", "status"),
)
COMPANY = Metric(
    "fleet_company_info",
    "gauge",
    "The name of a company beside its id; always 1.",
    ("tenant", "company_id", "company"),
)
LAST_SUCCESS = Metric(
    "fleet_last_success_timestamp_seconds",
    "gauge",
    "When a job last succeeded, as a Unix time.",
    ("job", "tenant", "company_id"),
)
OVERDUE = Metric(
    "fleet_job_overdue_seconds",
    "gauge",
    "How long ago the first slot was that no success has covered since; 0 when all are covered.",
    ("job", "tenant", "company_id"),
)
BEAT = Metric(
    "fleet_beat_last_tick_timestamp_seconds", "gauge", "When a beat last ticked.", ("hostname",)
)
LOOKED = Metric(
    "fleet_schedule_last_look_timestamp_seconds",
    "gauge",
    "When a worker last looked for due slots of a job: beat, broker and worker all work.",
    ("job",),
)
CIRCUIT = Metric(
    "fleet_odoo_circuit_open",
    "gauge",
    "Whether a worker lately found the tenant's Odoo failing and leaves it alone.",
    ("tenant",),
)
OUTAGE = Metric(
    "fleet_outage_seconds",
    "gauge",
    "How long what the fleet needs has been away: an odoo, the mail server or a webhook; 0 when it "
    "is there.",
    ("what", "tenant", "target"),
)
WAITING = Metric(
    "fleet_outbox_waiting_seconds",
    "gauge",
    "How long the message has waited that waits longest for what does not take it; 0 for none.",
    ("channel",),
)
HIDDEN = Metric(
    "fleet_odoo_hidden_groups",
    "gauge",
    "Groups of which the fleet's user sees fewer rows than Odoo has; `fleet doctor` measures.",
    ("tenant", "total"),
)
VISIBLE_ROWS = Metric(
    "fleet_odoo_visible_rows",
    "gauge",
    "Rows that the fleet's user sees; measured every night.",
    ("tenant", "model"),
)
PIECES_WRONG = Metric(
    "fleet_odoo_pieces_wrong",
    "gauge",
    "Pieces of ours in Odoo that were edited, switched off or are missing, of gates or the rest; "
    "measured every night and by `fleet doctor`.",
    ("tenant", "kind"),
)
UNUSABLE = Metric(
    "fleet_tenant_unusable",
    "gauge",
    "Whether a tenant is left out, because what is configured for it cannot be used.",
    ("tenant",),
)
JOB_UNUSABLE = Metric(
    "fleet_job_unusable",
    "gauge",
    "A job of another installed package is left out, because it cannot be loaded.",
    ("job",),
)
CONFIGURATION = Metric(
    "fleet_configuration_unusable",
    "gauge",
    "A process keeps the configuration that it has, because the edited one cannot be used.",
    ("process",),
)
API_KEY_EXPIRY = Metric(
    "fleet_odoo_api_key_expiry_timestamp_seconds",
    "gauge",
    "When the first API key of the fleet's user expires, as a Unix time; none when no key does.",
    ("tenant",),
)
CASES = Metric(
    "fleet_cases_open",
    "gauge",
    "Open cases by kind and by age in days.",
    ("job", "tenant", "company_id", "kind", "severity", "age"),
)
MEASURED_AT = Metric(
    "fleet_measured_timestamp_seconds",
    "gauge",
    "When a job's newest measures were taken.",
    ("job", "tenant", "company_id"),
)
UP = Metric("fleet_source_up", "gauge", "Whether the exporter could read a source.", ("source",))
READ_SECONDS = Metric(
    "fleet_source_read_seconds", "gauge", "How long a source took to read.", ("source",)
)
BUILD = Metric("fleet_build_info", "gauge", "Versions; always 1.", ("version", "python", "celery"))

COUNTERS: Final = {
    metric.name: metric
    for metric in (
        RUNS,
        RUN_SECONDS,
        EXCEPTIONS,
        ODOO_CALLS,
        ODOO_SECONDS,
        MESSAGES,
        DUPLICATES,
        DRIFT,
        UNKNOWN_ZONES,
        CLAIMS,
        PUBLISHED,
        DEAD,
        LATENESS,
        QUEUE_SECONDS,
        DELIVERIES,
        DELIVERY_SECONDS,
        ODOO_ROWS,
        ODOO_WAITS,
        DISCARDED,
        EVENTS,
        EVENTS_REFUSED,
        EVENT_DELAY,
        EVENTS_MISSED,
    )
}


Labels = Mapping[str, str]


# A histogram is counters: the sum of its values, and how many fell into each bucket alone.
SUM: Final = "_sum"
IN_BUCKET: Final = "_in_bucket"
# As versions before wrote it: how many fell into a bucket or one below it.
UP_TO_BUCKET: Final = "_bucket"


class Increment(NamedTuple):
    """What one event adds to one counter; histograms are counters with a suffix in the name."""

    name: str
    labels: Mapping[str, str]
    amount: float = 1.0


@dataclass(frozen=True)
class Sample:
    """One value at the time of a scrape."""

    metric: Metric
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def measured(name: str) -> Metric:
    """The gauge of something that a job measures; its unit is part of the name."""
    return Metric(f"fleet_{name}", "gauge", "Newest value that a job measured.")


def run_finished(
    job: str, tenant: str, outcome: str, seconds: float, exception: str | None = None
) -> list[Increment]:
    """A run ended: outcome is succeeded, retried or dead."""
    labels = {"job": job, "tenant": tenant}
    increments = [Increment(RUNS.name, {**labels, "outcome": outcome})]
    increments += _observed(RUN_SECONDS, labels, seconds)
    if exception:
        increments += raised(job, tenant, exception)
    if outcome == "dead":
        # Nobody raises for a run whose last worker vanished.
        increments.append(
            Increment(DEAD.name, {"job": job, "exception": exception or "WorkerLost"})
        )
    return increments


def raised(job: str, tenant: str, exception: str) -> list[Increment]:
    """An exception, or what stands for one where a process could not raise any more."""
    labels = {"job": job, "tenant": tenant, "exception": exception}
    return [Increment(EXCEPTIONS.name, labels)]


def message_ended(job: str, tenant: str, outcome: str) -> Increment:
    """A message was sent, dropped, parked or put back."""
    return Increment(MESSAGES.name, {"job": job, "tenant": tenant, "outcome": outcome})


def run_claimed(
    job: str,
    tenant: str,
    result: str,
    lateness: float | None = None,
    queued: float | None = None,
) -> list[Increment]:
    """A worker took up a message of a run.

    lateness: seconds since the slot, at the first start only. queued: seconds since publication,
    None when nobody published it.
    """
    found = [Increment(CLAIMS.name, {"job": job, "tenant": tenant, "result": result})]
    if lateness is not None:
        found += _observed(LATENESS, {"job": job}, lateness)
    if queued is not None:
        found += _observed(QUEUE_SECONDS, {"job": job}, queued)
    return found


def run_published(job: str, tenant: str) -> Increment:
    """The broker is about to be told of a run."""
    return Increment(PUBLISHED.name, {"job": job, "tenant": tenant})


def event_received(tenant: str, source: str, outcome: str, count: int = 1) -> list[Increment]:
    """Events came in, or turned out to be for nobody."""
    labels = {"tenant": tenant, "source": source, "outcome": outcome}
    return [Increment(EVENTS.name, labels, count)] if count else []


def event_refused(tenant: str, source: str, reason: str) -> Increment:
    """A webhook was refused."""
    return Increment(EVENTS_REFUSED.name, {"tenant": tenant, "source": source, "reason": reason})


def event_looked_at(tenant: str, source: str, seconds: float) -> list[Increment]:
    """A run has looked at an event; seconds since it occurred."""
    return _observed(EVENT_DELAY, {"tenant": tenant, "source": source}, max(seconds, 0.0))


def delivered(channel: str, job: str, outcome: str, seconds: float) -> list[Increment]:
    """An attempt to deliver ended; seconds since the message was due."""
    return [
        Increment(DELIVERIES.name, {"channel": channel, "job": job, "outcome": outcome}),
        *_observed(DELIVERY_SECONDS, {"channel": channel}, max(seconds, 0.0)),
    ]


def task_discarded(task: str, reason: str) -> Increment:
    """A worker put a task away without running it: revoked or rejected."""
    return Increment(DISCARDED.name, {"task": task, "reason": reason})


def odoo_called(
    tenant: str,
    model: str,
    method: str,
    outcome: str,
    seconds: float,
    rows: int = 0,
    waited: float = 0.0,
) -> list[Increment]:
    """One call to Odoo came back, after waiting so many seconds for the tenant's limit."""
    labels = {"tenant": tenant, "model": model, "method": method}
    return [
        Increment(ODOO_CALLS.name, {**labels, "outcome": outcome}),
        Increment(ODOO_SECONDS.name, labels, seconds),
        Increment(ODOO_WAITS.name, {"tenant": tenant}, waited),
        *([Increment(ODOO_ROWS.name, labels, rows)] if rows else []),
    ]


def summed(increments: Sequence[Increment]) -> list[Increment]:
    """One increment per counter and labels."""
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for increment in increments:
        key = (increment.name, tuple(sorted(increment.labels.items())))
        sums[key] = sums.get(key, 0.0) + increment.amount
    return [Increment(name, dict(labels), amount) for (name, labels), amount in sums.items()]


def _observed(metric: Metric, labels: Mapping[str, str], value: float) -> list[Increment]:
    bucket = next((f"{bound:g}" for bound in metric.buckets if value <= bound), "+Inf")
    return [
        Increment(metric.name + IN_BUCKET, {**labels, "le": bucket}),
        Increment(metric.name + SUM, labels, value),
    ]
