"""How slots become runs, and runs end: each takes a schedule and returns the next one, one version on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from . import overlap
from .content import Content
from .errors import Conflict, IllegalMove, Invalid
from .execution import Execution, ExecutionStatus, Firing
from .execution import task_id as task_of_slot
from .misfires import caught_up, given_up, missed
from .overlap import Turn
from .recurrence import GRACE_MS, SECOND_MS, next_slot
from .schedule import NotDue, OverlapPolicy, Schedule, ScheduleStatus
from .schedule_lifecycle import moved, onward

_OVER = "its last run has been fired"


class Fired(NamedTuple):
    """The schedule moved on, the slot that is fired, and the slots that are given up; written as one."""

    schedule: Schedule
    firing: Firing | None
    given_up: tuple[Execution, ...] = ()


def fired(schedule: Schedule, *, now: int) -> Fired:
    """What is due: a slot that waited for its turn, else the next one, as catch-up and overlap have it.

    Raises NotDue before its time, IllegalMove when it is not ACTIVE. Call again while it is due.
    """
    if schedule.status is not ScheduleStatus.ACTIVE:
        raise IllegalMove(f"schedule {schedule.schedule_id} is {schedule.status}: no slot of it fires")
    if schedule.readable().has_turn:
        return _of_waiting(schedule, now)
    due, slot = schedule.next_run_at, schedule.next_slot
    if due is None or slot is None or now < due:
        wait = "when an earlier run ends" if due is None else f"in {due - now} ms"
        raise NotDue(f"schedule {schedule.schedule_id} is due {wait}")
    return _of_timing(schedule, slot, now)


def _of_waiting(schedule: Schedule, now: int) -> Fired:
    slot = schedule.waiting[0]
    run, firing = _begun(replace(schedule, waiting=schedule.waiting[1:]), slot, now=now)
    return Fired(_standing_before(run, run.next_slot, now=now), replace(firing, waited=True))


def _of_timing(schedule: Schedule, due: int, now: int) -> Fired:
    at = now - schedule.spread_ms  # slots are spoken of by their time, not by their place in the window
    was_held = schedule.deferred_until is not None and now <= schedule.deferred_until + GRACE_MS
    slot = due if was_held else caught_up(schedule, due, now=at)
    gone: list[Execution] = []
    if slot != due:
        count, gone = missed(schedule, due, slot, now=now)
        schedule = replace(schedule, missed_runs=schedule.missed_runs + count, missed_since=due)
    if slot is None or slot > at:
        return Fired(_standing_before(schedule, slot, now=now), None, tuple(gone))
    match overlap.turn(schedule):
        case Turn.RUN:
            run, firing = _begun(schedule, slot, now=now, replaces=True)
            firing = replace(firing, skipped_since=None if slot == due else due)
            return Fired(_past(run, slot, now=now), firing, tuple(gone))
        case Turn.WAIT:
            waits = replace(schedule, waiting=(*schedule.waiting, slot))
            return Fired(_past(waits, slot, now=now), None, tuple(gone))
    why = overlap.why_skipped(schedule)
    skipped = given_up(schedule, slot, ExecutionStatus.SKIPPED, now=now, reason=why)
    after = replace(schedule, skipped_runs=schedule.skipped_runs + 1)
    return Fired(_past(after, slot, now=now), None, (*gone, skipped))


def deferred(schedule: Schedule, until: int) -> Schedule:
    """The slot that is due is put off until then: that makes it late, but not missed."""
    return replace(schedule, version=schedule.version + 1, deferred_until=until)


def dropped(schedule: Schedule, *, now: int) -> Schedule:
    """The oldest slot that waits had its run already: it makes no second one."""
    rest = replace(schedule, waiting=schedule.waiting[1:])
    return _standing_before(rest, rest.next_slot, now=now)


def ran(schedule: Schedule, *, now: int, task_id: str | None = None) -> tuple[Schedule, Firing]:
    """A run of its own beside the cron, which counts towards max_runs; refused when COMPLETED.

    `task_id` names its task, where something else than the slot does. It waits for no other run, but later
    slots may wait for it.
    """
    if schedule.readable().status is ScheduleStatus.COMPLETED:
        raise IllegalMove(f"schedule {schedule.schedule_id} is COMPLETED; create a new one to run it again")
    overlap.room_for_one(schedule)
    # Slots stand on whole seconds: one that does not can never be taken for a slot of the cron.
    slot = now + 1 if now % SECOND_MS == 0 else now
    run, firing = _begun(schedule, slot, now=now, task_id=task_id)
    return _within_max_runs(run, now=now), firing


def _within_max_runs(run: Schedule, *, now: int) -> Schedule:
    """After one run more: the newest of its waiting slots give way, and then the coming ones."""
    if run.max_runs is None or run.total_runs + len(run.waiting) < run.max_runs:
        return onward(run, now=now)
    run = replace(run, waiting=run.waiting[: run.max_runs - run.total_runs])
    if run.waiting:
        return onward(run, now=now, next_slot=None)
    return moved(run, ScheduleStatus.COMPLETED, now=now, next_slot=None, reason=_OVER)


def backfilled(schedule: Schedule, slots: Sequence[int], *, now: int) -> Schedule:
    """These slots of the past have their turn, the oldest first; the same schedule when all wait already.

    Raises IllegalMove when it is COMPLETED, Conflict when too many would wait, Invalid beyond max_runs.
    """
    if schedule.readable().status is ScheduleStatus.COMPLETED:
        raise IllegalMove(f"schedule {schedule.schedule_id} is COMPLETED; create a new one to run it again")
    waiting = tuple(sorted({*schedule.waiting, *slots}))
    if waiting == schedule.waiting:
        return schedule
    if len(waiting) > overlap.MOST_WAITING:
        raise Conflict(f"{len(waiting)} slots would wait; at most {overlap.MOST_WAITING} can at a time")
    left = len(waiting) if schedule.max_runs is None else schedule.max_runs - schedule.total_runs
    if len(waiting) > left:
        raise Invalid.at("/until", f"{len(waiting)} slots are too many: max_runs leaves {left} runs")
    after = replace(schedule, waiting=waiting)
    is_last = schedule.next_slot is None or next_slot(after, after=schedule.next_slot - 1) is None
    return onward(after, now=now, next_slot=None if is_last else schedule.next_slot)


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


def _past(schedule: Schedule, slot: int, *, now: int) -> Schedule:
    return _standing_before(schedule, next_slot(schedule, after=slot), now=now)


def _standing_before(schedule: Schedule, slot: int | None, *, now: int) -> Schedule:
    if slot is None and not schedule.waiting:
        return moved(schedule, ScheduleStatus.COMPLETED, now=now, next_slot=None, reason=_OVER)
    return onward(schedule, now=now, next_slot=slot, deferred_until=None)


def _begun(
    schedule: Schedule, slot: int, *, now: int, task_id: str | None = None, replaces: bool = False
) -> tuple[Schedule, Firing]:
    """`replaces`: the policy may cancel what is open."""
    task = task_id or task_of_slot(schedule.schedule_id, slot)
    replaces = replaces and schedule.overlap is OverlapPolicy.CANCEL_PREVIOUS
    run = replace(
        schedule,
        total_runs=schedule.total_runs + 1,
        last_run_at=max(now, schedule.last_run_at or now),  # a machine whose clock is ahead may have run one
        **overlap.opened(schedule, task, now=now, replaces=replaces),
    )
    execution = Execution(
        schedule_id=schedule.schedule_id,
        slot=slot,
        task_id=task,
        executed_at=now,
        spread_ms=schedule.spread_ms if slot % SECOND_MS == 0 else 0,
        is_watched=schedule.is_watching,
    )
    cancels = schedule.open_runs if replaces else ()
    return run, Firing(slot=slot, task_id=task, execution=execution, cancels=cancels)
