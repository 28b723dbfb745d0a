"""What became of a slot of a schedule."""

import base64
import hashlib
from enum import StrEnum

from chalicelib.values import dataclass

from .content import Content


class ExecutionStatus(StrEnum):
    """How far the task of a slot has come, or why it has none."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"  # an earlier run was open
    MISSED = "MISSED"  # nobody fired it in time, and catch-up gave it up


GIVEN_UP = frozenset({ExecutionStatus.SKIPPED, ExecutionStatus.MISSED})


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What became of one slot. One that was given up has no task, and ended when that was decided."""

    schedule_id: str
    slot: int
    task_id: str | None
    executed_at: int
    status: ExecutionStatus = ExecutionStatus.PENDING
    ended_at: int | None = None
    error_message: str | None = None
    result: Content | None = None
    spread_ms: int = 0  # how long after its slot it was to be fired
    is_watched: bool = False  # its schedule is told how it ends

    @property
    def is_run(self) -> bool:
        """It has a task, as it was not given up."""
        return self.status not in GIVEN_UP

    @property
    def lateness_ms(self) -> int:
        """How long after its time it was handed over."""
        return self.executed_at - self.slot - self.spread_ms


@dataclass(frozen=True, kw_only=True)
class Firing:
    """A slot that becomes a task: to be written together with the schedule that moved on, or not at all."""

    slot: int
    task_id: str
    execution: Execution
    skipped_since: int | None = None  # the oldest of the missed slots that were given up before it
    cancels: tuple[str, ...] = ()  # tasks to cancel once it is written
    waited: bool = False  # for an earlier run, or it was asked for long after its time


def task_id(schedule_id: str, slot: int) -> str:
    """The one id a slot's task can have, so that firing twice makes one task."""
    digest = hashlib.sha256(f"{schedule_id}#{slot}".encode()).digest()
    return "task-" + base64.b32encode(digest).decode()[:26].lower()
