"""What this process counted since it started: what GET /metrics shows where one process serves all."""

import threading
from bisect import bisect_left
from dataclasses import field
from typing import Protocol

from chalicelib.values import dataclass

from .metric import Kind, Metric
from .table import METRIC_BY_NAME

Labels = tuple[tuple[str, str], ...]


class Counter(Protocol):
    """services.ports.Metrics, as this layer may know it."""

    def count(self, name: str, value: float = 1, **labels: str) -> None: ...


@dataclass
class Histogram:
    """Observations by bucket (the last is for all above), their sum, in Prometheus' unit."""

    counts: list[int]
    total: float = 0.0

    @classmethod
    def of(cls, metric: Metric) -> "Histogram":
        """An empty one with a metric's buckets."""
        return cls([0] * (len(metric.buckets) + 1))

    def observe(self, metric: Metric, value: float) -> None:
        """One more value, in the metric's own unit."""
        shown = metric.in_base_unit(value)
        self.counts[bisect_left(metric.buckets, shown)] += 1
        self.total += shown


@dataclass
class Tally:
    """services.ports.Metrics in memory, for many threads; a gauge holds the last value."""

    _values: dict[str, dict[Labels, float]] = field(default_factory=dict)
    _histograms: dict[str, dict[Labels, Histogram]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        metric = METRIC_BY_NAME[name]
        metric.check(labels)
        key = tuple((label, labels[label]) for label in metric.labels)
        with self._lock:
            if metric.kind is Kind.DISTRIBUTION:
                series = self._histograms.setdefault(name, {})
                series.setdefault(key, Histogram.of(metric)).observe(metric, value)
            else:
                values = self._values.setdefault(name, {})
                before = values.get(key, 0.0) if metric.kind is Kind.COUNTER else 0.0
                values[key] = before + value

    def values(self, metric: Metric) -> dict[Labels, float]:
        """A counter's or gauge's series, in the metric's own unit."""
        with self._lock:
            return dict(self._values.get(metric.name, {}))

    def histograms(self, metric: Metric) -> dict[Labels, Histogram]:
        """A distribution's series."""
        with self._lock:
            series = self._histograms.get(metric.name, {})
            return {labels: Histogram(list(h.counts), h.total) for labels, h in series.items()}


@dataclass(frozen=True)
class Both:
    """Counts in two places."""

    first: Counter
    second: Counter

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        self.first.count(name, value, **labels)
        self.second.count(name, value, **labels)
