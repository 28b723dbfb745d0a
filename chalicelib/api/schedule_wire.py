"""Schedules and their runs, as the wire shows them."""

from typing import Any

from .task_wire import RetryPolicyObject
from .wire import wire


@wire
class ScheduleObject:
    """A schedule. `etag` moves when its client changes it, not when it fires; lists show small input only."""

    schedule_id: str
    client_id: str
    task_type: str
    capability_required: str
    priority: int
    description: str
    cron_expression: str | None
    run_at: str | None
    timezone: str
    status: str
    reason: str | None
    next_run_at: str | None
    last_run_at: str | None
    total_runs: int
    failed_runs: int
    start_at: str | None
    end_at: str | None
    max_runs: int | None
    catchup_policy: str
    overlap_policy: str
    timeout_seconds: float
    max_retries: int
    retry_policy: RetryPolicyObject
    queue_timeout_seconds: float | None
    min_trust: float | None
    routing_strategy: str
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
    """What became of one slot; `lateness_seconds` is how long after it the task was made."""

    slot: str
    task_id: str
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
    timezone: str
    next_run_at: str | None
    next_runs: list[str]
    warnings: list[str]
    message: str
