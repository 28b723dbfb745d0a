"""A second reading of cron expressions through clock changes, by definition: every minute is looked at.

It shares no code with the product: its own reading of the five fields (numbers, names, ranges, steps, lists,
and the signs `L` and `#`), zones straight from the pinned tzdata, and one walk over the minutes of UTC asking
what the clocks show then.
Instants and wall times are minutes since the epoch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

DAY = 24 * 60
MARGIN = 25 * 60  # no clock was ever set back further
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_EVERY = ("*", "*/1")  # where either day is enough, a star names none


@dataclass(frozen=True)
class Minute:
    """One minute of UTC: what the clocks show, whether they showed it before, and what they just skipped."""

    utc: int
    wall: int
    again: bool
    skipped: range


@dataclass(frozen=True)
class Due:
    """A minute in which something may run, and why."""

    utc: int
    first: bool  # its time of day is shown for the first time
    again: bool  # for the second time
    after_gap: bool  # a time of day before it was skipped


def minutes(zone: str, since: int, until: int, step: int = 1) -> list[Minute]:
    """Every step-th minute in [since, until), in order."""
    place, seen, before = zone_of(zone), set[int](), None
    found: list[Minute] = []
    for utc in range(since - MARGIN // step * step - step, until, step):
        offset = datetime.fromtimestamp(utc * 60, place).utcoffset()
        assert offset is not None
        wall = utc + offset // timedelta(minutes=1)
        if utc >= since:
            gap = range(wall) if before is None else range(before + step, wall, step)
            found.append(Minute(utc, wall, wall in seen, gap))
        seen.add(wall)
        before = wall
    return found


def due(text: str, looked_at: Iterable[Minute]) -> list[Due]:
    """The minutes that an expression is about, whatever the policy."""
    names = _named(text)
    found = (
        Due(
            minute.utc,
            not minute.again and names(minute.wall),
            minute.again and names(minute.wall),
            any(map(names, minute.skipped)),
        )
        for minute in looked_at
    )
    return [moment for moment in found if moment.first or moment.again or moment.after_gap]


def runs(text: str, moments: Iterable[Due], gap: str, fold: str) -> list[int]:
    """Those of them at which it runs."""
    if has_rhythm(text):
        return [moment.utc for moment in moments if moment.first or moment.again]
    return [
        moment.utc
        for moment in moments
        if moment.first or (moment.again and fold == "both") or (moment.after_gap and gap == "next")
    ]


def has_rhythm(text: str) -> bool:
    """A star in minute or hour: it runs whenever the clocks show a time that matches."""
    return any(word.startswith("*") for field in text.split()[:2] for word in field.split(","))


def changes(looked_at: Iterable[Minute]) -> list[int]:
    """The minutes at which the offset became another."""
    offsets = [(minute.utc, minute.wall - minute.utc) for minute in looked_at]
    return [offsets[i][0] for i in range(1, len(offsets)) if offsets[i][1] != offsets[i - 1][1]]


@cache
def zone_of(name: str) -> ZoneInfo:
    with (files("tzdata") / "zoneinfo").joinpath(*name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules)


class _named:  # noqa: N801 - called like the function it stands for
    """Whether an expression names a wall time."""

    def __init__(self, text: str) -> None:
        minute, hour, day, month, weekday = text.upper().split()
        hours, of_hour = values(hour, 0, 23), values(minute, 0, 59)
        self._times = {h * 60 + m for h in hours for m in of_hour}
        self._signs = {item for field in (day, weekday) for item in field.split(",") if _is_sign(item)}
        self._days, self._every_day = values(day, 1, 31), day in _EVERY
        self._weekdays = {value % 7 for value in values(weekday, 0, 7, _WEEKDAYS, 0)}
        self._every_weekday = weekday in _EVERY
        self._months = values(month, 1, 12, _MONTHS, 1)
        self._known: dict[int, bool] = {}

    def __call__(self, wall: int) -> bool:
        if wall % DAY not in self._times:
            return False
        number = wall // DAY
        if number not in self._known:
            self._known[number] = self._names_day(_EPOCH + timedelta(days=number))
        return self._known[number]

    def _names_day(self, shown: datetime) -> bool:
        is_last = (shown + timedelta(days=1)).month != shown.month
        by_day = shown.day in self._days or ("L" in self._signs and is_last)
        by_weekday = shown.isoweekday() % 7 in self._weekdays or bool(self._signs & _weekday_signs(shown))
        if not self._every_day and not self._every_weekday:
            return shown.month in self._months and (by_day or by_weekday)
        return shown.month in self._months and by_day and by_weekday


def _is_sign(item: str) -> bool:
    return "#" in item or item.startswith("L")


def _weekday_signs(shown: datetime) -> set[str]:
    """How a sign may name this day."""
    numbers = {shown.isoweekday(), shown.isoweekday() % 7}
    is_last = (shown + timedelta(days=7)).month != shown.month
    nth = {f"{number}#{(shown.day + 6) // 7}" for number in numbers}
    return nth | ({f"L{number}" for number in numbers} if is_last else set())


def values(field: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0) -> set[int]:
    """What a field lists, signs apart."""

    def number(word: str) -> int:
        return names.index(word) + first if word in names else int(word)

    found: set[int] = set()
    for item in field.split(","):
        if _is_sign(item):
            continue
        span, _, step = item.partition("/")
        start, _, end = span.partition("-")
        if span == "*":
            found.update(range(low, high + 1, int(step or 1)))
        else:
            found.update(range(number(start), number(end or start) + 1, int(step or 1)))
    return found
