"""The table of metrics. Whoever counts names a row of it; nothing else is ever emitted."""

from collections.abc import Mapping

from .metric import Kind, Metric, Origin

COUNTER, GAUGE, DISTRIBUTION = Kind.COUNTER, Kind.GAUGE, Kind.DISTRIBUTION
STREAM, TICK = Origin.STREAM, Origin.TICK
BYTES = (256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0)
TENTHS = tuple(n / 10 for n in range(1, 11))
ROWS = (0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0)

_HTTP = (
    Metric(
        "http_requests_total",
        "Count",
        COUNTER,
        "Requests answered, by route template and class of status",
        ("route", "outcome"),
        ("outcome",),
    ),
    Metric(
        "http_request_duration_seconds",
        "Seconds",
        DISTRIBUTION,
        "From the request's arrival in the handler to its answer",
        ("route",),
    ),
    Metric(
        "http_response_size_bytes", "Bytes", DISTRIBUTION, "Bodies of answers, uncompressed", buckets=BYTES
    ),
    Metric(
        "http_connections_active",
        "Count",
        GAUGE,
        "Requests being answered now",
        in_cloudwatch=False,  # on Lambda always one; its own ConcurrentExecutions tells how many at once
    ),
)
_TASKS = (
    Metric(
        "tasks_created_total", "Count", COUNTER, "Tasks taken in, by clients and by schedules", origin=STREAM
    ),
    Metric("tasks_assigned_total", "Count", COUNTER, "Leases given", origin=STREAM),
    Metric("tasks_completed_total", "Count", COUNTER, "Tasks that ended COMPLETED", origin=STREAM),
    Metric("tasks_failed_total", "Count", COUNTER, "Tasks that ended FAILED", origin=STREAM),
    Metric("tasks_cancelled_total", "Count", COUNTER, "Tasks that ended CANCELLED", origin=STREAM),
    Metric(
        "tasks_retried_total", "Count", COUNTER, "Attempts that failed and are tried again", origin=STREAM
    ),
    Metric(
        "tasks_redriven_total",
        "Count",
        COUNTER,
        "New tasks made in the place of those that ended",
        origin=STREAM,
    ),
    Metric(
        "tasks_timed_out_total",
        "Count",
        COUNTER,
        "Attempts that ran longer than their timeout",
        origin=STREAM,
    ),
    Metric(
        "tasks_agent_lost_total",
        "Count",
        COUNTER,
        "Leases that ended with their agent, whose task others then get",
        origin=STREAM,
    ),
    Metric("claims_lost_total", "Count", COUNTER, "Claims of a task at which another was faster"),
    Metric("task_duration_ms", "Milliseconds", DISTRIBUTION, "From submission to the end"),
    Metric("dispatch_lateness_ms", "Milliseconds", DISTRIBUTION, "From runnable to assigned"),
    Metric("tasks_queue_depth", "Count", GAUGE, "Tasks that wait for an agent", origin=TICK),
    Metric("tasks_oldest_waiting_ms", "Milliseconds", GAUGE, "Age of the oldest of them", origin=TICK),
    Metric(
        "tasks_waiting_without_agent",
        "Count",
        GAUGE,
        "Tasks that wait while no live agent has their capability",
        origin=TICK,
    ),
)
_AGENTS = (
    Metric("agent_heartbeats_total", "Count", COUNTER, "Heartbeats and syncs"),
    Metric(
        "agent_status", "Count", GAUGE, "Agents by status", ("status",), dimensions=("status",), origin=TICK
    ),
    Metric(
        "agent_trust_score",
        "None",
        DISTRIBUTION,
        "Agents by the mean of their trust, at the last tick",
        origin=TICK,
        buckets=TENTHS,
    ),
    Metric(
        "agent_trust_top",
        "None",
        GAUGE,
        "The ten most trusted agents, at the last tick",
        ("rank", "agent"),
        origin=TICK,
        in_cloudwatch=False,  # it names agents: ten series here, and no bill for those that come and go
    ),
)
_CLOCK = (
    Metric(
        "tick_last_run_timestamp_ms",
        "Milliseconds",
        GAUGE,
        "When the gauges were last taken, since 1970",
        origin=TICK,
        in_cloudwatch=False,  # there a tick that is missing is missing data of tick_gap_ms
    ),
    Metric("tick_gap_ms", "Milliseconds", DISTRIBUTION, "From one tick to the next"),
    Metric("tick_rows", "Count", DISTRIBUTION, "Due rows that a tick announced", buckets=ROWS),
    Metric("clock_lateness_ms", "Milliseconds", DISTRIBUTION, "How overdue a tick's most overdue row was"),
    Metric("schedule_slots_fired_total", "Count", COUNTER, "Slots that became tasks"),
    Metric("schedule_slots_missed_total", "Count", COUNTER, "Slots not fired in time and given up"),
    Metric("schedule_slots_skipped_total", "Count", COUNTER, "Slots skipped as an earlier run was open"),
    Metric("schedule_slots_deferred_total", "Count", COUNTER, "Slots put off as their client had its share"),
    Metric("schedules_paused_total", "Count", COUNTER, "Schedules paused by their failures in a row"),
    Metric("slot_lateness_ms", "Milliseconds", DISTRIBUTION, "From a slot's time to its task"),
    Metric("announcements_lost_total", "Count", COUNTER, "Messages SQS refused; the clock makes them up"),
    Metric("work_failures_total", "Count", COUNTER, "Work messages that failed and will be seen again"),
    Metric("work_dead_total", "Count", COUNTER, "Work messages that failed for the last time"),
)
_DOCTOR = (
    Metric(
        "doctor_findings",
        "Count",
        GAUGE,
        "Broken invariants among the waiting tasks and the agents that the last tick saw",
        origin=TICK,
    ),
)
METRICS = (*_HTTP, *_TASKS, *_AGENTS, *_CLOCK, *_DOCTOR)
METRIC_BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
