"""What the owner of a cron expression should know about it, in plain words."""

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .cron import SEARCH_YEARS, Cron
from .cron_field import Choice
from .cron_text import DAYS_IN, Fields
from .zones import DAY_MS, MINUTE_MS, first_change, offset_at, zone_named

HOUR_MS = 60 * MINUTE_MS
OFTEN = 288  # runs a day: more than every five minutes
_NAMED = 3  # times spelled out of those that a clock change touches


def warnings(cron: Cron, zone: str, now: int) -> list[str]:
    """Surprises in the expression, and what the clock changes of the next year do to it."""
    return [
        *_unlikely(cron, zone, now),
        *_either_day(cron.fields),
        *_short_months(cron.fields),
        *_uneven_steps(cron.fields),
        *_frequency(cron.fields),
        *_clock_changes(cron, zone, now),
    ]


def _unlikely(cron: Cron, zone: str, now: int) -> Iterator[str]:
    if cron.next_after(now, zone) is None:
        yield f"It does not fire within the next {SEARCH_YEARS} years."


def _either_day(fields: Fields) -> Iterator[str]:
    day, weekday = fields.day, fields.weekday
    if day.text == "*" or weekday.text == "*":
        return
    for full, other in ((day, weekday), (weekday, day)):
        if full.is_every:
            yield (
                f"'{full.text}' names every day and a day matches when either day field does, so this runs "
                f"every day; for '{other.text}' alone write '*' in place of '{full.text}'."
            )
            return
    yield (
        f"Day-of-month '{day.text}' and day-of-week '{weekday.text}' are both set: it runs on days that "
        "match either of them, not only on those that match both."
    )


def _short_months(fields: Fields) -> Iterator[str]:
    if fields.day.is_every:
        return
    shortest = min(DAYS_IN.get(month, 31) if month != 2 else 28 for month in fields.month.values)
    named = [word for word in fields.day.text.split(",") if word.rstrip("W").isdigit()]
    for word in named:
        if int(word.rstrip("W")) <= shortest:
            continue
        if word.endswith("W"):
            yield f"'{word}': in months without a day {word[:-1]} it is the working day nearest to the last."
        elif word == "29" and fields.month.values == {2}:
            yield "29 February: it only exists in leap years; the last day of the month is 'L'."
        else:
            yield f"Months without a day {word} have no run for it; the last day of the month is 'L'."


def _uneven_steps(fields: Fields) -> Iterator[str]:
    for choice, size, unit in ((fields.minute, 60, "hour"), (fields.hour, 24, "day")):
        step = _step(choice)
        if step and size % step:
            yield f"'{choice.text}' starts anew every {unit}: the last gap is {size % step}, not {step}."
    if _step(fields.day):
        yield f"'{fields.day.text}' starts anew on the 1st of every month."


def _step(choice: Choice) -> int | None:
    return int(choice.text[2:]) if choice.text.startswith("*/") and choice.text[2:].isdigit() else None


def _frequency(fields: Fields) -> Iterator[str]:
    runs = len(fields.minute.values) * len(fields.hour.values)
    if fields.minute.is_every and not fields.hour.is_every:
        yield (
            f"It fires every minute of the hours '{fields.hour.text}', {runs} times a day; for one run an "
            f"hour write '0 {fields.hour.text} ...'."
        )
    elif runs == 1440:
        yield "It fires every minute, 1440 times a day."
    elif runs > OFTEN:
        yield f"It fires {runs} times a day."


def _clock_changes(cron: Cron, zone: str, now: int) -> Iterator[str]:
    place, after, until = zone_named(zone), now, now + 366 * DAY_MS
    while (change := first_change(place, after, until)) is not None:
        yield from _effect(cron, place, change)
        after = change


def _effect(cron: Cron, place: ZoneInfo, change: int) -> Iterator[str]:
    before, shown = change + offset_at(place, change - 1), change + offset_at(place, change)
    start, end = min(before, shown), max(before, shown)
    times = _times(cron, start, end)
    if not times or (cron.keeps_rhythm and cron.fields.hour.is_every and (end - start) % HOUR_MS == 0):
        return
    when, span = f"On {_date(start)} the clocks in {place.key}", f"{_clock(start)}-{_clock(end)}"
    if shown > before:
        fate = "does not happen" if cron.keeps_rhythm else f"happens right after, once, at {_clock(end)}"
        yield f"{when} skip {span}: what is due at {times} {fate}."
    else:
        fate = "both times" if cron.keeps_rhythm else "the first time only"
        yield f"{when} show {span} twice: what is due at {times} happens {fate}."


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
    return f"{datetime.fromtimestamp(wall / 1000, UTC):%H:%M}"


def _date(wall: int) -> str:
    moment = datetime.fromtimestamp(wall / 1000, UTC)
    return f"{moment.day} {calendar.month_name[moment.month]} {moment.year}"
