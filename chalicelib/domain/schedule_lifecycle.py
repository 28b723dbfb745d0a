"""The named transitions of a schedule: each takes a schedule and returns the next one, one version on.

Pausing and changing speak about the slots after now: whoever calls them fires what is due first, so that
a slot before the pause is not lost to it.
"""

from dataclasses import replace
from typing import Any

from .content import Content
from .errors import IllegalMove
from .recurrence import SECOND_MS, caught_up, first_slot, next_slot, sound
from .schedule import (
    MOVES,
    Execution,
    ExecutionStatus,
    Firing,
    NotDue,
    Schedule,
    ScheduleStatus,
)
from .schedule import task_id as task_of_slot

_OVER = "its last run has been fired"

TIMING = frozenset({"cron", "run_at", "timezone", "start_at", "end_at", "max_runs"})
CHANGEABLE = TIMING | {
    "task_type",
    "capability",
    "document",
    "priority",
    "description",
    "task_options",
    "catchup",
    "overlap",
}


def created(schedule: Schedule, *, now: int) -> Schedule:
    """A new schedule, standing before its first slot; raises Invalid when it is wrong or never fires."""
    kept = sound(schedule)
    return replace(kept, next_slot=first_slot(kept, now=now), created_at=now, updated_at=now)


def fired(schedule: Schedule, *, now: int) -> tuple[Schedule, Firing | None]:
    """The slot that is due, and the schedule moved past it; no firing when catch-up skips all that is due.

    Raises NotDue before the slot's time, IllegalMove when it is not ACTIVE. Call again while it is due.
    """
    due = schedule.due_at
    if due is None:
        raise IllegalMove(f"schedule {schedule.schedule_id} is {schedule.status}: no slot of it fires")
    if now < due:
        raise NotDue(f"schedule {schedule.schedule_id} is due in {due - now} ms")
    slot = caught_up(schedule, due, now=now)
    if slot is None or slot > now:
        return _standing_before(schedule, slot, now=now), None
    run = replace(schedule, total_runs=schedule.total_runs + 1, last_run_at=now)
    after = _standing_before(run, next_slot(run, after=slot), now=now)
    return after, _firing(schedule, slot, now=now, skipped_since=None if slot == due else due)


def ran(schedule: Schedule, *, now: int, task_id: str | None = None) -> tuple[Schedule, Firing]:
    """A run of its own beside the cron, which counts towards max_runs; refused when COMPLETED.

    `task_id` names its task, where something else than the slot does.
    """
    if schedule.status is ScheduleStatus.COMPLETED:
        raise IllegalMove(f"schedule {schedule.schedule_id} is COMPLETED; create a new one to run it again")
    # Slots stand on whole seconds: one that does not can never be taken for a slot of the cron.
    slot = now + 1 if now % SECOND_MS == 0 else now
    run = replace(schedule, total_runs=schedule.total_runs + 1, last_run_at=now)
    if run.max_runs is not None and run.total_runs >= run.max_runs:
        run = _moved(run, ScheduleStatus.COMPLETED, now=now, next_slot=None, reason=_OVER)
    else:
        run = _next(run, now=now)
    return run, _firing(schedule, slot, now=now, task_id=task_id)


def paused(schedule: Schedule, *, now: int, reason: str | None = None) -> Schedule:
    """No slot after now fires until it is resumed; the same schedule when it is PAUSED already."""
    if schedule.status is ScheduleStatus.PAUSED:
        return schedule
    return _revised(_moved(schedule, ScheduleStatus.PAUSED, now=now, next_slot=None, reason=reason))


def resumed(schedule: Schedule, *, now: int) -> Schedule:
    """On from the first slot after now, COMPLETED when there is none; the same schedule when it is ACTIVE."""
    if schedule.status is ScheduleStatus.ACTIVE:
        return schedule
    slot = next_slot(schedule, after=now)
    status = ScheduleStatus.COMPLETED if slot is None else ScheduleStatus.ACTIVE
    reason = "nothing was left to run when it was resumed" if slot is None else None
    return _revised(_moved(schedule, status, now=now, next_slot=slot, reason=reason))


def changed(schedule: Schedule, *, now: int, **changes: Any) -> Schedule:
    """Another definition (names in CHANGEABLE); its future moves only when its timing did.

    A FAILED schedule is ACTIVE again, a PAUSED one stays so, a COMPLETED one cannot be changed.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"not part of a definition: {', '.join(sorted(unknown))}")
    if schedule.status is ScheduleStatus.COMPLETED:
        raise IllegalMove(f"schedule {schedule.schedule_id} is COMPLETED; create a new one instead")
    wanted = sound(replace(schedule, **changes))
    moves = any(getattr(wanted, name) != getattr(schedule, name) for name in TIMING)
    failed_before = schedule.status is ScheduleStatus.FAILED
    slot = first_slot(wanted, now=now) if moves or failed_before else schedule.next_slot
    if failed_before:
        return _revised(_moved(wanted, ScheduleStatus.ACTIVE, now=now, next_slot=slot, reason=None))
    standing = None if schedule.status is ScheduleStatus.PAUSED else slot
    return _revised(_next(wanted, now=now, next_slot=standing))


def failed(schedule: Schedule, *, now: int, reason: str) -> Schedule:
    """It cannot be fired: its client hears why, and its shard goes on without it."""
    return _moved(schedule, ScheduleStatus.FAILED, now=now, next_slot=None, reason=reason)


def run_failed(schedule: Schedule) -> Schedule:
    """The task of one of its slots failed for good."""
    return replace(schedule, version=schedule.version + 1, failed_runs=schedule.failed_runs + 1)


def settled(
    execution: Execution,
    status: ExecutionStatus,
    *,
    now: int,
    error_message: str | None = None,
    result: Content | None = None,
) -> Execution:
    """The outcome of its task, recorded once: settled again it is the same execution."""
    if execution.status is not ExecutionStatus.PENDING:
        return execution
    return replace(execution, status=status, ended_at=now, error_message=error_message, result=result)


def _next(schedule: Schedule, *, now: int, **changes: Any) -> Schedule:
    return replace(schedule, version=schedule.version + 1, updated_at=now, **changes)


def _moved(schedule: Schedule, to: ScheduleStatus, *, now: int, **changes: Any) -> Schedule:
    if to not in MOVES[schedule.status]:
        raise IllegalMove(f"schedule {schedule.schedule_id} cannot go from {schedule.status} to {to}")
    return _next(schedule, now=now, status=to, **changes)


def _revised(schedule: Schedule) -> Schedule:
    return replace(schedule, revision=schedule.revision + 1)


def _standing_before(schedule: Schedule, slot: int | None, *, now: int) -> Schedule:
    if slot is None:
        return _moved(schedule, ScheduleStatus.COMPLETED, now=now, next_slot=None, reason=_OVER)
    return _next(schedule, now=now, next_slot=slot)


def _firing(
    schedule: Schedule,
    slot: int,
    *,
    now: int,
    skipped_since: int | None = None,
    task_id: str | None = None,
) -> Firing:
    task = task_id or task_of_slot(schedule.schedule_id, slot)
    execution = Execution(schedule_id=schedule.schedule_id, slot=slot, task_id=task, executed_at=now)
    return Firing(slot=slot, task_id=task, execution=execution, skipped_since=skipped_since)
