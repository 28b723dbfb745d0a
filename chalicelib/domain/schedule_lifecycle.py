"""The named transitions of a schedule: each takes a schedule and returns the next one, one version on.

Pausing and changing speak about the slots after now: whoever calls them fires what is due first, so that
a slot before the pause is not lost to it.
"""

from dataclasses import replace
from typing import Any

from .errors import IllegalMove
from .recurrence import decided_until, first_slot, goes_on_after, next_slot, sound
from .schedule import MOVES, Schedule, ScheduleStatus

TIMING = frozenset(
    {"cron", "cron_format", "run_at", "timezone", "dst", "start_at", "end_at", "max_runs", "excluded"}
)
CHANGEABLE = TIMING | {
    "task_type",
    "capability",
    "document",
    "priority",
    "description",
    "task_options",
    "catchup",
    "overlap",
    "catchup_window_ms",
    "pause_on_failures",
    "window_ms",
}


def created(schedule: Schedule, *, now: int) -> Schedule:
    """A new schedule, standing before its first slot; raises Invalid when it is wrong or never fires."""
    kept = sound(schedule)
    return replace(kept, next_slot=first_slot(kept, now=now), created_at=now, updated_at=now)


def paused(schedule: Schedule, *, now: int, reason: str | None = None) -> Schedule:
    """No slot after now fires until it is resumed; the same schedule when it is PAUSED already."""
    if schedule.readable().status is ScheduleStatus.PAUSED:
        return schedule
    return _revised(moved(schedule, ScheduleStatus.PAUSED, now=now, next_slot=None, reason=reason))


def resumed(schedule: Schedule, *, now: int) -> Schedule:
    """On from the first slot after now, COMPLETED when there is none; the same schedule when it is ACTIVE.

    Slots that wait have their turn again. One whose place in the window is still to come was not missed.
    """
    if schedule.readable().status is ScheduleStatus.ACTIVE:
        return schedule
    slot = next_slot(schedule, after=goes_on_after(schedule, now=now))
    is_done = slot is None and not schedule.waiting
    status = ScheduleStatus.COMPLETED if is_done else ScheduleStatus.ACTIVE
    reason = "nothing was left to run when it was resumed" if is_done else None
    fresh = replace(schedule, failures_in_row=0)
    return _revised(moved(fresh, status, now=now, next_slot=slot, reason=reason))


def changed(schedule: Schedule, *, now: int, **changes: Any) -> Schedule:
    """Another definition (names in CHANGEABLE), or the same schedule where nothing differs.

    Its future moves only when its timing did.

    A FAILED schedule is ACTIVE again, a PAUSED one stays so, a COMPLETED one cannot be changed.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"not part of a definition: {', '.join(sorted(unknown))}")
    if schedule.readable().status is ScheduleStatus.COMPLETED:
        raise IllegalMove(f"schedule {schedule.schedule_id} is COMPLETED; create a new one instead")
    wanted = sound(replace(schedule, **changes))
    failed_before = schedule.status is ScheduleStatus.FAILED
    if wanted == schedule and not failed_before:
        return schedule
    moves = any(getattr(wanted, name) != getattr(schedule, name) for name in TIMING)
    slot = first_slot(wanted, now=now) if moves or failed_before else schedule.next_slot
    if failed_before:
        return _revised(moved(wanted, ScheduleStatus.ACTIVE, now=now, next_slot=slot, reason=None))
    standing = None if schedule.status is ScheduleStatus.PAUSED else slot
    return _revised(onward(wanted, now=now, next_slot=standing, deferred_until=None))


def failed(schedule: Schedule, *, now: int, reason: str) -> Schedule:
    """It cannot be fired: its client hears why, and its shard goes on without it."""
    return moved(schedule, ScheduleStatus.FAILED, now=now, next_slot=None, reason=reason)


def onward(schedule: Schedule, *, now: int, **changes: Any) -> Schedule:
    """One version on."""
    return replace(schedule, version=schedule.version + 1, updated_at=now, **changes)


def moved(schedule: Schedule, to: ScheduleStatus, *, now: int, **changes: Any) -> Schedule:
    """To another status; raises IllegalMove where no move leads there."""
    if to not in MOVES[schedule.status]:
        raise IllegalMove(f"schedule {schedule.schedule_id} cannot go from {schedule.status} to {to}")
    stops = to in (ScheduleStatus.PAUSED, ScheduleStatus.FAILED)
    until = decided_until(schedule, now=now) if stops else None
    return onward(schedule, now=now, status=to, decided_until=until, deferred_until=None, **changes)


def _revised(schedule: Schedule) -> Schedule:
    return replace(schedule, revision=schedule.revision + 1)
