"""What the exporter reads at a scrape: the broker's queues and the ledger as it stands."""

from collections.abc import Iterator

from monitoring import metrics
from monitoring.exporter import FleetCollector
from monitoring.metrics import Increment, Sample
from workers import broker
from workers.ledger import counters, measures, outbox, runs
from workers.wiring import Fleet


def collector(fleet: Fleet) -> FleetCollector:
    """A collector that reads this fleet's ledger and broker."""
    return FleetCollector(
        counted=lambda: _counted(fleet),
        sampled={"ledger": lambda: _of_ledger(fleet), "broker": lambda: of_broker(fleet)},
    )


def of_broker(fleet: Fleet) -> Iterator[Sample]:
    """Waiting messages per queue."""
    for queue, count in broker.waiting(fleet.settings.environment.broker_url).items():
        yield Sample(metrics.QUEUE, count, {"queue": queue})


def _counted(fleet: Fleet) -> list[Increment]:
    with fleet.ledger.reading() as connection:
        return [Increment(c.name, c.labels, c.value) for c in counters.all(connection)]


def _of_ledger(fleet: Fleet) -> Iterator[Sample]:
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        for (job, tenant, status), count in runs.by_status(connection).items():
            yield Sample(
                metrics.RUNS_NOW, count, {"job": job, "tenant": tenant, "status": status.value}
            )
        for job, seconds in runs.oldest_due(connection, now).items():
            yield Sample(metrics.RUN_OLDEST, seconds, {"job": job})
        for (job, tenant), at in runs.last_success(connection).items():
            yield Sample(metrics.LAST_SUCCESS, at.timestamp(), {"job": job, "tenant": tenant})
        for (job, tenant, channel, state), count in outbox.by_status(connection).items():
            labels = {"job": job, "tenant": tenant, "channel": channel, "status": state.value}
            yield Sample(metrics.OUTBOX, count, labels)
        for channel, seconds in outbox.oldest_due(connection, now).items():
            yield Sample(metrics.OUTBOX_OLDEST, seconds, {"channel": channel})
        for found in measures.latest(connection):
            labels = {**found.labels, "job": found.job, "tenant": found.tenant}
            yield Sample(
                metrics.measured(found.name),
                found.value,
                {**labels, "company_id": str(found.company_id)},
            )
