"""The stateless exporter: every scrape reads the ledger and the broker anew."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from threading import Lock
from typing import TypeVar

import prometheus_client
import structlog
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitoring import celery_names, metrics
from monitoring.metrics import Increment, Sample
from monitoring.serving import Server

Counted = Callable[[], Iterable[Increment]]
Sampled = Callable[[], Iterable[Sample]]
T = TypeVar("T")
COUNTERS = {**metrics.COUNTERS, **{metric.name: metric for metric in celery_names.FAMILIES}}
log = structlog.get_logger()


class FleetCollector(Collector):
    """Turns durable counters and momentary samples into Prometheus' families.

    A source that fails costs its own metrics only; `fleet_source_up` tells.
    """

    def __init__(self, counted: Counted, sampled: Mapping[str, Sampled]) -> None:
        self._counted = counted
        self._sampled = sampled

    def collect(self) -> Iterator[Metric]:
        """All families, of one reading."""
        reading = _Reading()
        counted = reading.of("ledger", self._counted)
        samples = [
            sample for name, source in self._sampled.items() for sample in reading.of(name, source)
        ]
        yield from _counter_families(counted)
        yield from _gauge_families([*samples, *reading.samples()])


class _Reading:
    """One look at every source: which answered, and how long each took."""

    def __init__(self) -> None:
        self._up: dict[str, float] = {}
        self._seconds: dict[str, float] = defaultdict(float)

    def of(self, name: str, source: Callable[[], Iterable[T]]) -> list[T]:
        started = time.perf_counter()
        try:
            found = list(source())
        except Exception as error:
            log.warning("source.unreadable", source=name, error=str(error))
            self._up[name] = 0.0
            return []
        finally:
            self._seconds[name] += time.perf_counter() - started
        self._up.setdefault(name, 1.0)
        return found

    def samples(self) -> Iterator[Sample]:
        for name, value in self._up.items():
            yield Sample(metrics.UP, value, {"source": name})
            yield Sample(metrics.READ_SECONDS, self._seconds[name], {"source": name})


def server(collector: Collector, address: str, port: int) -> Server:
    """A server of `/metrics` and `/live`, not started yet; port 0 picks a free one.

    Raises ConfigurationError where it cannot listen.
    """
    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(collector)
    # One reading at a time: however many ask, the ledger is not read by all of them at once.
    reading = Lock()

    def page(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        with reading:
            return Response(encode(registry), headers={"Content-Type": content_type})

    def live(request: Request) -> Response:
        return PlainTextResponse("alive\n")

    routes = [Route("/metrics", page), Route("/live", live)]
    return Server(Starlette(routes=routes), address, port)


def _counter_families(increments: Sequence[Increment]) -> Iterator[Metric]:
    by_name: dict[str, list[Increment]] = defaultdict(list)
    for increment in increments:
        by_name[increment.name].append(increment)
    for metric in COUNTERS.values():
        if metric.kind == "histogram":
            yield _histogram(metric, by_name)
            continue
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        for increment in by_name[metric.name]:
            family.add_metric(_values(metric, increment), increment.amount)
        yield family


def _values(metric: metrics.Metric, increment: Increment) -> list[str]:
    # A counter may be older than one of its labels.
    return [increment.labels.get(name, "") for name in metric.labels]


def _histogram(
    metric: metrics.Metric, by_name: Mapping[str, Sequence[Increment]]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [f"{bound:g}" for bound in metric.buckets] + ["+Inf"]
    alone, cumulated = (
        _by_bucket(metric, by_name.get(metric.name + suffix, ()))
        for suffix in (metrics.IN_BUCKET, metrics.UP_TO_BUCKET)
    )
    for increment in by_name.get(metric.name + metrics.SUM, ()):
        key = _values(metric, increment)
        here, before = alone[tuple(key)], cumulated[tuple(key)]
        reached = accumulate(here.get(bound, 0.0) for bound in bounds)
        counts = [(b, n + before.get(b, 0.0)) for b, n in zip(bounds, reached, strict=True)]
        family.add_metric(key, counts, increment.amount)
    return family


def _by_bucket(
    metric: metrics.Metric, found: Iterable[Increment]
) -> Mapping[tuple[str, ...], Mapping[str, float]]:
    buckets: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for increment in found:
        buckets[tuple(_values(metric, increment))][increment.labels["le"]] = increment.amount
    return buckets


def _gauge_families(samples: Sequence[Sample]) -> Iterator[Metric]:
    by_family: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_family[sample.metric.name].append(sample)
    for name, found in by_family.items():
        labels = sorted({label for sample in found for label in sample.labels})
        family = GaugeMetricFamily(name, found[0].metric.help, labels=labels)
        for sample in found:
            values = [sample.labels.get(label, "") for label in labels]
            family.add_metric(values, sample.value)
        yield family
