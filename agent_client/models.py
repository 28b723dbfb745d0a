"""What the service answers, as frozen dataclasses. Times are aware datetimes, durations seconds.

Fields the service adds later are skipped; statuses stay plain strings, so that a new one breaks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_client._agent_models import (
    AgentAction,
    AgentRecord,
    Assignment,
    HeartbeatReceipt,
    Json,
    Registration,
    ReportReceipt,
    SyncAnswer,
)
from agent_client._dead_letter_models import DeadLetter, RedrivenTask, RefusedTask, TaskRedrive
from agent_client._dead_message_models import DeadMessage, MessageRedrive, RefusedMessage
from agent_client._routing_models import RoutingCandidate, RoutingOutlook
from agent_client._schedule_models import (
    Backfill,
    BackfillSlot,
    CronCheck,
    Execution,
    Schedule,
    SchedulePreview,
)

__all__ = [
    "AgentAction",
    "AgentRecord",
    "Assignment",
    "Attempt",
    "Backfill",
    "BackfillSlot",
    "CronCheck",
    "DeadLetter",
    "DeadMessage",
    "Execution",
    "Health",
    "HeartbeatReceipt",
    "MessageRedrive",
    "RedrivenTask",
    "RefusedMessage",
    "RefusedTask",
    "Registration",
    "ReportReceipt",
    "RoutingCandidate",
    "RoutingOutlook",
    "Schedule",
    "SchedulePreview",
    "SyncAnswer",
    "Task",
    "TaskRedrive",
]
OVER = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One assignment of a task that ended."""

    attempt: int = 0
    lease_token: int | None = None
    agent_id: str | None = None
    assigned_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task. `input_data`, `result_data` and `attempts` are filled by `get_task`, not by lists."""

    task_id: str
    status: str
    client_id: str | None = None
    task_type: str | None = None
    capability_required: str | None = None
    priority: int = 5
    timeout_seconds: float | None = None
    max_retries: int | None = None
    retry_policy: Json | str | None = None
    queue_timeout_seconds: float | None = None
    expires_at: datetime | None = None
    not_before: datetime | None = None
    min_trust: float | None = None
    routing_strategy: str | None = None
    capability_version: str | None = None
    required_tags: tuple[str, ...] = ()
    preferred_tags: tuple[str, ...] = ()
    metadata: Json = field(default_factory=dict)
    attempt: int = 0
    rescues: int = 0
    assigned_agent_id: str | None = None
    lease_token: int | None = None
    created_at: datetime | None = None
    ready_at: datetime | None = None
    assigned_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deadline_at: datetime | None = None
    progress: float | None = None
    error_message: str | None = None
    failure_kind: str | None = None
    schedule_id: str | None = None
    slot: datetime | None = None
    retry_of: str | None = None
    retried_as: str | None = None
    traceparent: str | None = None
    input_data: Any = None
    result_data: Any = None
    attempts: tuple[Attempt, ...] = ()
    routing_explanation: Any = None
    message: str | None = None

    @property
    def is_over(self) -> bool:
        """COMPLETED, FAILED or CANCELLED: nothing changes any more."""
        return self.status in OVER


@dataclass(frozen=True, kw_only=True)
class Health:
    """`checks` is filled by the deep check only."""

    status: str
    version: str | None = None
    checks: Json = field(default_factory=dict)
