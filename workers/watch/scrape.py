"""What the exporter reads at a scrape: the broker's queues and the ledger as it stands.

Only jobs and tenants that are configured are shown: what else the ledger remembers of earlier
ones would be labels without end.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import product
from platform import python_version
from typing import Final

from monitoring import celery_names, metrics
from monitoring.exporter import FleetCollector
from monitoring.metrics import Increment, Sample
from tasks import catalogue
from tasks.declaration import AnyJob
from workers import notes as watching
from workers import outages as outages_of
from workers.broker import queues
from workers.broker import transport as broker
from workers.ledger import (
    counters,
    effects,
    inbox,
    marks,
    measures,
    outages,
    outbox,
    pauses,
    runs,
    scopes,
    standing,
)
from workers.ledger.database import Connection
from workers.ledger.marks import Mark
from workers.ledger.places import Place
from workers.ledger.statuses import WORKER_LOST
from workers.watch import overdue as covered
from workers.wiring import Fleet

AGES: Final = ((7, "0-7"), (30, "8-30"), (90, "31-90"))
OLDEST_AGE: Final = "91+"
EVENT_OUTCOMES: Final = ("received", "duplicate", "ignored")
RUN_OUTCOMES: Final = ("succeeded", "waiting", "retried", "dead")
# What a run may fail with; a job's own mistake, a KeyError say, shows from its second time on.
RUN_ERRORS: Final = (
    "OdooUnavailable",
    "CircuitOpen",
    "OdooRejected",
    "OdooLoginRefused",
    "OdooSchemaDrift",
    "LedgerUnavailable",
    "StaleCases",
    "UnknownJob",
    "SoftTimeLimitExceeded",
    WORKER_LOST,
)
DELIVERY_ERRORS: Final = (
    "DeliveryFailed",
    "DeliveryUnavailable",
    "DeliveryClosed",
    "DeliveryRefused",
    "DeliveryUnknown",
)
DELIVERY_OUTCOMES: Final = ("sent", "waiting", "retried", "parked", "dropped")


def collector(fleet: Fleet) -> FleetCollector:
    """A collector that reads this fleet's ledger and broker."""
    return FleetCollector(
        counted=lambda: _counted(fleet),
        sampled={
            "ledger": lambda: _of_ledger(fleet),
            "broker": lambda: of_broker(fleet),
            "build": lambda: [_build(), *_of_settings(fleet)],
        },
    )


def of_broker(fleet: Fleet) -> Iterator[Sample]:
    """Messages per queue: waiting, held, and the age of the oldest."""
    now = fleet.clock()
    found = queues.depths(fleet.settings.environment.broker_url)
    for queue, depth in found.items():
        labels = {"queue": queue}
        yield Sample(metrics.QUEUE, depth.waiting, labels)
        yield Sample(celery_names.QUEUE_LENGTH, depth.waiting, {"queue_name": queue})
        if depth.held is not None:
            yield Sample(metrics.UNACKED, depth.held, labels)
        if depth.oldest is not None:
            yield Sample(metrics.QUEUE_OLDEST, max((now - depth.oldest).total_seconds(), 0), labels)
        elif not depth.waiting:
            yield Sample(metrics.QUEUE_OLDEST, 0, labels)


def _of_settings(fleet: Fleet) -> list[Sample]:
    """Which tenants and jobs are left out, because what is told of them cannot be used."""
    left_out = fleet.settings.unusable
    return [
        *(
            Sample(metrics.UNUSABLE, float(name in left_out), {"tenant": name})
            for name in fleet.settings.names
        ),
        *(Sample(metrics.JOB_UNUSABLE, 1, {"job": name}) for name in catalogue.outside().refused),
    ]


def _build() -> Sample:
    versions = {"version": version("odoo-ops-fleet"), "celery": version("celery")}
    return Sample(metrics.BUILD, 1, {**versions, "python": python_version()})


def _counted(fleet: Fleet) -> list[Increment]:
    with fleet.ledger.reading() as connection:
        stored = [Increment(c.name, c.labels, c.value) for c in counters.all(connection)]
    known = [found for found in stored if _known(fleet, found.labels)]
    told = metrics.summed([*_zeros(fleet), *known])
    return told + celery_names.renamed(told, _queue_of_tasks())


def _known(fleet: Fleet, labels: metrics.Labels) -> bool:
    return labels.get("job", "") in {"", *catalogue.jobs()} and labels.get("tenant", "") in {
        "",
        *fleet.settings.names,
    }


def _zeros(fleet: Fleet) -> Iterator[Increment]:
    """Counters start at zero: a first failure is an increase only if there was something before."""
    for job, tenant in product(catalogue.jobs(), fleet.settings.tenants):
        labels = {"job": job, "tenant": tenant}
        for outcome in RUN_OUTCOMES:
            yield Increment(metrics.RUNS.name, {**labels, "outcome": outcome}, 0)
        for error in (*RUN_ERRORS, *DELIVERY_ERRORS):
            yield Increment(metrics.EXCEPTIONS.name, {**labels, "exception": error}, 0)
        yield Increment(metrics.PUBLISHED.name, labels, 0)
        yield Increment(metrics.CLAIMS.name, {**labels, "result": "claimed"}, 0)
        yield Increment(metrics.DUPLICATES.name, labels, 0)
        yield Increment(metrics.DRIFT.name, labels, 0)
        yield Increment(metrics.RUN_SECONDS.name + metrics.SUM, labels, 0)
    for tenant_of, source in _sources(fleet):
        labels = {"tenant": tenant_of, "source": source}
        for outcome in EVENT_OUTCOMES:
            yield Increment(metrics.EVENTS.name, {**labels, "outcome": outcome}, 0)
        yield Increment(metrics.EVENT_DELAY.name + metrics.SUM, labels, 0)
        yield Increment(metrics.EVENTS_REFUSED.name, {**labels, "reason": "unsigned"}, 0)
    for declared in catalogue.jobs().values():
        yield from _zeros_of(declared)
    for reason in metrics.REFUSED:
        yield Increment(metrics.DISCARDED.name, {"task": "unknown", "reason": reason}, 0)


def _sources(fleet: Fleet) -> Iterator[tuple[str, str]]:
    for tenant in fleet.settings.tenants.values():
        yield from ((tenant.name, source) for source in tenant.sources)


def _zeros_of(job: AnyJob) -> Iterator[Increment]:
    for error in RUN_ERRORS:
        yield Increment(metrics.DEAD.name, {"job": job.name, "exception": error}, 0)
    for reason in ("revoked", "rejected"):
        yield Increment(metrics.DISCARDED.name, {"task": f"jobs.{job.name}", "reason": reason}, 0)
    for histogram in (metrics.LATENESS, metrics.QUEUE_SECONDS):
        yield Increment(histogram.name + metrics.SUM, {"job": job.name}, 0)
    for channel, outcome in product(job.channels, DELIVERY_OUTCOMES):
        labels = {"channel": channel, "job": job.name, "outcome": outcome}
        yield Increment(metrics.DELIVERIES.name, labels, 0)
    for channel in job.channels:
        yield Increment(metrics.DELIVERY_SECONDS.name + metrics.SUM, {"channel": channel}, 0)


def _queue_of_tasks() -> dict[str, str]:
    own = {
        "fleet.dispatch": broker.EVENTS,
        "fleet.recover": broker.EVENTS,
        "fleet.compare": broker.EVENTS,
        "fleet.listen": broker.EVENTS,
        "fleet.feed": broker.EVENTS,
        "fleet.hear": broker.WOKEN,
        "fleet.poll": broker.WOKEN,
        "fleet.learn": "batch",
        "fleet.probe": "batch",
        "fleet.trim": "batch",
        "fleet.deliver": broker.DELIVERY,
        "fleet.effect": broker.EFFECTS,
    }
    return own | {f"jobs.{job.name}": job.queue for job in catalogue.jobs().values()}


def _of_ledger(fleet: Fleet) -> list[Sample]:
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        found = [
            *_of_companies(connection),
            *_of_runs(fleet, connection, now),
            *_of_outbox(connection, now),
            *_of_events(fleet, connection, now),
            *_of_effects(connection),
            *_of_cases(connection, now),
            *_of_measures(connection, now),
            *of_marks(marks.all(connection), now, broker.needed(fleet.settings)),
            *_of_outages(fleet, connection, now),
            *_of_pauses(connection, now),
        ]
    return [sample for sample in found if _known(fleet, sample.labels)]


def _of_companies(connection: Connection) -> Iterator[Sample]:
    for tenant, known in scopes.by_tenant(connection).items():
        for scope in known:
            place = {"tenant": tenant, "company_id": str(scope.company_id)}
            yield Sample(metrics.COMPANY, 1, {**place, "company": scope.name})


def _of_runs(fleet: Fleet, connection: Connection, now: datetime) -> Iterator[Sample]:
    for (job, tenant, status), count in runs.by_status(connection).items():
        yield Sample(
            metrics.RUNS_NOW, count, {"job": job, "tenant": tenant, "status": status.value}
        )
    waiting = runs.oldest_due(connection, now)
    for job in catalogue.jobs():
        yield Sample(metrics.RUN_OLDEST, waiting.get(job, 0.0), {"job": job})
    held = standing.in_flight(connection, now)
    for job, tenant in product(catalogue.jobs(), fleet.settings.tenants):
        count = held.get((job, tenant), 0)
        yield Sample(metrics.RUNNING, count, {"job": job, "tenant": tenant})
    abandoned = standing.abandoned(connection, now)
    for job, tenant in product(catalogue.jobs(), fleet.settings.tenants):
        count = abandoned.get((job, tenant), 0)
        yield Sample(metrics.ABANDONED, count, {"job": job, "tenant": tenant})
    yield Sample(celery_names.TASKS_ACTIVE, sum(held.values()))
    for (job, tenant, error), count in standing.dead_letters(connection).items():
        labels = {"job": job, "tenant": tenant, "exception": error}
        yield Sample(metrics.DEAD_LETTERS, count, labels)
    yield from _of_successes(fleet, connection, now)


def _of_successes(fleet: Fleet, connection: Connection, now: datetime) -> Iterator[Sample]:
    newest = standing.successes(connection, now)
    for place, success in newest.items():
        yield Sample(metrics.LAST_SUCCESS, success.at.timestamp(), _labels(place))
    since = standing.watched_since(connection)
    for place, seconds in covered.overdue(fleet, connection, newest, since, now):
        yield Sample(metrics.OVERDUE, seconds, _labels(place))


def _of_events(fleet: Fleet, connection: Connection, now: datetime) -> Iterator[Sample]:
    oldest, parked = inbox.oldest_unhandled(connection, now), inbox.parked(connection)
    for tenant in fleet.settings.tenants.values():
        if tenant.sources or tenant.name in oldest:
            yield Sample(
                metrics.EVENT_OLDEST, oldest.get(tenant.name, 0.0), {"tenant": tenant.name}
            )
        for source in tenant.sources:
            labels = {"tenant": tenant.name, "source": source}
            yield Sample(metrics.EVENTS_PARKED, parked.get((tenant.name, source), 0), labels)


def _of_outbox(connection: Connection, now: datetime) -> Iterator[Sample]:
    for (job, tenant, channel, state), count in outbox.by_status(connection).items():
        labels = {"job": job, "tenant": tenant, "channel": channel, "status": state.value}
        yield Sample(metrics.OUTBOX, count, labels)
    waiting = outbox.oldest_due(connection, now)
    channels = {channel for job in catalogue.jobs().values() for channel in job.channels}
    for channel in sorted(channels | set(waiting)):
        yield Sample(metrics.OUTBOX_OLDEST, waiting.get(channel, 0.0), {"channel": channel})
    put_off = outbox.longest_waiting(connection, now)
    for channel in sorted(channels | set(put_off)):
        seconds = (now - put_off.get(channel, now)).total_seconds()
        yield Sample(metrics.WAITING, seconds, {"channel": channel})


def _of_effects(connection: Connection) -> Iterator[Sample]:
    for (tenant, kind, status), count in effects.by_status(connection).items():
        labels = {"tenant": tenant, "kind": kind, "status": status.value}
        yield Sample(metrics.EFFECTS, count, labels)


def _of_cases(connection: Connection, now: datetime) -> Iterator[Sample]:
    counted: list[Increment] = []
    for found, count in standing.open_cases(connection).items():
        age = _age((now.date() - found.opened_on).days)
        labels = {"kind": found.kind, "severity": found.severity, "age": age}
        place = _labels(found.place)
        counted.append(Increment("cases", {**place, **labels}, count))
    for summed in metrics.summed(counted):
        yield Sample(metrics.CASES, summed.amount, summed.labels)


def _age(days: int) -> str:
    return next((name for last, name in AGES if days <= last), OLDEST_AGE)


def _of_measures(connection: Connection, now: datetime) -> Iterator[Sample]:
    taken = {}
    for found in measures.latest(connection, now):
        labels = {**found.labels, **_labels(found.place)}
        yield Sample(metrics.measured(found.name), found.value, labels)
        taken[found.place] = found.at
    for place, at in taken.items():
        yield Sample(metrics.MEASURED_AT, at.timestamp(), _labels(place))


def of_marks(
    found: Iterable[Mark], now: datetime, needed: Sequence[str] = broker.QUEUES
) -> Iterator[Sample]:
    """What the marks of processes tell who watches; needed: the queues that are to be served."""
    workers = []
    for mark in found:
        if mark.kind == marks.BEAT:
            yield Sample(metrics.BEAT, mark.at.timestamp(), {"hostname": mark.name})
        elif mark.kind == marks.LOOK:
            yield Sample(metrics.LOOKED, mark.at.timestamp(), {"job": mark.name})
        elif mark.kind == marks.VISIBILITY:
            labels = {"tenant": mark.detail["tenant"], "total": mark.detail["total"]}
            yield Sample(metrics.HIDDEN, mark.detail["hidden"], labels)
        elif mark.kind == marks.VISIBLE_ROWS:
            labels = {"tenant": mark.detail["tenant"], "model": mark.detail["model"]}
            yield Sample(metrics.VISIBLE_ROWS, mark.detail["rows"], labels)
        elif mark.kind == marks.INSTALLED:
            for kind, wrong in mark.detail.items():
                labels = {"tenant": mark.name, "kind": kind}
                yield Sample(metrics.PIECES_WRONG, wrong, labels)
        elif mark.kind == marks.API_KEY and mark.detail["expires_at"] is not None:
            yield Sample(metrics.API_KEY_EXPIRY, mark.detail["expires_at"], {"tenant": mark.name})
        elif mark.kind == marks.CONFIGURATION:
            # Whoever ended since then says so no more.
            if watching.young(mark, watching.SILENT_SECONDS, now):
                yield Sample(metrics.CONFIGURATION, 1.0, {"process": mark.name})
        elif mark.kind == marks.WORKER:
            workers.append(mark)
    yield from _of_workers(workers, now, needed)


def _of_outages(fleet: Fleet, connection: Connection, now: datetime) -> Iterator[Sample]:
    away = {name: outage.since for name, outage in outages.standing(connection).items()}
    left_alone = {m.name for m in marks.all(connection) if m.kind == marks.CIRCUIT and m.at > now}
    names = [outages_of.MAIL]
    for tenant in fleet.settings.tenants.values():
        names += [outages_of.of_odoo(tenant.name)]
        names += [outages_of.of_target(tenant.name, target) for target in tenant.targets]
        closed = outages_of.of_odoo(tenant.name) in away or tenant.name in left_alone
        yield Sample(metrics.CIRCUIT, float(closed), {"tenant": tenant.name})
    for name in names:
        what, tenant_name, target = [*name.split(" "), "", ""][:3]
        labels = {"what": what, "tenant": tenant_name, "target": target}
        seconds = (now - away[name]).total_seconds() if name in away else 0.0
        yield Sample(metrics.OUTAGE, seconds, labels)


def _of_pauses(connection: Connection, now: datetime) -> Iterator[Sample]:
    standing_now = pauses.standing(connection, now)
    yield Sample(metrics.PAUSES, len(standing_now))
    for pause in standing_now:
        company = "" if pause.company_id is None else str(pause.company_id)
        what = {"job": pause.job or "", "tenant": pause.tenant or "", "company_id": company}
        yield Sample(metrics.PAUSED, (pause.until - now).total_seconds(), what)


def _of_workers(found: Iterable[Mark], now: datetime, needed: Sequence[str]) -> Iterator[Sample]:
    serving = dict.fromkeys(broker.QUEUES, 0)
    processes = dict.fromkeys(broker.QUEUES, 0)
    for mark in found:
        up = watching.young(mark, watching.SILENT_SECONDS, now)
        yield Sample(celery_names.WORKER_UP, float(up), {"hostname": mark.name})
        for queue in set(mark.detail["queues"]) & set(serving) if up else ():
            serving[queue] += 1
            processes[queue] += mark.detail["processes"]
    for queue in (queue for queue in broker.QUEUES if serving[queue] or queue in needed):
        yield Sample(celery_names.WORKERS, serving[queue], {"queue_name": queue})
        yield Sample(celery_names.PROCESSES, processes[queue], {"queue_name": queue})


def _labels(place: Place) -> dict[str, str]:
    return {"job": place.job, "tenant": place.tenant, "company_id": str(place.company_id)}
