"""What Prometheus scrapes: counters and gauges of the stats table, and what this process counted."""

from collections.abc import Iterator, Mapping

from chalicelib.domain.gauges import Gauges
from chalicelib.telemetry import METRICS, Kind, Metric, Origin, Tally
from chalicelib.telemetry.prometheus import CONTENT_TYPE, histograms, values
from chalicelib.telemetry.tally import Histogram, Labels

from .fields import NoBody, NoQuery
from .operation import Call, Routes

routes = Routes("operations")


@routes.route("GET", "/metrics", str, media=CONTENT_TYPE)
def metrics(call: Call[NoQuery, NoBody]) -> str:
    """Show counters and gauges in the Prometheus text format; two small reads, however much there is."""
    stats = call.use_cases.stats
    counters, gauges = stats.counters(), stats.gauges()
    lines: list[str] = []
    for metric in METRICS:
        if metric.origin is Origin.STREAM:
            lines += values(metric, {(): counters.get(metric.name, 0)})
        elif metric.origin is Origin.TICK:
            lines += _standing(metric, gauges)
        elif call.service.tally is not None:
            lines += _process(metric, call.service.tally)
    return "\n".join(lines) + "\n"


def _process(metric: Metric, tally: Tally) -> Iterator[str]:
    if metric.kind is Kind.DISTRIBUTION:
        return histograms(metric, tally.histograms(metric))
    return values(metric, tally.values(metric))


def _standing(metric: Metric, gauges: Gauges | None) -> Iterator[str]:
    """Nothing before the first tick: a zero would be a guess."""
    if gauges is None:
        return iter(())
    if metric.kind is Kind.DISTRIBUTION:
        return histograms(metric, {(): Histogram([*gauges.trust_counts, 0], gauges.trust_sum)})
    return values(metric, _gauge(gauges)[metric.name])


def _gauge(gauges: Gauges) -> Mapping[str, Mapping[Labels, float]]:
    return {
        "tasks_queue_depth": {(): gauges.waiting},
        "tasks_oldest_waiting_ms": {(): gauges.oldest_waiting_ms},
        "tasks_waiting_without_agent": {(): gauges.waiting_without_agent},
        "agent_status": {(("status", name),): number for name, number in gauges.agents_by_status.items()},
        "agent_trust_top": {
            (("rank", f"{rank:02}"), ("agent", agent_id)): score
            for rank, (agent_id, score) in enumerate(gauges.top, 1)
        },
        "doctor_findings": {(): gauges.findings},
        "tick_last_run_timestamp_ms": {(): gauges.at},
    }
