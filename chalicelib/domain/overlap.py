"""Runs of one schedule that meet: whether a slot is fired, waits or is skipped while another run is open.

The row knows which runs are open, since firing and settling change it in their own transactions: what is
decided on the row that is conditionally moved cannot be overtaken. Where overlap is allowed none is kept.
"""

from dataclasses import replace
from enum import Enum, auto
from typing import Any

from .errors import IllegalMove
from .execution import Execution, ExecutionStatus
from .recurrence import decided_until
from .schedule import OverlapPolicy, Schedule, ScheduleStatus

MOST_WAITING = 100
MOST_OPEN = 100  # runs asked for by hand are not held up by those that are open
CANCEL_AGAIN_MS = 60_000


class Turn(Enum):
    """What a slot is to do when its time has come."""

    RUN = auto()
    WAIT = auto()
    SKIP = auto()


def turn(schedule: Schedule) -> Turn:
    """Of the slot that is due now."""
    if not schedule.is_busy or schedule.overlap is OverlapPolicy.CANCEL_PREVIOUS:
        return Turn.RUN
    room = {OverlapPolicy.BUFFER_ONE: 1, OverlapPolicy.BUFFER_ALL: MOST_WAITING}.get(schedule.overlap, 0)
    return Turn.WAIT if len(schedule.waiting) < room else Turn.SKIP


def why_skipped(schedule: Schedule) -> str:
    """What is recorded of a slot that was skipped."""
    waiting = f" and {len(schedule.waiting)} of its slots wait" if schedule.waiting else ""
    return f"an earlier run was open{waiting}, and overlap_policy is {schedule.overlap}"


def opened(schedule: Schedule, task_id: str, *, now: int, replaces: bool) -> dict[str, Any]:
    """The fields that change when a run begins; `replaces`: those that are open are to be cancelled."""
    if schedule.overlap is OverlapPolicy.ALLOW:
        return {}
    if not replaces:
        return {"open_runs": (*schedule.open_runs, task_id)}
    gone = (*schedule.cancelling, *schedule.open_runs)[-MOST_OPEN:]
    again = now + CANCEL_AGAIN_MS if gone else None
    return {"open_runs": (task_id,), "cancelling": gone, "cancel_at": again}


def room_for_one(schedule: Schedule) -> None:
    """Raises IllegalMove when no run may be added by hand."""
    if len(schedule.open_runs) >= MOST_OPEN:
        raise IllegalMove(f"schedule {schedule.schedule_id} has {MOST_OPEN} open runs; wait until some end")


def cancelled_again(schedule: Schedule, *, now: int) -> Schedule:
    """The clock cancelled what is to be cancelled; it looks once more, in case that was lost."""
    return replace(schedule, version=schedule.version + 1, cancel_at=now + CANCEL_AGAIN_MS)


def ended(schedule: Schedule, run: Execution, *, now: int, was_cancelled: bool) -> Schedule:
    """A run that the schedule watches is settled; the same schedule when that changes nothing.

    A failure may be one too many in a row, and pause it. A run that was cancelled is no failure, nor good.
    """
    assert run.task_id is not None
    if run.executed_at < schedule.created_at:
        return schedule  # it was made anew under the same id since
    cancelling = tuple(task for task in schedule.cancelling if task != run.task_id)
    after = replace(
        schedule,
        open_runs=tuple(task for task in schedule.open_runs if task != run.task_id),
        cancelling=cancelling,
        cancel_at=schedule.cancel_at if cancelling else None,
        failures_in_row=schedule.failures_in_row if was_cancelled else _streak(schedule, run),
    )
    if after == schedule:
        return schedule
    return _paused_on_failures(replace(after, version=schedule.version + 1), run, now=now)


def _streak(schedule: Schedule, run: Execution) -> int:
    is_counting = schedule.pause_on_failures is not None
    is_failure = run.status is ExecutionStatus.FAILED
    return schedule.failures_in_row + 1 if is_counting and is_failure else 0


def _paused_on_failures(schedule: Schedule, run: Execution, *, now: int) -> Schedule:
    limit, count = schedule.pause_on_failures, schedule.failures_in_row
    if schedule.status is not ScheduleStatus.ACTIVE or limit is None or count < limit:
        return schedule
    runs = "the last run" if count == 1 else f"the last {count} runs"
    return replace(
        schedule,
        status=ScheduleStatus.PAUSED,
        next_slot=None,
        decided_until=decided_until(schedule, now=now),
        updated_at=max(now, schedule.last_run_at or 0),
        reason=f"{runs} failed (pause_on_failures {limit}): {run.error_message}"[:1_000],
    )
