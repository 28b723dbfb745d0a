"""Amazon EventBridge's notation: `cron(0 9 ? * MON-FRI *)`, `rate(5 minutes)` and `at(2027-01-31T09:00:00)`.

It differs from ours in more than the look: days of the week count from 1 (Sunday), a sixth field is the year,
and a rate begins when its rule was made, while ours stands on the clock. What ours cannot say is refused.
"""

import re
from datetime import UTC, datetime

from .cron_hints import refused
from .cron_term import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Field

_CALL = re.compile(r"\s*(cron|rate|at)\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_MINUTES_OF = {"minute": 1, "hour": 60, "day": 1440}
_BY_MINUTES = {
    1: "* * * * *",
    **{n: f"*/{n} * * * *" for n in range(2, 60) if 60 % n == 0},
    60: "0 * * * *",
    **{n * 60: f"0 */{n} * * *" for n in range(2, 24) if 24 % n == 0},
    1440: "0 0 * * *",
    7 * 1440: "0 0 * * 0",
}


def note(text: object, read_as: str) -> str | None:
    """What to say where this notation was translated; None for any other text."""
    match = _CALL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    rate = (
        ", which runs at times of the clock, not from when it was made" if match[1].lower() == "rate" else ""
    )
    return f"'{text}' is AWS' notation and was read as {read_as}{rate}."


def translated(text: str) -> str:
    """Our five fields for cron(...) and rate(...), any other text as it is; raises Invalid.

    The fields themselves are for the caller to check.
    """
    match = _CALL.fullmatch(text) if text.isascii() else None
    if match is None:
        return text
    name, inside = match[1].lower(), match[2]
    if name == "at":
        raise refused("'at(...)' is a single run and has no fields; for a single run set run_at")
    return _of_cron(inside.upper().split()) if name == "cron" else _of_rate(inside)


def single_run(text: object) -> int | None:
    """The wall time of at(yyyy-mm-ddThh:mm:ss); None for any other text, Invalid for a time that is none."""
    match = _CALL.fullmatch(text) if isinstance(text, str) and text.isascii() else None
    if match is None or match[1].lower() != "at":
        return None
    try:
        shown = datetime.strptime(match[2].strip().upper(), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        shown = datetime.min.replace(tzinfo=UTC)
    if not 1970 <= shown.year < 2200:
        raise refused(
            "'at(...)' takes a local time of the schedule's zone, such as 'at(2027-01-31T09:00:00)'"
        )
    return round(shown.timestamp()) * 1000


def _of_rate(inside: str) -> str:
    match = re.fullmatch(r"\s*([0-9]{1,6})\s+(minute|hour|day)s?\s*", inside, re.IGNORECASE)
    if match is None or int(match[1]) == 0:
        raise refused("'rate(...)' takes a number and a unit, such as 'rate(5 minutes)' or 'rate(1 hour)'")
    minutes = int(match[1]) * _MINUTES_OF[match[2].lower()]
    if minutes in _BY_MINUTES:
        return _BY_MINUTES[minutes]
    near = [n for n in (max(n for n in _BY_MINUTES if n < minutes), _above(minutes)) if n is not None]
    raise refused(
        f"'rate({inside.strip()[:30]})' cannot be said as times on a clock: it does not divide the hour "
        f"or the day; the nearest that does is {' or '.join(map(_rate, near))}"
    )


def _above(minutes: int) -> int | None:
    return min((n for n in _BY_MINUTES if n > minutes), default=None)


def _rate(minutes: int) -> str:
    unit = next(unit for unit in ("day", "hour", "minute") if minutes % _MINUTES_OF[unit] == 0)
    count = minutes // _MINUTES_OF[unit]
    return f"'rate({count} {unit}{'' if count == 1 else 's'})'"


def _of_cron(words: list[str]) -> str:
    if len(words) != 6:
        raise refused(
            f"'cron(...)' takes six fields (minutes hours day-of-month month day-of-week year), not "
            f"{len(words)}, such as 'cron(0 9 ? * MON-FRI *)'"
        )
    *five, year = words
    if five[2] == five[4] == "?" or not {"*", "?"} & {five[2], five[4]}:
        raise refused(
            "'cron(...)' names days in one of day-of-month and day-of-week and writes '?' in the other"
        )
    for day in (2, 4):
        five[day] = "*" if five[day] == "?" else five[day]
    text = " ".join(_field(field, word) for field, word in zip(_FIELDS, five, strict=True))
    if year != "*":
        raise refused(_dated(text, year))
    return text


def _dated(text: str, year: str) -> str:
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", year)
    bounds = "start_at and end_at"
    if match:
        bounds = f"start_at '{match[1]}-01-01T00:00:00Z' and end_at '{match[2] or match[1]}-12-31T23:59:59Z'"
    return f"the year '{year[:20]}' is not part of an expression here; write '{text}' with {bounds}"


def _field(field: Field, word: str) -> str:
    return ",".join(_item(field, item) for item in word.split(","))


def _item(field: Field, item: str) -> str:
    first, slash, step = item.partition("/")
    if field is WEEKDAY:
        first = _weekday(first)
    if slash and first in {str(field.low), field.names[0] if field is WEEKDAY else "*"}:
        first = "*"
    return first + slash + step


def _weekday(text: str) -> str:
    """Numbers from 1 (Sunday) as names; `L` is the last day of the week, `6L` the month's last Friday."""
    named = re.sub(r"(?<![0-9#])[0-9]+", _name, text)
    if named == "L":
        return "SAT"
    last = re.fullmatch(r"([A-Z]{3})L", named)
    return f"L{last[1]}" if last else named


def _name(match: re.Match[str]) -> str:
    number = int(match[0])
    if not 1 <= number <= len(WEEKDAY.names):
        raise refused(
            f"day-of-week: {match[0][:5]} is out of range; in 'cron(...)' they run from 1 (SUN) to 7 (SAT)"
        )
    return WEEKDAY.names[number - 1]
