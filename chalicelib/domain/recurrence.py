"""Which slots a schedule has: its cron or single run, within its bounds, and what becomes of missed ones."""

from dataclasses import replace

from . import cron, cron_aws
from .cron import Cron
from .cron_text import CronFormat
from .errors import Invalid
from .excluded import day_bounds, is_excluded, sound_dates
from .schedule import Schedule, ScheduleStatus
from .zones import MINUTE_MS, instant_at, zone_named

SECOND_MS = 1_000
GRACE_MS = MINUTE_MS  # a slot up to a minute old is late, not missed


def sound(schedule: Schedule) -> Schedule:
    """The same with canonical cron text and whole seconds; raises Invalid when it contradicts itself."""
    if (schedule.cron is None) == (schedule.run_at is None):
        raise Invalid.at(
            "/cron_expression",
            "give either cron_expression, or run_at for a single run; not both, not neither",
        )
    zone = zone_named(schedule.timezone)
    start, end = schedule.start_at, schedule.end_at
    if start is not None and end is not None and end < start:
        raise Invalid.at("/end_at", "lies before start_at, so that nothing could ever run")
    if schedule.max_runs is not None and schedule.max_runs <= schedule.total_runs:
        raise Invalid.at("/max_runs", f"must be above the {schedule.total_runs} runs there were so far")
    schedule = replace(schedule, excluded=sound_dates(schedule))
    once = cron_aws.single_run(schedule.cron)
    if schedule.cron is not None and once is None:
        return replace(schedule, cron=expression(schedule).text)
    run_at = (schedule.run_at or 0) if once is None else instant_at(zone, once)
    whole = -(-run_at // SECOND_MS) * SECOND_MS
    return replace(schedule, cron=None, cron_format=CronFormat.STANDARD, run_at=whole)


def expression(schedule: Schedule) -> Cron:
    """What the cron text stands for in this schedule; raises Invalid where it stands for nothing."""
    return cron.parse(schedule.cron, schedule.cron_format, seed=schedule.schedule_id)


def decided_until(schedule: Schedule, *, now: int) -> int:
    """Up to here its slots had their turn; a later one before now has its place in the window yet."""
    if schedule.next_slot is not None:
        return min(now, schedule.next_slot - 1)
    if schedule.status is ScheduleStatus.ACTIVE:
        return now
    known = schedule.decided_until
    return known if known is not None else schedule.last_run_at or 0


def goes_on_after(schedule: Schedule, *, now: int) -> int:
    """What stood still, or has another timing now, goes on with the slots whose place is still to come."""
    return max(now - schedule.spread_ms, decided_until(schedule, now=now))


def first_slot(schedule: Schedule, *, now: int) -> int:
    """Where a definition begins: after now (a single run may be due already); raises Invalid for never."""
    after = goes_on_after(schedule, now=now)
    if schedule.cron is None:
        slot, field = next_slot(schedule, after=min(after, now - GRACE_MS)), "/run_at"
    else:
        slot, field = next_slot(schedule, after=after), "/cron_expression"
    if slot is not None:
        return slot
    if schedule.end_at is not None:
        raise Invalid.at("/end_at", "nothing would run: there is no run between now and end_at")
    if schedule.cron is None:
        raise Invalid.at(field, "lies in the past; nothing would run")
    raise Invalid.at(field, f"does not fire within the next {cron.SEARCH_YEARS} years")


def next_slot(schedule: Schedule, *, after: int) -> int | None:
    """The first slot strictly after, within start_at, end_at and max_runs."""
    if schedule.max_runs is not None and schedule.total_runs + len(schedule.waiting) >= schedule.max_runs:
        return None
    if schedule.start_at is not None:
        after = max(after, schedule.start_at - 1)
    if schedule.cron is not None:
        slot = _next_of_cron(schedule, after)
    else:
        slot = schedule.run_at if schedule.run_at is not None and schedule.run_at > after else None
    return None if slot is None or (schedule.end_at is not None and slot > schedule.end_at) else slot


def _next_of_cron(schedule: Schedule, after: int) -> int | None:
    slot = expression(schedule).next_after(after, schedule.timezone, schedule.dst)
    while slot is not None and is_excluded(schedule, slot):
        _, over = day_bounds(schedule, slot)
        slot = expression(schedule).next_after(over - 1, schedule.timezone, schedule.dst)
    return slot


def last_slot(schedule: Schedule, *, until: int, since: int) -> int:
    """The last slot at or before `until`, given that `since` is one."""
    bound = until if schedule.end_at is None else min(until, schedule.end_at)
    slot = since
    while bound > since:
        slot = expression(schedule).last_until(bound, schedule.timezone, schedule.dst, since=since)
        if slot == since or not is_excluded(schedule, slot):
            return slot
        bound = day_bounds(schedule, slot)[0] - 1
    return since


def slots_between(schedule: Schedule, *, since: int, until: int, most: int) -> list[int]:
    """Its slots from `since` to `until`, both included, however many runs it has left; `most` at most."""
    unlimited, slots = replace(schedule, max_runs=None), list[int]()
    slot = next_slot(unlimited, after=since - 1)
    while slot is not None and slot <= until and len(slots) < most:
        slots.append(slot)
        slot = next_slot(unlimited, after=slot)
    return slots
