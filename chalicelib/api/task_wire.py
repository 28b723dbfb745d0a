"""Tasks as the wire shows them."""

from collections.abc import Mapping
from typing import Any

from .wire import wire


@wire
class RetryPolicyObject:
    """Durations in seconds; `jitter` is the share of a wait that chance may take away."""

    strategy: str
    backoff_seconds: float
    max_backoff_seconds: float
    multiplier: float
    jitter: float


@wire
class TaskObject:
    """A task. `attempt` counts the retries so far, 0 first; `metadata` is null in lists when it is large."""

    task_id: str
    client_id: str
    task_type: str
    capability_required: str
    priority: int
    status: str
    timeout_seconds: float
    max_retries: int
    retry_policy: RetryPolicyObject
    queue_timeout_seconds: float | None
    expires_at: str | None
    not_before: str | None
    min_trust: float | None
    routing_strategy: str
    capability_version: str | None
    required_tags: list[str]
    preferred_tags: list[str]
    metadata: Mapping[str, Any] | None
    attempt: int
    rescues: int
    assigned_agent_id: str | None
    lease_token: int | None
    created_at: str
    ready_at: str | None
    assigned_at: str | None
    started_at: str | None
    ended_at: str | None
    deadline_at: str | None
    progress: float | None
    error_message: str | None
    failure_kind: str | None
    schedule_id: str | None
    slot: str | None
    retry_of: str | None
    retried_as: str | None
    traceparent: str | None


@wire
class TaskAnswer(TaskObject):
    """A task, and what became of the call."""

    message: str


@wire
class TaskRow(TaskObject):
    """A task in an agent's list: all it takes to work on it."""

    input_data: Any


@wire
class AttemptObject:
    """One assignment that ended."""

    attempt: int
    lease_token: int
    agent_id: str
    assigned_at: str
    started_at: str | None
    ended_at: str
    outcome: str
    error_message: str | None


@wire
class TaskDetail(TaskRow):
    """A task with its result and its history."""

    result_data: Any
    attempts: list[AttemptObject]
    routing_explanation: Mapping[str, Any] | None


@wire
class TaskList:
    """One page; rows hold `input_data` when an agent's own work is listed."""

    tasks: list[TaskObject | TaskRow]
    next_cursor: str | None


@wire
class CancelledTask:
    """The answer to a cancellation."""

    task_id: str
    status: str
    message: str
