"""The alarms of a deployed stage: what they look at, what missing data means, and what to do (a runbook)."""

from dataclasses import dataclass
from enum import StrEnum

from infra.dashboards.series import FUNCTIONS, Series, of_api, of_function, of_queue, of_table, ours

MINUTE = 60
TIMEOUT_MS = {"APIHandler": 29_000, "Work": 60_000, "Tick": 55_000, "Stats": 30_000}
LONG = 0.8  # of the time that a function has


class Missing(StrEnum):
    """What it means that nothing was emitted."""

    FINE = "notBreaching"  # what is counted did not happen
    ALARMING = "breaching"  # who should say something every minute is silent


@dataclass(frozen=True)
class Alarm:
    """Fires when `series` was above (or `is_below`) the threshold in `bad` of the last `of` periods."""

    name: str
    about: str
    series: Series
    threshold: float
    runbook: str
    seconds: int = MINUTE
    bad: int = 1
    of: int = 1
    missing: Missing = Missing.FINE
    is_below: bool = False
    is_urgent: bool = False  # it is part of the composite that pages

    @property
    def logical_id(self) -> str:
        """In the template."""
        return "".join(part.capitalize() for part in self.name.split("-")) + "Alarm"


def _of_functions() -> tuple[Alarm, ...]:
    found: list[Alarm] = []
    for function in FUNCTIONS:
        name = function.lower()
        errors = of_function(function, "Errors", "Sum")
        throttles = of_function(function, "Throttles", "Sum")
        duration = of_function(function, "Duration", "Maximum")
        long = LONG * TIMEOUT_MS[function]
        found += [
            Alarm(f"errors-{name}", f"{function} fails", errors, 2, "function-errors", 300),
            Alarm(f"throttles-{name}", f"{function} is throttled", throttles, 0, "function-throttles", 300),
            Alarm(f"duration-{name}", f"{function} takes long", duration, long, "function-duration", 300),
        ]
    return tuple(found)


def _of_tables() -> tuple[Alarm, ...]:
    """The two that every move writes; the others follow them."""
    return tuple(
        Alarm(
            f"{kind.lower()}-throttles-{table}",
            f"DynamoDB refuses {kind.lower()}s of the {table} table",
            of_table(table, f"{kind}ThrottleEvents"),
            0,
            "dynamodb-throttles",
            bad=3,
            of=5,
        )
        for table in ("tasks", "agents")
        for kind in ("Read", "Write")
    )


ALARMS = (
    Alarm(
        "dead-letters",
        "Messages of the work queue failed for the last time",
        of_queue("WorkDeadLetters", "ApproximateNumberOfMessagesVisible", "Maximum"),
        0,
        "dead-letters",
        300,
    ),
    Alarm(
        "queue-age",
        "A task waits for more than five minutes",
        ours("tasks_oldest_waiting_ms", "Maximum"),
        300_000,
        "waiting-tasks",
        bad=5,
        of=5,
    ),
    Alarm(
        "no-live-agent",
        "Tasks wait and no live agent has their capability",
        ours("tasks_waiting_without_agent", "Maximum"),
        0,
        "no-live-agent",
        bad=10,
        of=10,
        is_urgent=True,
    ),
    *_of_functions(),
    Alarm(
        "tick-missing",
        "No tick for three minutes: nothing that time is to change changes",
        ours("tick_rows", "SampleCount"),
        1,
        "tick",
        bad=3,
        of=3,
        missing=Missing.ALARMING,
        is_below=True,
        is_urgent=True,
    ),
    Alarm(
        "tick-late",
        "More than 2.5 minutes between two ticks",
        ours("tick_gap_ms", "Maximum"),
        150_000,
        "tick",
    ),
    Alarm(
        "overdue-slots",
        "Slots of schedules become tasks more than two minutes late",
        ours("slot_lateness_ms", "Maximum"),
        120_000,
        "overdue-slots",
        bad=2,
        of=5,
        is_urgent=True,
    ),
    Alarm(
        "missed-slots",
        "Slots of schedules were given up",
        ours("schedule_slots_missed_total", "Sum"),
        0,
        "overdue-slots",
        300,
    ),
    Alarm(
        "stuck-tasks",
        "Tick after tick finds rows that are overdue by more than five minutes",
        ours("clock_lateness_ms", "Maximum"),
        300_000,
        "stuck-tasks",
        bad=5,
        of=5,
        is_urgent=True,
    ),
    Alarm(
        "stats-behind",
        "The counters of tasks are more than five minutes behind their stream",
        of_function("Stats", "IteratorAge", "Maximum"),
        300_000,
        "stats-behind",
        bad=5,
        of=5,
    ),
    Alarm(
        "leases-expired",
        "Agents are lost while they hold tasks",
        ours("tasks_agent_lost_total", "Sum"),
        4,
        "leases-expired",
        300,
    ),
    Alarm(
        "server-errors",
        "Requests fail with 5xx",
        of_api("5XXError", "Sum"),
        4,
        "server-errors",
        300,
        is_urgent=True,
    ),
    *_of_tables(),
    Alarm(
        "findings",
        "Stored rows break what must always hold",
        ours("doctor_findings", "Maximum"),
        0,
        "doctor",
        bad=15,
        of=15,
    ),
)
