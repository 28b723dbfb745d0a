"""The operations on schedules, a request to each that is fine, and what its fields must not hold."""

from typing import Any

from .door import Door
from .requests import SCHEDULE
from .wrong_values import CAPABILITY, METADATA, MOMENT, NAME, NOT_NUMBER, NOT_TEXT, OPTIONS, PRIORITY, WORDS

SCHEDULE_FIELDS: dict[str, tuple[Any, ...]] = {
    "client_id": NAME,
    "task_type": NAME,
    "capability_required": CAPABILITY,
    "priority": PRIORITY,
    "description": (*WORDS, None),
    "run_at": MOMENT,
    "timezone": (5, None, "", "Mars", "../etc/passwd", "utc\0", "x" * 10_000),
    "start_at": MOMENT,
    "end_at": (*MOMENT, "2027-01-15T08:00:01Z"),
    "max_runs": (*NOT_NUMBER, 0, -1, 1.5, 10**10),
    "catchup_policy": (5, None, "", "some"),
    "overlap_policy": (5, None, "", "skip"),
    "metadata": METADATA,
    **OPTIONS,
    "total_runs": (1,),
    "status": ("PAUSED",),
}
SCHEDULE_DOORS = {
    "create_schedule": Door(
        "POST",
        "/aitp/tasks/schedule",
        SCHEDULE,
        {**SCHEDULE_FIELDS, "cron_expression": (*NOT_TEXT, None, "")},
        ("client_id", "task_type", "capability_required", "cron_expression"),
    ),
    "change_schedule": Door("PUT", "/aitp/tasks/schedule/{schedule_id}", {}, SCHEDULE_FIELDS),
    "pause_schedule": Door("POST", "/aitp/tasks/schedule/{schedule_id}/pause", {}, {"reason": WORDS}),
    "resume_schedule": Door("POST", "/aitp/tasks/schedule/{schedule_id}/resume", {}, {"reason": ("a",)}),
    "run_schedule": Door("POST", "/aitp/tasks/schedule/{schedule_id}/run", {}, {"slot": (1,)}),
    "validate_cron": Door(
        "POST",
        "/aitp/tasks/schedule/validate",
        {"cron_expression": "@daily"},
        {"cron_expression": NOT_TEXT, "timezone": NOT_TEXT},
    ),
    "delete_schedule": Door("DELETE", "/aitp/tasks/schedule/{schedule_id}", {}, {"reason": ("a",)}),
}
