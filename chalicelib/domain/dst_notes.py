"""What clock changes do to the runs of an expression, change by change, in plain words with dates."""

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.values import dataclass

from .cron import Cron
from .dst import AS_SHOWN, PLAIN, DstPolicy, Fold, Gap
from .zones import DAY_MS, MINUTE_MS, first_change, offset_at, zone_named

HOUR_MS = 60 * MINUTE_MS
_NAMED = 3  # times spelled out of those that a change touches


class DstEffect(StrEnum):
    """What becomes of the times that a change touches."""

    MOVED = "moved"
    SKIPPED = "skipped"
    ONCE = "once"  # though the clocks show them twice
    REPEATED = "repeated"


@dataclass(frozen=True)
class DstNote:
    """One change of the clocks, at this instant, and what it does."""

    at: int
    effect: DstEffect
    text: str


def dst_notes(cron: Cron, zone: str, policy: DstPolicy, *, now: int, until: int) -> list[DstNote]:
    """Of every change in (now, until] that touches a run, oldest first; raises Invalid for no zone."""
    place, after, notes = zone_named(zone), now, list[DstNote]()
    meant = AS_SHOWN if cron.keeps_rhythm else policy
    while (change := first_change(place, after, until)) is not None:
        notes += _note(cron, place, meant, change)
        after = change
    return notes


def policy_ignored(cron: Cron, policy: DstPolicy) -> Iterator[str]:
    """What to say of a policy that this expression has no use for."""
    if policy != PLAIN and cron.keeps_rhythm:
        yield (
            "dst_policy has no effect here: an expression with a star in minute or hour keeps its rhythm and "
            "runs whenever the clocks show a time that matches."
        )


def _note(cron: Cron, place: ZoneInfo, policy: DstPolicy, change: int) -> Iterator[DstNote]:
    before, shown = change + offset_at(place, change - 1), change + offset_at(place, change)
    start, end = min(before, shown), max(before, shown)
    times = _times(cron, start, end)
    if not times or (cron.keeps_rhythm and cron.fields.hour.is_every and _is_hours(end - start)):
        return
    if shown > before:
        does, (effect, fate) = "skip", _when_skipped(cron, policy.gap, start, end)
    else:
        does, (effect, fate) = "show", _when_repeated(policy.fold)
    span = "the whole day" if end - start == DAY_MS else f"{_clock(start)}-{_clock(end)}"
    twice = "" if shown > before else " twice"
    text = f"On {_date(start)} the clocks in {place.key} {does} {span}{twice}: what is due at {times} {fate}."
    yield DstNote(change, effect, text)


def _is_hours(length: int) -> bool:
    """Whole hours of a day: what runs in every hour keeps its rhythm over them."""
    return length % HOUR_MS == 0 and length < DAY_MS


def _when_skipped(cron: Cron, gap: Gap, start: int, end: int) -> tuple[DstEffect, str]:
    if gap is Gap.SKIP:
        return DstEffect.SKIPPED, "does not happen"
    day = "" if _date(start) == _date(end) else " the next day"
    due_then = ", as one run with what is due then" if cron.next_wall(end - 1) == end else ""
    return DstEffect.MOVED, f"happens right after, once, at {_clock(end)}{day}{due_then}"


def _when_repeated(fold: Fold) -> tuple[DstEffect, str]:
    if fold is Fold.BOTH:
        return DstEffect.REPEATED, "happens both times"
    return DstEffect.ONCE, "happens the first time only"


def _times(cron: Cron, start: int, end: int) -> str:
    found: list[str] = []
    wall = cron.next_wall(start - 1)
    while wall is not None and wall < end:
        if len(found) == _NAMED:
            return ", ".join(found) + " and so on"
        found.append(_clock(wall))
        wall = cron.next_wall(wall)
    return ", ".join(found)


def _clock(wall: int) -> str:
    return f"{datetime.fromtimestamp(wall / 1000, UTC):%H:%M:%S}".removesuffix(":00")


def _date(wall: int) -> str:
    moment = datetime.fromtimestamp(wall / 1000, UTC)
    return f"{moment.day} {calendar.month_name[moment.month]} {moment.year}"
