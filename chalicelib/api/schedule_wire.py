"""Schedules and their runs, as the wire shows them."""

from typing import Any

from .task_wire import RetryPolicyObject
from .wire import wire


@wire
class DstPolicyObject:
    """What becomes of a time of day that a clock change skips (gap), or repeats (fold)."""

    gap: str
    fold: str


@wire
class ScheduleObject:
    """A schedule. `etag` moves when its client changes it, not when it fires; lists show small input only.

    `open_runs` are those that hold up its slots, as its overlap_policy has it, and `waiting_slots` those that
    are held up. `deferred_until`: the slot that is due was put off until then, as its client had its share of
    slots. `missed_runs` counts up to 100 of one outage, `missed_since` is when the last one began.
    """

    schedule_id: str
    client_id: str
    task_type: str
    capability_required: str
    priority: int
    description: str
    cron_expression: str | None
    cron_format: str
    run_at: str | None
    timezone: str
    dst_policy: DstPolicyObject
    status: str
    reason: str | None
    next_run_at: str | None
    deferred_until: str | None
    last_run_at: str | None
    total_runs: int
    failed_runs: int
    consecutive_failures: int
    skipped_runs: int
    missed_runs: int
    missed_since: str | None
    open_runs: int
    waiting_slots: list[str]
    start_at: str | None
    end_at: str | None
    max_runs: int | None
    catchup_policy: str
    catchup_window_seconds: float | None
    overlap_policy: str
    pause_on_failures: int | None
    window_seconds: float
    excluded_dates: list[str]
    timeout_seconds: float
    max_retries: int
    retry_policy: RetryPolicyObject
    queue_timeout_seconds: float | None
    min_trust: float | None
    routing_strategy: str
    capability_version: str | None
    required_tags: list[str]
    preferred_tags: list[str]
    input_data: Any
    metadata: Any
    created_at: str
    updated_at: str
    version: int
    etag: str


@wire
class ScheduleAnswer(ScheduleObject):
    """A schedule, and what became of the call."""

    message: str


@wire
class ScheduleAction:
    """What became of an action on a schedule."""

    schedule_id: str
    status: str
    next_run_at: str | None
    message: str


@wire
class ScheduleList:
    """One page of schedules."""

    schedules: list[ScheduleObject]
    next_cursor: str | None


@wire
class ExecutionObject:
    """What became of one slot; `lateness_seconds` is how long after its time the task was made.

    One that was SKIPPED or MISSED has no task, and says in `error_message` why.
    """

    slot: str
    task_id: str | None
    executed_at: str
    lateness_seconds: float
    status: str
    result_data: Any
    error_message: str | None


@wire
class ExecutionList:
    """One page of runs, the newest slot first."""

    executions: list[ExecutionObject]
    next_cursor: str | None


@wire
class CronCheck:
    """Whether an expression is understood, when it fires next, and what may surprise its owner."""

    valid: bool
    cron_expression: str
    effective_expression: str | None
    cron_format: str
    timezone: str
    description: str | None
    next_run_at: str | None
    next_runs: list[str]
    next_runs_local: list[str]
    warnings: list[str]
    message: str


@wire
class SchedulePreview:
    """What a schedule will do; `effective_expression` has `H` replaced, `description` says it in words.

    `next_runs_local` are the same runs as the clocks of `local_timezone` show them.
    """

    schedule_id: str
    status: str
    cron_expression: str | None
    effective_expression: str | None
    cron_format: str
    run_at: str | None
    timezone: str
    local_timezone: str
    description: str
    next_run_at: str | None
    next_runs: list[str]
    next_runs_local: list[str]
    warnings: list[str]
    message: str


@wire
class BackfillSlot:
    """A slot of the past and its task; `was_known`: it ran before, or it had been asked for."""

    slot: str
    task_id: str
    was_known: bool


@wire
class BackfillAnswer:
    """The slots of the range; the tasks of those that are new are made within seconds, or in their turn."""

    schedule_id: str
    status: str
    slots: list[BackfillSlot]
    message: str
