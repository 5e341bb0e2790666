"""The stateless exporter: every scrape reads the ledger and the broker anew."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Thread
from wsgiref.simple_server import WSGIServer

import prometheus_client
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from monitoring import metrics
from monitoring.metrics import Increment, Sample

Counted = Callable[[], Iterable[Increment]]
Sampled = Callable[[], Iterable[Sample]]


class FleetCollector(Collector):
    """Turns durable counters and momentary samples into Prometheus' families.

    A source that fails costs its own metrics only; `fleet_source_up` tells.
    """

    def __init__(self, counted: Counted, sampled: Mapping[str, Sampled]) -> None:
        self._counted = counted
        self._sampled = sampled

    def collect(self) -> Iterator[Metric]:
        """All families, of one reading."""
        up: dict[str, float] = {}
        counted = _read("ledger", self._counted, up)
        samples = [
            sample for name, source in self._sampled.items() for sample in _read(name, source, up)
        ]
        yield from _counter_families(counted)
        samples += [Sample(metrics.UP, value, {"source": name}) for name, value in up.items()]
        yield from _gauge_families(samples)


def serve(collector: Collector, port: int, host: str = "0.0.0.0") -> tuple[WSGIServer, Thread]:
    """Serve `/metrics` on a background thread; port 0 picks a free one."""
    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return prometheus_client.start_http_server(port, host, registry)


def _read(name: str, source: Callable[[], Iterable[object]], up: dict[str, float]) -> list:  # type: ignore[type-arg]
    try:
        found = list(source())
    except Exception:
        up[name] = 0.0
        return []
    up.setdefault(name, 1.0)
    return found


def _counter_families(increments: Sequence[Increment]) -> Iterator[Metric]:
    by_name: dict[str, list[Increment]] = defaultdict(list)
    for increment in increments:
        by_name[increment.name].append(increment)
    for metric in metrics.COUNTERS.values():
        if metric.kind == "histogram":
            yield _histogram(metric, by_name)
            continue
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        for increment in by_name[metric.name]:
            family.add_metric([increment.labels[name] for name in metric.labels], increment.amount)
        yield family


def _histogram(
    metric: metrics.Metric, by_name: Mapping[str, Sequence[Increment]]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    buckets: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for increment in by_name.get(f"{metric.name}_bucket", ()):
        key = tuple(increment.labels[name] for name in metric.labels)
        buckets[key][increment.labels["le"]] = increment.amount
    for increment in by_name.get(f"{metric.name}_sum", ()):
        key = tuple(increment.labels[name] for name in metric.labels)
        bounds = [f"{bound:g}" for bound in metrics.SECONDS_BUCKETS] + ["+Inf"]
        counts = [(bound, buckets[key].get(bound, 0.0)) for bound in bounds]
        family.add_metric(list(key), counts, increment.amount)
    return family


def _gauge_families(samples: Sequence[Sample]) -> Iterator[Metric]:
    by_family: dict[tuple[metrics.Metric, tuple[str, ...]], list[Sample]] = defaultdict(list)
    for sample in samples:
        by_family[sample.metric, tuple(sorted(sample.labels))].append(sample)
    for (metric, labels), found in by_family.items():
        family = GaugeMetricFamily(metric.name, metric.help, labels=labels)
        for sample in found:
            family.add_metric([sample.labels[name] for name in labels], sample.value)
        yield family
