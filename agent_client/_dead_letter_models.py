"""What the service answers about tasks that failed for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A task that failed for good. `attempts` counts its assignments, `agent_id` had the last."""

    task_id: str
    client_id: str | None = None
    task_type: str | None = None
    capability_required: str | None = None
    failure_kind: str | None = None
    error_message: str | None = None
    attempts: int = 0
    agent_id: str | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    schedule_id: str | None = None
    retry_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class RedrivenTask:
    """`retried_as` is the new task."""

    task_id: str
    retried_as: str


@dataclass(frozen=True, kw_only=True)
class RefusedTask:
    """A task that was left as it is."""

    task_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TaskRedrive:
    """Each task is in one of the two; `next_cursor` is given when a filter may have more."""

    redriven: tuple[RedrivenTask, ...] = ()
    refused: tuple[RefusedTask, ...] = ()
    next_cursor: str | None = None
    message: str | None = None
