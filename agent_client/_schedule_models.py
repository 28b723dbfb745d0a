"""What the service answers about schedules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A cron schedule, or a one-off (`run_at`). Action answers fill the id, the status and `message` only."""

    schedule_id: str
    status: str
    client_id: str | None = None
    task_type: str | None = None
    capability_required: str | None = None
    priority: int = 5
    description: str | None = None
    cron_expression: str | None = None
    cron_format: str | None = None
    run_at: datetime | None = None
    timezone: str | None = None
    dst_policy: dict[str, str] | None = None
    next_run_at: datetime | None = None
    deferred_until: datetime | None = None  # its client had its share of slots
    last_run_at: datetime | None = None
    total_runs: int = 0
    failed_runs: int = 0
    consecutive_failures: int = 0
    skipped_runs: int = 0
    missed_runs: int = 0
    missed_since: datetime | None = None
    open_runs: int = 0
    waiting_slots: tuple[datetime, ...] = ()
    reason: str | None = None
    catchup_policy: str | None = None
    catchup_window_seconds: float | None = None
    overlap_policy: str | None = None
    pause_on_failures: int | None = None
    window_seconds: float = 0
    excluded_dates: tuple[str, ...] = ()
    input_data: Any = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    max_runs: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int | None = None
    etag: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What became of one slot. One that was SKIPPED or MISSED has no task; `error_message` says why."""

    slot: datetime
    task_id: str | None = None
    executed_at: datetime | None = None
    lateness_seconds: float | None = None
    status: str = "PENDING"
    result_data: Any = None
    error_message: str | None = None


@dataclass(frozen=True, kw_only=True)
class BackfillSlot:
    """A slot of the past and its task; `was_known`: it ran before, or it had been asked for."""

    slot: datetime
    task_id: str
    was_known: bool = False


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """The slots of the range; the tasks of those that are new are made within seconds, or in their turn."""

    schedule_id: str
    status: str
    slots: tuple[BackfillSlot, ...] = ()
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class CronCheck:
    """Whether an expression is understood, and when it would run; `description` says it in words."""

    valid: bool
    cron_expression: str | None = None
    effective_expression: str | None = None
    cron_format: str | None = None
    timezone: str | None = None
    description: str | None = None
    next_run_at: datetime | None = None
    next_runs: tuple[datetime, ...] = ()
    next_runs_local: tuple[datetime, ...] = ()
    warnings: tuple[str, ...] = ()
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class SchedulePreview:
    """What a schedule will do; `next_runs_local` are its runs as the clocks of `local_timezone` show them."""

    schedule_id: str
    status: str
    cron_expression: str | None = None
    effective_expression: str | None = None
    cron_format: str | None = None
    run_at: datetime | None = None
    timezone: str | None = None
    local_timezone: str | None = None
    description: str | None = None
    next_run_at: datetime | None = None
    next_runs: tuple[datetime, ...] = ()
    next_runs_local: tuple[datetime, ...] = ()
    warnings: tuple[str, ...] = ()
    message: str | None = None
