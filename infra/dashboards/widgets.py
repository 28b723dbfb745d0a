"""The two CloudWatch dashboards, widget by widget."""

from dataclasses import dataclass

from chalicelib.store import tables
from chalicelib.telemetry import VALUES
from infra.dashboards.series import FUNCTIONS, Series, of_api, of_function, of_queue, of_table, ours

TABLES = tuple(tables.BASE_NAMES.values())


@dataclass(frozen=True)
class Widget:
    """Lines under a title; `view` and `unit` are CloudWatch's words and the axis' label."""

    title: str
    unit: str
    series: tuple[Series, ...]
    is_stacked: bool = False


def _percentiles(name: str, *shares: int) -> tuple[Series, ...]:
    return tuple(ours(name, f"p{share}", f"p{share}") for share in shares)


def _sums(*names: str) -> tuple[Series, ...]:
    return tuple(ours(name, "Sum", name.removesuffix("_total")) for name in names)


HTTP = (
    Widget(
        "Requests a minute, by outcome",
        "requests",
        tuple(ours("http_requests_total", "Sum", outcome, outcome=outcome) for outcome in VALUES["outcome"]),
        is_stacked=True,
    ),
    Widget("Latency", "seconds", _percentiles("http_request_duration_seconds", 50, 95, 99)),
    Widget(
        "4xx and 5xx at the gateway",
        "requests",
        (of_api("4XXError", "Sum", "4xx"), of_api("5XXError", "Sum", "5xx")),
    ),
    Widget("Latency at the gateway", "ms", tuple(of_api("Latency", f"p{n}", f"p{n}") for n in (50, 95, 99))),
    Widget(
        "Concurrency",
        "executions",
        tuple(of_function(function, "ConcurrentExecutions", "Maximum") for function in FUNCTIONS),
    ),
    Widget("Response size", "bytes", _percentiles("http_response_size_bytes", 50, 95, 99)),
    Widget("Function errors", "errors", tuple(of_function(f, "Errors", "Sum") for f in FUNCTIONS)),
    Widget("Function throttles", "throttles", tuple(of_function(f, "Throttles", "Sum") for f in FUNCTIONS)),
    Widget("Function duration", "ms", tuple(of_function(f, "Duration", "Maximum") for f in FUNCTIONS)),
)
TASKS = (
    Widget("Throughput", "tasks", _sums("tasks_created_total", "tasks_assigned_total", "claims_lost_total")),
    Widget("Completions", "tasks", _sums("tasks_completed_total", "tasks_cancelled_total")),
    Widget(
        "Failures",
        "tasks",
        _sums(
            "tasks_failed_total",
            "tasks_retried_total",
            "tasks_timed_out_total",
            "tasks_agent_lost_total",
            "tasks_redriven_total",
        ),
    ),
    Widget(
        "Queue depth",
        "tasks",
        (
            ours("tasks_queue_depth", "Maximum", "waiting"),
            ours("tasks_waiting_without_agent", "Maximum", "of these with no live agent"),
        ),
    ),
    Widget("Oldest waiting", "ms", (ours("tasks_oldest_waiting_ms", "Maximum", "age"),)),
    Widget(
        "Time to start, time to the end",
        "ms",
        (
            ours("dispatch_lateness_ms", "p50", "to assigned, p50"),
            ours("dispatch_lateness_ms", "p95", "to assigned, p95"),
            ours("task_duration_ms", "p50", "to the end, p50"),
            ours("task_duration_ms", "p95", "to the end, p95"),
        ),
    ),
    Widget(
        "Tick",
        "ms",
        (
            ours("tick_gap_ms", "Maximum", "from one to the next"),
            ours("clock_lateness_ms", "Maximum", "its most overdue row"),
        ),
    ),
    Widget("Rows announced by ticks", "rows", (ours("tick_rows", "Sum", "rows"),)),
    Widget("Counters behind the tasks' stream", "ms", (of_function("Stats", "IteratorAge", "Maximum"),)),
    Widget("Slot lateness", "ms", _percentiles("slot_lateness_ms", 50, 95)),
    Widget(
        "Slots",
        "slots",
        _sums(
            "schedule_slots_fired_total",
            "schedule_slots_missed_total",
            "schedule_slots_skipped_total",
            "schedule_slots_deferred_total",
            "schedules_paused_total",
        ),
    ),
    Widget("Heartbeats", "heartbeats", (ours("agent_heartbeats_total", "Sum", "heartbeats and syncs"),)),
    Widget(
        "Agents by status",
        "agents",
        tuple(ours("agent_status", "Maximum", status, status=status) for status in VALUES["status"]),
        is_stacked=True,
    ),
    Widget("Trust of agents", "score", _percentiles("agent_trust_score", 10, 50, 90)),
    Widget(
        "Dead letters",
        "messages",
        (
            of_queue("WorkDeadLetters", "ApproximateNumberOfMessagesVisible", "Maximum", "lying there"),
            ours("work_dead_total", "Sum", "recorded"),
        ),
    ),
    Widget(
        "Work queue",
        "messages",
        (
            of_queue("WorkQueue", "ApproximateNumberOfMessagesVisible", "Maximum", "visible"),
            ours("work_failures_total", "Sum", "failed"),
            ours("announcements_lost_total", "Sum", "not sent"),
        ),
    ),
    Widget("Doctor's findings", "rows", (ours("doctor_findings", "Maximum", "broken invariants"),)),
    Widget(
        "Cost: requests and invocations",
        "calls",
        (of_api("Count", "Sum", "gateway"), *(of_function(f, "Invocations", "Sum") for f in FUNCTIONS)),
    ),
    Widget(
        "Cost: write units",
        "units",
        tuple(of_table(table, "ConsumedWriteCapacityUnits") for table in TABLES),
        is_stacked=True,
    ),
    Widget(
        "Cost: read units",
        "units",
        tuple(of_table(table, "ConsumedReadCapacityUnits") for table in TABLES),
        is_stacked=True,
    ),
)
DASHBOARDS = {"HttpDashboard": ("ains-${Stage}-http", HTTP), "TasksDashboard": ("ains-${Stage}-tasks", TASKS)}
