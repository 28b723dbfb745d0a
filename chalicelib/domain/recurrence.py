"""Which slots a schedule has: its cron or single run, within its bounds, and what becomes of missed ones."""

from dataclasses import replace

from . import cron
from .errors import Invalid
from .schedule import CatchupPolicy, Schedule
from .zones import DAY_MS, MINUTE_MS, zone_named

SECOND_MS = 1_000
GRACE_MS = MINUTE_MS  # a slot up to a minute old is late, not missed
ALL_WINDOW_MS = DAY_MS  # catch-up `all` goes back this far


def sound(schedule: Schedule) -> Schedule:
    """The same with canonical cron text and whole seconds; raises Invalid when it contradicts itself."""
    if (schedule.cron is None) == (schedule.run_at is None):
        raise Invalid.at(
            "/cron_expression",
            "give either cron_expression, or run_at for a single run; not both, not neither",
        )
    zone_named(schedule.timezone)
    start, end = schedule.start_at, schedule.end_at
    if start is not None and end is not None and end < start:
        raise Invalid.at("/end_at", "lies before start_at, so that nothing could ever run")
    if schedule.max_runs is not None and schedule.max_runs <= schedule.total_runs:
        raise Invalid.at("/max_runs", f"must be above the {schedule.total_runs} runs there were so far")
    if schedule.cron is not None:
        return replace(schedule, cron=cron.parse(schedule.cron).text)
    return replace(schedule, run_at=-(-(schedule.run_at or 0) // SECOND_MS) * SECOND_MS)


def first_slot(schedule: Schedule, *, now: int) -> int:
    """Where a definition begins: after now (a single run may be due already); raises Invalid for never."""
    if schedule.cron is None:
        slot, field = next_slot(schedule, after=now - GRACE_MS), "/run_at"
    else:
        slot, field = next_slot(schedule, after=now), "/cron_expression"
    if slot is not None:
        return slot
    if schedule.end_at is not None:
        raise Invalid.at("/end_at", "nothing would run: there is no run between now and end_at")
    if schedule.cron is None:
        raise Invalid.at(field, "lies in the past; nothing would run")
    raise Invalid.at(field, f"does not fire within the next {cron.SEARCH_YEARS} years")


def next_slot(schedule: Schedule, *, after: int) -> int | None:
    """The first slot strictly after, within start_at, end_at and max_runs."""
    if schedule.max_runs is not None and schedule.total_runs >= schedule.max_runs:
        return None
    if schedule.start_at is not None:
        after = max(after, schedule.start_at - 1)
    if schedule.cron is not None:
        slot = cron.parse(schedule.cron).next_after(after, schedule.timezone)
    else:
        slot = schedule.run_at if schedule.run_at is not None and schedule.run_at > after else None
    return None if slot is None or (schedule.end_at is not None and slot > schedule.end_at) else slot


def caught_up(schedule: Schedule, due: int, *, now: int) -> int | None:
    """The slot to fire now that `due` is over: itself, or what the catch-up policy puts in its place.

    A slot after now means that all which were due are skipped; None, that there is none any more.
    """
    missed_until = now - GRACE_MS - 1
    if due > missed_until:
        return due
    if schedule.catchup is CatchupPolicy.NONE:
        return next_slot(schedule, after=missed_until)
    if schedule.cron is None:
        return due
    if schedule.catchup is CatchupPolicy.ALL:
        return due if due >= now - ALL_WINDOW_MS else next_slot(schedule, after=now - ALL_WINDOW_MS - 1)
    bound = missed_until if schedule.end_at is None else min(missed_until, schedule.end_at)
    return cron.parse(schedule.cron).last_until(bound, schedule.timezone, since=due)
