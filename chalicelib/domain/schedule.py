"""A schedule: what it runs and when, and where it stands."""

import zlib
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from chalicelib.values import dataclass

from .content import Content
from .cron_text import CronFormat
from .dst import PLAIN, DstPolicy
from .errors import Conflict, IllegalMove


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
    ALL = "all"  # each is fired, oldest first, up to a day back if no window is given


class OverlapPolicy(StrEnum):
    """What a slot does while the task of an earlier one is still open."""

    ALLOW = "allow"  # it is fired all the same
    SKIP = "skip"  # it is not fired at all
    BUFFER_ONE = "buffer_one"  # it waits for its turn, one at most; those after it are skipped
    BUFFER_ALL = "buffer_all"  # it waits for its turn behind those that wait already
    CANCEL_PREVIOUS = "cancel_previous"  # it is fired, and the earlier task is cancelled


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

    cron: str | None = None  # canonical text, in which the id decides what `H` is; else
    run_at: int | None = None  # a single run
    cron_format: CronFormat = CronFormat.STANDARD
    timezone: str = "UTC"
    dst: DstPolicy = PLAIN
    start_at: int | None = None  # no slot before
    end_at: int | None = None  # no slot after; one at that very time still fires
    max_runs: int | None = None
    catchup: CatchupPolicy = CatchupPolicy.ONE
    overlap: OverlapPolicy = OverlapPolicy.ALLOW
    catchup_window_ms: int | None = None  # missed slots older than this are given up
    pause_on_failures: int | None = None  # so many failed runs in a row pause it
    window_ms: int = 0  # its slots are fired this much after their time at most, at a place of its own
    excluded: tuple[str, ...] = ()  # local dates, YYYY-MM-DD, on which it has no slot

    status: ScheduleStatus = ScheduleStatus.ACTIVE
    version: int = 1
    revision: int = 1  # moves when its client changes, pauses or resumes it, not when it fires: the ETag
    next_slot: int | None = None  # set while ACTIVE
    decided_until: int | None = None  # set while PAUSED or FAILED: its slots up to here are not to come again
    total_runs: int = 0
    failed_runs: int = 0
    last_run_at: int | None = None
    updated_at: int = 0
    request: str | None = None  # fingerprint of the request that an idempotency key came with
    reason: str | None = None  # why it is PAUSED, COMPLETED or FAILED
    waiting: tuple[int, ...] = ()  # slots whose turn has not come, oldest first; they count towards max_runs
    open_runs: tuple[str, ...] = ()  # tasks that hold up its slots, unless its policy is to allow
    cancelling: tuple[str, ...] = ()  # tasks that are to be cancelled, until they are settled
    cancel_at: int | None = None  # when the clock cancels them once more; set while there are any
    deferred_until: int | None = None  # its client's quota of slots has this for the one that is due
    failures_in_row: int = 0  # since a run was good, while it is to pause on failures
    skipped_runs: int = 0
    missed_runs: int = 0
    missed_since: int | None = None  # the oldest slot that was given up in the last outage
    unreadable: str | None = None  # why its row makes no sense: then there is nothing else in here

    def readable(self) -> "Schedule":
        """Itself; raises IllegalMove where nobody knows any more what it was."""
        if self.unreadable is None:
            return self
        raise IllegalMove(f"{self.unreadable}; it can only be deleted, and made anew")

    @property
    def spread_ms(self) -> int:
        """How long after each of its slots it fires: always the same, so that slots keep their distance."""
        seconds = self.window_ms // 1000
        return zlib.crc32(b"spread#" + self.schedule_id.encode()) % seconds * 1000 if seconds else 0

    @property
    def is_busy(self) -> bool:
        """A run of it is open, and its policy is not to allow another."""
        return bool(self.open_runs) and self.overlap is not OverlapPolicy.ALLOW

    @property
    def is_watching(self) -> bool:
        """How its runs end decides what it does next."""
        return self.overlap is not OverlapPolicy.ALLOW or self.pause_on_failures is not None

    @property
    def next_run_at(self) -> int | None:
        """When its next slot has its turn; None when it is not ACTIVE, or its last slots wait already."""
        is_active = self.status is ScheduleStatus.ACTIVE
        return self.next_slot + self.spread_ms if is_active and self.next_slot is not None else None

    @property
    def has_turn(self) -> bool:
        """The oldest of its waiting slots is to be fired now."""
        return bool(self.waiting) and not self.is_busy and self.status is ScheduleStatus.ACTIVE

    @property
    def turn_at(self) -> int | None:
        """When its next slot is due by itself. One that waits for a run is due when that is settled."""
        turn = self.waiting[0] if self.has_turn else None
        return _soonest(self.next_run_at, turn)

    @property
    def ripe_at(self) -> int | None:
        """When there is something to do, be it put off or not."""
        return _soonest(self.turn_at, self.cancel_at)

    @property
    def due_at(self) -> int | None:
        """When the clock has to look at it."""
        slot = self.turn_at
        if slot is not None and self.deferred_until is not None:
            slot = max(slot, self.deferred_until)
        return _soonest(slot, self.cancel_at)


def _soonest(*times: int | None) -> int | None:
    return min((at for at in times if at is not None), default=None)
