"""Every metric by name, and what one event adds to the durable counters.

Workers add increments in the ledger's own transactions, so a killed process loses nothing that it
had committed, and one stateless exporter turns them into `/metrics`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

SECONDS_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


@dataclass(frozen=True)
class Metric:
    """A metric's full name without suffix, its Prometheus type, its help and its labels."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


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
QUEUE = Metric("fleet_queue_backlog", "gauge", "Messages waiting in the broker.", ("queue",))
RUNS_NOW = Metric(
    "fleet_runs_by_status", "gauge", "Runs in the ledger.", ("job", "tenant", "status")
)
RUN_OLDEST = Metric("fleet_run_oldest_due_seconds", "gauge", "Age of the oldest due run.", ())
OUTBOX = Metric("fleet_outbox_messages", "gauge", "Messages in the outbox.", ("status",))
OUTBOX_OLDEST = Metric(
    "fleet_outbox_oldest_due_seconds", "gauge", "Age of the oldest message due.", ()
)
LAST_SUCCESS = Metric(
    "fleet_last_success_timestamp_seconds",
    "gauge",
    "When a job last succeeded, as a Unix time.",
    ("job", "tenant"),
)
UP = Metric("fleet_source_up", "gauge", "Whether the exporter could read a source.", ("source",))

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
    )
}


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
    return increments + (raised(job, tenant, exception) if exception else [])


def raised(job: str, tenant: str, exception: str) -> list[Increment]:
    """An exception, or what stands for one where a process could not raise any more."""
    labels = {"job": job, "tenant": tenant, "exception": exception}
    return [Increment(EXCEPTIONS.name, labels)]


def message_ended(job: str, tenant: str, outcome: str) -> Increment:
    """A message was sent, dropped, parked or put back."""
    return Increment(MESSAGES.name, {"job": job, "tenant": tenant, "outcome": outcome})


def odoo_called(
    tenant: str, model: str, method: str, outcome: str, seconds: float
) -> list[Increment]:
    """One call to Odoo came back."""
    labels = {"tenant": tenant, "model": model, "method": method}
    return [
        Increment(ODOO_CALLS.name, {**labels, "outcome": outcome}),
        Increment(ODOO_SECONDS.name, labels, seconds),
    ]


def summed(increments: Sequence[Increment]) -> list[Increment]:
    """One increment per counter and labels."""
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for increment in increments:
        key = (increment.name, tuple(sorted(increment.labels.items())))
        sums[key] = sums.get(key, 0.0) + increment.amount
    return [Increment(name, dict(labels), amount) for (name, labels), amount in sums.items()]


def _observed(metric: Metric, labels: Mapping[str, str], value: float) -> list[Increment]:
    bounds = [bound for bound in SECONDS_BUCKETS if value <= bound]
    return [
        *(Increment(f"{metric.name}_bucket", {**labels, "le": f"{b:g}"}) for b in bounds),
        Increment(f"{metric.name}_bucket", {**labels, "le": "+Inf"}),
        Increment(f"{metric.name}_sum", labels, value),
    ]
