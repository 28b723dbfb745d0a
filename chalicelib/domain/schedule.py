"""A schedule: what it runs and when, where it stands, and what each of its slots became."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .content import Content
from .errors import Conflict


class ScheduleStatus(StrEnum):
    """Beside each: who moves a schedule out of it."""

    ACTIVE = (
        "ACTIVE"  # its client (pause); its last slot (complete); the clock, when it cannot be fired (fail)
    )
    PAUSED = "PAUSED"  # its client (resume, which completes it when nothing is left to run)
    COMPLETED = "COMPLETED"  # nobody
    FAILED = "FAILED"  # its client: a change that repairs it, or resume


MOVES: Mapping[ScheduleStatus, frozenset[ScheduleStatus]] = {
    ScheduleStatus.ACTIVE: frozenset(
        {ScheduleStatus.PAUSED, ScheduleStatus.COMPLETED, ScheduleStatus.FAILED}
    ),
    ScheduleStatus.PAUSED: frozenset({ScheduleStatus.ACTIVE, ScheduleStatus.COMPLETED}),
    ScheduleStatus.COMPLETED: frozenset(),
    ScheduleStatus.FAILED: frozenset({ScheduleStatus.ACTIVE, ScheduleStatus.COMPLETED}),
}


class CatchupPolicy(StrEnum):
    """What becomes of slots that nobody fired in time."""

    NONE = "none"  # they are skipped
    ONE = "one"  # the latest of them is fired, the others are skipped
    ALL = "all"  # each is fired, oldest first, up to a day back


class OverlapPolicy(StrEnum):
    """What a slot does while the task of an earlier one is still open."""

    ALLOW = "allow"


class ExecutionStatus(StrEnum):
    """How far the task of a slot has come."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class NotDue(Conflict):
    """The slot's time has not come: the hint was early."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One row. `version` counts its writes and is the lock; times are milliseconds UTC."""

    schedule_id: str
    tenant: str
    client_id: str
    created_at: int
    task_type: str
    capability: str
    document: Content  # what its tasks share, so that no slot copies it
    priority: int = 5
    description: str = ""
    task_options: Mapping[str, Any] = field(default_factory=dict)  # JSON: timeout_ms, max_retries, retry ...

    cron: str | None = None  # canonical text; else
    run_at: int | None = None  # a single run
    timezone: str = "UTC"
    start_at: int | None = None  # no slot before
    end_at: int | None = None  # no slot after; one at that very time still fires
    max_runs: int | None = None
    catchup: CatchupPolicy = CatchupPolicy.ONE
    overlap: OverlapPolicy = OverlapPolicy.ALLOW

    status: ScheduleStatus = ScheduleStatus.ACTIVE
    version: int = 1
    revision: int = 1  # moves when its client changes, pauses or resumes it, not when it fires: the ETag
    next_slot: int | None = None  # set while ACTIVE
    total_runs: int = 0
    failed_runs: int = 0
    last_run_at: int | None = None
    updated_at: int = 0
    request: str | None = None  # fingerprint of the request that an idempotency key came with
    reason: str | None = None  # why it is PAUSED, COMPLETED or FAILED

    @property
    def due_at(self) -> int | None:
        """When the clock has to look at it."""
        return self.next_slot if self.status is ScheduleStatus.ACTIVE else None


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What became of one slot."""

    schedule_id: str
    slot: int
    task_id: str
    executed_at: int
    status: ExecutionStatus = ExecutionStatus.PENDING
    ended_at: int | None = None
    error_message: str | None = None
    result: Content | None = None

    @property
    def lateness_ms(self) -> int:
        """How long after its slot it was handed over."""
        return self.executed_at - self.slot


@dataclass(frozen=True, kw_only=True)
class Firing:
    """A slot that becomes a task: to be written together with the schedule that moved on, or not at all."""

    slot: int
    task_id: str
    execution: Execution
    skipped_since: int | None = None  # the oldest of the missed slots that were given up before it


def task_id(schedule_id: str, slot: int) -> str:
    """The one id a slot's task can have, so that firing twice makes one task."""
    digest = hashlib.sha256(f"{schedule_id}#{slot}".encode()).digest()
    return "task-" + base64.b32encode(digest).decode()[:26].lower()
