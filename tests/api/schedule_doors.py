"""The operations on schedules, a request to each that is fine, and what its fields must not hold."""

from typing import Any

from .door import Door
from .requests import SCHEDULE
from .wrong_values import (
    CAPABILITY,
    DST_POLICY,
    MAYBE_ID,
    METADATA,
    MOMENT,
    NAME,
    NOT_NUMBER,
    NOT_TEXT,
    OPTIONS,
    PRIORITY,
    TAGS,
    WORDS,
)

SCHEDULE_FIELDS: dict[str, tuple[Any, ...]] = {
    "client_id": NAME,
    "task_type": NAME,
    "capability_required": CAPABILITY,
    "priority": PRIORITY,
    "description": (*WORDS, None),
    "cron_format": (5, None, "", "quartz", "SECONDS"),
    "run_at": MOMENT,
    "timezone": (5, None, "", "Mars", "../etc/passwd", "utc\0", "x" * 10_000),
    "dst_policy": DST_POLICY,
    "start_at": MOMENT,
    "end_at": (*MOMENT, "2027-01-15T08:00:01Z"),
    "max_runs": (*NOT_NUMBER, 0, -1, 1.5, 10**10),
    "catchup_policy": (5, None, "", "some"),
    "overlap_policy": (5, None, "", "forbid"),
    "catchup_window_seconds": (*NOT_NUMBER, 0, 59, -60, 2_592_001),
    "pause_on_failures": (*NOT_NUMBER, 0, -1, 1.5, 1_001),
    "window_seconds": (*NOT_NUMBER, None, -1, 86_401),
    "excluded_dates": (5, None, "2027-12-25", [5], [None], ["2027-02-29"], ["x" * 11], ["2027-12-25"] * 367),
    "metadata": METADATA,
    **OPTIONS,
    "required_tags": TAGS,
    "preferred_tags": TAGS,
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
    "backfill_schedule": Door(
        "POST",
        "/aitp/tasks/schedule/{schedule_id}/backfill",
        {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": (*MOMENT, "2026-01-02T00:00:00Z"), "until": MOMENT, "slots": ([],)},
        ("since", "until"),
    ),
    "validate_cron": Door(
        "POST",
        "/aitp/tasks/schedule/validate",
        {"cron_expression": "@daily"},
        {
            "cron_expression": NOT_TEXT,
            "cron_format": (5, "", "quartz"),
            "timezone": NOT_TEXT,
            "schedule_id": MAYBE_ID,
            "dst_policy": DST_POLICY,
        },
    ),
    "delete_schedule": Door("DELETE", "/aitp/tasks/schedule/{schedule_id}", {}, {"reason": ("a",)}),
}
