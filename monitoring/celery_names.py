"""Our counters under the names of celery-exporter, so that its dashboards and alerts work.

Only what means the same: a run is the task of a job. `hostname` is left out of counters, because
a run outlives its worker. Flower's own names (`flower_*`) come from Flower itself.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from monitoring import metrics
from monitoring.metrics import Increment, Metric

NAMED: Final = ("name", "queue_name")


def _counter(name: str, help_text: str, *labels: str) -> Metric:
    return Metric(f"celery_task_{name}", "counter", help_text, (*NAMED, *labels))


SENT = _counter("sent", "Messages published for runs.")
RECEIVED = _counter("received", "Messages of runs that workers took up.")
STARTED = _counter("started", "Runs started.")
SUCCEEDED = _counter("succeeded", "Runs that succeeded.")
FAILED = _counter("failed", "Runs that ended as dead letters.", "exception")
RETRIED = _counter("retried", "Runs that failed and will be tried again.")
REVOKED = _counter("revoked", "Tasks put away because they expired or were revoked.")
REJECTED = _counter("rejected", "Messages that no worker understands.")
RUNTIME = Metric("celery_task_runtime", "histogram", "Seconds that runs took.", NAMED)
WAIT = Metric(
    "celery_task_queue_wait_time",
    "histogram",
    "Seconds from publication to start.",
    NAMED,
    metrics.WAIT_BUCKETS,
)
FAMILIES: Final = (
    SENT,
    RECEIVED,
    STARTED,
    SUCCEEDED,
    FAILED,
    RETRIED,
    REVOKED,
    REJECTED,
    RUNTIME,
    WAIT,
)

QUEUE_LENGTH = Metric("celery_queue_length", "gauge", "Messages waiting.", ("queue_name",))
WORKER_UP = Metric("celery_worker_up", "gauge", "Whether a worker's heart beats.", ("hostname",))
TASKS_ACTIVE = Metric("celery_worker_tasks_active", "gauge", "Runs under a live lease.")
WORKERS = Metric(
    "celery_active_worker_count", "gauge", "Workers that serve a queue.", ("queue_name",)
)
PROCESSES = Metric(
    "celery_active_process_count", "gauge", "Processes that serve a queue.", ("queue_name",)
)

Renaming = Callable[[Mapping[str, str]], Metric | None]


def _always(metric: Metric) -> Renaming:
    return lambda labels: metric


def _by(label: str, metrics_of: Mapping[str, Metric]) -> Renaming:
    return lambda labels: metrics_of.get(labels.get(label, ""))


RENAMED: Final[Mapping[str, tuple[Renaming, ...]]] = {
    metrics.PUBLISHED.name: (_always(SENT),),
    metrics.CLAIMS.name: (_always(RECEIVED), _by("result", {"claimed": STARTED})),
    metrics.RUNS.name: (
        _by("outcome", {"succeeded": SUCCEEDED, "retried": RETRIED, "waiting": RETRIED}),
    ),
    metrics.DEAD.name: (_always(FAILED),),
    metrics.DISCARDED.name: (
        _by("reason", {"expired": REVOKED, "revoked": REVOKED, "rejected": REJECTED}),
        _by("reason", dict.fromkeys(metrics.REFUSED, REJECTED)),
    ),
    metrics.RUN_SECONDS.name: (_always(RUNTIME),),
    metrics.QUEUE_SECONDS.name: (_always(WAIT),),
}


def renamed(increments: Iterable[Increment], queue_of: Mapping[str, str]) -> list[Increment]:
    """What celery-exporter would say of the same; queue_of: the queue of each task's name."""
    found = []
    for increment in increments:
        name, suffix = _split(increment.name)
        task = increment.labels.get("task") or f"jobs.{increment.labels.get('job', '')}"
        for renaming in RENAMED.get(name, ()):
            metric = renaming(increment.labels)
            if metric is not None:
                kept = ("exception", "le")
                labels = {key: increment.labels[key] for key in kept if key in increment.labels}
                labels |= {"name": task, "queue_name": queue_of.get(task, "")}
                found.append(Increment(metric.name + suffix, labels, increment.amount))
    return metrics.summed(found)


def _split(name: str) -> tuple[str, str]:
    for suffix in (metrics.IN_BUCKET, metrics.UP_TO_BUCKET, metrics.SUM):
        if name.endswith(suffix):
            return name.removesuffix(suffix), suffix
    return name, ""
