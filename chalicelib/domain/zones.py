"""Time zones: IANA names of the pinned tzdata, and wall clocks as milliseconds since the epoch.

A *wall* time is what the zone's clocks show, counted as if they showed UTC.
"""

import difflib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION

from .errors import Invalid

RULES_VERSION: str = IANA_VERSION  # of the time zones' rules, as 2026f
MINUTE_MS = 60_000
DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def zone_named(name: object) -> ZoneInfo:
    """The zone of an IANA name; raises Invalid at /timezone with the nearest names that exist."""
    if not isinstance(name, str):
        raise Invalid.at("/timezone", f"must be a string such as 'Europe/London', not {type(name).__name__}")
    if name not in _names():
        raise Invalid.at("/timezone", f"{name[:64]!r} is not an IANA time zone; {_suggestion(name[:64])}")
    return _loaded(name)


@cache
def _loaded(name: str) -> ZoneInfo:
    # From the pinned package, never from the machine: every container must agree on the rules.
    with (files("tzdata") / "zoneinfo" / name).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


@cache
def _names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text().split())


def _suggestion(name: str) -> str:
    by_folded = {known.casefold(): known for known in sorted(_names())}
    by_city = {folded.rpartition("/")[2]: known for folded, known in by_folded.items()}
    folded = name.strip().replace(" ", "_").casefold()
    if found := by_folded.get(folded) or by_city.get(folded.rpartition("/")[2]):
        return f"did you mean {found!r}?"
    near = difflib.get_close_matches(folded, by_folded, n=3)
    if near:
        return "did you mean " + " or ".join(repr(by_folded[match]) for match in near) + "?"
    return "write a name such as 'UTC', 'Europe/London' or 'America/New_York'"


def local(zone: ZoneInfo, instant: int) -> datetime:
    """The instant as the zone's clocks show it."""
    return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone)


def offset_at(zone: ZoneInfo, instant: int) -> int:
    """What to add to the instant to get the wall time."""
    return _milliseconds(local(zone, instant).utcoffset())


def instant_at(zone: ZoneInfo, wall: int) -> int:
    """When the clocks show this: the first time if they do twice, right after the gap if never."""
    shown = (_EPOCH + timedelta(milliseconds=wall)).replace(tzinfo=zone)
    before = _milliseconds(shown.utcoffset())  # fold 0: the offset from before the change
    instant = wall - before
    if offset_at(zone, instant) == before:
        return instant
    return _bisected(zone, before, instant - DAY_MS, instant)  # no gap is longer than a day


def first_change(zone: ZoneInfo, after: int, until: int) -> int | None:
    """The first instant in (after, until] with another offset than at `after`."""
    offset = offset_at(zone, after)
    low = after
    while low < until:
        high = min(low + DAY_MS, until)
        if offset_at(zone, high) != offset:
            return _bisected(zone, offset, low, high)
        low = high
    return None


def repeated_until(zone: ZoneInfo, since: int, until: int) -> int:
    """The wall time up to which the clocks went before they were set back, somewhere in (since, until]."""
    change = first_change(zone, since, until)
    assert change is not None
    return change + offset_at(zone, since)


def _bisected(zone: ZoneInfo, offset: int, low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _milliseconds(offset: timedelta | None) -> int:
    return 0 if offset is None else offset // timedelta(milliseconds=1)
