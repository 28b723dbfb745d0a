"""One logger and one table of metrics: EMF, /metrics, dashboards and docs all come from it."""

import threading
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
        AmazonCloudWatchEMFProvider,
    )

NAMESPACE = "AINS"
MOST_VALUES = 90  # of one metric in one EMF line; the format allows 100


class Kind(StrEnum):
    """How values of a metric add up."""

    COUNTER = "counter"
    GAUGE = "gauge"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True)
class Metric:
    """One row of the table. Labels never hold an id: each distinct value costs money every month."""

    name: str
    unit: str  # CloudWatch's
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


METRICS = (
    Metric("tasks_created_total", "Count", Kind.COUNTER, "Tasks taken in, by clients and by schedules"),
    Metric("tasks_assigned_total", "Count", Kind.COUNTER, "Leases given"),
    Metric("tasks_completed_total", "Count", Kind.COUNTER, "Tasks that ended COMPLETED"),
    Metric("tasks_failed_total", "Count", Kind.COUNTER, "Tasks that ended FAILED"),
    Metric("tasks_cancelled_total", "Count", Kind.COUNTER, "Tasks that ended CANCELLED"),
    Metric("tasks_retried_total", "Count", Kind.COUNTER, "Attempts that failed and are tried again"),
    Metric("tasks_redriven_total", "Count", Kind.COUNTER, "New tasks made in the place of those that ended"),
    Metric("tasks_timed_out_total", "Count", Kind.COUNTER, "Attempts that ran longer than their timeout"),
    Metric("task_duration_ms", "Milliseconds", Kind.DISTRIBUTION, "From submission to the end"),
    Metric("dispatch_lateness_ms", "Milliseconds", Kind.DISTRIBUTION, "From runnable to assigned"),
    Metric("tasks_queue_depth", "Count", Kind.GAUGE, "Tasks that wait for an agent"),
    Metric("tasks_oldest_waiting_ms", "Milliseconds", Kind.GAUGE, "Age of the oldest of them"),
    Metric("agent_heartbeats_total", "Count", Kind.COUNTER, "Heartbeats and syncs"),
    Metric("agent_status", "Count", Kind.GAUGE, "Agents by status", ("status",)),
    Metric("tick_gap_ms", "Milliseconds", Kind.DISTRIBUTION, "From one tick to the next"),
    Metric("tick_rows", "Count", Kind.DISTRIBUTION, "Due rows that a tick announced"),
    Metric(
        "clock_lateness_ms", "Milliseconds", Kind.DISTRIBUTION, "How overdue a tick's most overdue row was"
    ),
    Metric("schedule_slots_fired_total", "Count", Kind.COUNTER, "Slots that became tasks"),
    Metric("schedule_slots_missed_total", "Count", Kind.COUNTER, "Slots not fired in time and given up"),
    Metric("schedule_slots_skipped_total", "Count", Kind.COUNTER, "Slots skipped as an earlier run was open"),
    Metric("schedules_paused_total", "Count", Kind.COUNTER, "Schedules paused by their failures in a row"),
    Metric("slot_lateness_ms", "Milliseconds", Kind.DISTRIBUTION, "From a slot's time to its task"),
    Metric(
        "announcements_lost_total", "Count", Kind.COUNTER, "Messages SQS refused; the clock makes them up"
    ),
    Metric("work_failures_total", "Count", Kind.COUNTER, "Work messages that failed and will be seen again"),
    Metric("work_dead_total", "Count", Kind.COUNTER, "Work messages that failed for the last time"),
)
METRIC_BY_NAME = {metric.name: metric for metric in METRICS}


@cache
def logger() -> "Logger":
    """Structured JSON lines, where Lambda reads them; payloads and keys are never handed to it."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415 - for those who have something to say

    return Logger(service="ains")


class EmfMetrics:
    """services.ports.Metrics as CloudWatch's embedded metric format on stdout, one line per `flush`.

    Each thread gathers its own: on Lambda there is one, the local service has many.
    """

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._local = threading.local()

    def _gathering(self) -> "dict[tuple[str, ...], AmazonCloudWatchEMFProvider]":
        """One EMF line per set of label values."""
        if not hasattr(self._local, "by_labels"):
            self._local.by_labels = {}
        by_labels: dict[tuple[str, ...], AmazonCloudWatchEMFProvider] = self._local.by_labels
        return by_labels

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        metric = METRIC_BY_NAME[name]
        assert set(dimensions) == set(metric.labels), f"{name} has labels {metric.labels}"
        labels = tuple(dimensions[label] for label in metric.labels)
        provider = self._gathering().get(labels) or self._provider(labels, dimensions)
        if len(provider.metric_set.get(name, {}).get("Value", ())) >= MOST_VALUES:
            self.flush()
            provider = self._provider(labels, dimensions)
        provider.add_metric(name=name, unit=metric.unit, value=value)

    def _provider(self, labels: tuple[str, ...], dimensions: dict[str, str]) -> "AmazonCloudWatchEMFProvider":
        # Imported late: a cold start that measures nothing does not pay for it.
        from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (  # noqa: PLC0415
            AmazonCloudWatchEMFProvider,
        )

        provider = AmazonCloudWatchEMFProvider(
            namespace=NAMESPACE,
            service="ains",
            metric_set={},
            dimension_set={},
            metadata_set={},
            default_dimensions={"stage": self._stage},
        )
        for name, value in dimensions.items():
            provider.add_dimension(name=name, value=value)
        self._gathering()[labels] = provider
        return provider

    def flush(self) -> None:
        """Print what was gathered; every entry point calls it once, also when it fails."""
        for provider in self._gathering().values():
            provider.flush_metrics()
        self._gathering().clear()
