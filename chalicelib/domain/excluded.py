"""Dates on which a schedule is not to run, as the clocks of its zone show them."""

from datetime import date

from .errors import Invalid
from .schedule import Schedule
from .zones import DAY_MS, instant_at, local, offset_at, zone_named

MOST_EXCLUDED = 366


def sound_dates(schedule: Schedule) -> tuple[str, ...]:
    """Those of a schedule, each once, in order; raises Invalid at the first that is no date."""
    if schedule.excluded and schedule.cron is None:
        raise Invalid.at("/excluded_dates", "belong to a cron_expression; leave them out of a single run")
    if len(schedule.excluded) > MOST_EXCLUDED:
        found = len(schedule.excluded)
        raise Invalid.at("/excluded_dates", f"holds {found} dates; at most {MOST_EXCLUDED} are kept")
    return tuple(sorted({_date(text, at) for at, text in enumerate(schedule.excluded)}))


def _date(text: str, at: int) -> str:
    try:
        known = date.fromisoformat(text).isoformat()
    except ValueError:
        known = None
    if known != text:
        raise Invalid.at(f"/excluded_dates/{at}", "is no date; write it as '2027-12-25'")
    return text


def is_excluded(schedule: Schedule, slot: int) -> bool:
    """It lies on such a date."""
    if not schedule.excluded:
        return False
    return local(zone_named(schedule.timezone), slot).date().isoformat() in schedule.excluded


def day_bounds(schedule: Schedule, slot: int) -> tuple[int, int]:
    """When the date of a slot begins, and when it is over."""
    zone = zone_named(schedule.timezone)
    wall = slot + offset_at(zone, slot)
    midnight = wall - wall % DAY_MS
    return instant_at(zone, midnight), instant_at(zone, midnight + DAY_MS)
