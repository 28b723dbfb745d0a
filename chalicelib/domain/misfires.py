"""Slots that nobody fired in time: what the catch-up policy puts in their place, and which are given up."""

from .execution import Execution, ExecutionStatus
from .recurrence import GRACE_MS, last_slot, next_slot
from .schedule import CatchupPolicy, Schedule
from .zones import DAY_MS

ALL_WINDOW_MS = DAY_MS  # catch-up `all` goes back this far if nothing is said
MOST_COUNTED = 100  # missed slots of one outage: to find each takes a third of a millisecond
MOST_RECORDED = 10  # of them, the latest


def caught_up(schedule: Schedule, due: int, *, now: int) -> int | None:
    """The slot to fire now that `due` is over: itself, or what the catch-up policy puts in its place.

    A slot after now means that all which were due are given up; None, that there is none any more.
    """
    missed_until = now - GRACE_MS - 1
    if due > missed_until:
        return due
    if schedule.catchup is CatchupPolicy.NONE:
        return next_slot(schedule, after=missed_until)
    oldest = _oldest(schedule, now)
    if schedule.catchup is CatchupPolicy.ALL and schedule.cron is not None:
        return due if due >= oldest else next_slot(schedule, after=oldest - 1)
    latest = due if schedule.cron is None else last_slot(schedule, until=missed_until, since=due)
    return latest if latest >= oldest else next_slot(schedule, after=missed_until)


def _oldest(schedule: Schedule, now: int) -> int:
    """Slots before this are given up, whatever the policy."""
    window = schedule.catchup_window_ms
    if window is None:
        each = schedule.catchup is CatchupPolicy.ALL and schedule.cron is not None
        window = ALL_WINDOW_MS if each else now
    return now - max(window, GRACE_MS + 1)


def missed(schedule: Schedule, since: int, before: int | None, *, now: int) -> tuple[int, list[Execution]]:
    """How many slots from `since` on are given up, counted up to a bound, and the records of the latest.

    `before` is the slot that is fired or awaited instead; None when no slot is left.
    """
    slots = [since]
    while len(slots) < MOST_COUNTED:
        slot = next_slot(schedule, after=slots[-1])
        if slot is None or (before is not None and slot >= before):
            return len(slots), [_missed(schedule, slot, now) for slot in slots[-MOST_RECORDED:]]
        slots.append(slot)
    latest = [before or now + 1]
    while len(latest) <= MOST_RECORDED:
        latest.append(last_slot(schedule, until=latest[-1] - 1, since=since))
    return MOST_COUNTED, [_missed(schedule, slot, now) for slot in sorted(set(latest[1:]))]


def _missed(schedule: Schedule, slot: int, now: int) -> Execution:
    return given_up(
        schedule,
        slot,
        ExecutionStatus.MISSED,
        now=now,
        reason=f"nothing fired it in time, and catchup_policy is {schedule.catchup}",
    )


def given_up(schedule: Schedule, slot: int, status: ExecutionStatus, *, now: int, reason: str) -> Execution:
    """The record of a slot that has no task."""
    return Execution(
        schedule_id=schedule.schedule_id,
        slot=slot,
        task_id=None,
        executed_at=now,
        status=status,
        ended_at=now,
        error_message=reason,
        spread_ms=schedule.spread_ms,
    )
