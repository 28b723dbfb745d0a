"""The Prometheus text format (exposition format 0.0.4), from the table of metrics."""

from collections.abc import Iterator, Mapping

from .metric import Kind, Metric
from .tally import Histogram, Labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TYPES = {Kind.COUNTER: "counter", Kind.GAUGE: "gauge", Kind.DISTRIBUTION: "histogram"}


def values(metric: Metric, series: Mapping[Labels, float]) -> Iterator[str]:
    """A counter's or gauge's lines; one without labels and values is zero."""
    yield from _head(metric)
    if not series and not metric.labels:
        series = {(): 0.0}
    for labels, value in sorted(series.items()):
        yield f"{metric.prometheus_name}{_braces(labels)} {_number(metric.in_base_unit(value))}"


def histograms(metric: Metric, series: Mapping[Labels, Histogram]) -> Iterator[str]:
    """A distribution's lines, cumulative; one without labels is there from the start."""
    yield from _head(metric)
    if not series and not metric.labels:
        series = {(): Histogram.of(metric)}
    for labels, histogram in sorted(series.items(), key=lambda item: item[0]):
        yield from _histogram(metric, labels, histogram)


def _histogram(metric: Metric, labels: Labels, histogram: Histogram) -> Iterator[str]:
    name, so_far = metric.prometheus_name, 0
    bounds = [*map(_number, metric.buckets), "+Inf"]
    for bound, count in zip(bounds, histogram.counts, strict=True):
        so_far += count
        yield f"{name}_bucket{_braces((*labels, ('le', bound)))} {so_far}"
    yield f"{name}_sum{_braces(labels)} {_number(histogram.total)}"
    yield f"{name}_count{_braces(labels)} {so_far}"


def _head(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.prometheus_name} {metric.help}"
    yield f"# TYPE {metric.prometheus_name} {TYPES[metric.kind]}"


def _braces(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
