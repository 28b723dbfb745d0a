"""A cron expression in plain English: what reads the same fires at the same times.

The words follow the values that the fields name, not how they are spelled: `0-59/5` and `*/5` read alike.
They speak of what clocks show; what happens where clocks change is told by the warnings.
"""

import calendar
from collections.abc import Callable, Iterable

from .cron_field import Choice
from .cron_text import Fields

_TIMES = 6  # times of day that are spelled out, before they are told as minutes and hours
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def english(fields: Fields) -> str:
    """Such as "at 09:00 on Monday to Friday"; begins in lower case, without a full stop."""
    return " ".join(part for part in (_time(fields), _days(fields), _months(fields.month)) if part)


def _time(fields: Fields) -> str:
    if (times := _times_of_day(fields)) is not None:
        return times if _is_bound(fields) else f"{times} every day"
    if sorted(fields.second.values) == [0]:
        return _minutes(fields)
    seconds = _repeated(fields.second, "second") or f"at {_nth(fields.second, 'second')}"
    if fields.minute.is_every and fields.hour.is_every:
        return seconds if seconds.startswith("every") else f"{seconds} of every minute"
    return f"{seconds} of {_nth(fields.minute, 'minute')}{_past(fields.hour)}"


def _times_of_day(fields: Fields) -> str | None:
    chosen = [sorted(choice.values) for choice in (fields.hour, fields.minute, fields.second)]
    hours, minutes, seconds = chosen
    if len(hours) * len(minutes) * len(seconds) > _TIMES:
        return None
    clock = "{:02}:{:02}" if seconds == [0] else "{:02}:{:02}:{:02}"
    return "at " + _listed(clock.format(h, m, s) for h in hours for m in minutes for s in seconds)


def _is_bound(fields: Fields) -> bool:
    """On some days only."""
    return bool(_days(fields) or _months(fields.month))


def _minutes(fields: Fields) -> str:
    every, hours = _repeated(fields.minute, "minute"), sorted(fields.hour.values)
    if every and fields.hour.is_every:
        return every
    if every and hours[-1] - hours[0] == len(hours) - 1:
        return f"{every} from {hours[0]:02}:00 to {hours[-1]:02}:59"
    return f"at {_nth(fields.minute, 'minute')}{_past(fields.hour)}"


def _past(hour: Choice) -> str:
    return f" past {_nth(hour, 'hour')}"


def _repeated(choice: Choice, unit: str) -> str | None:
    """'every 5 minutes', where the steps fill sixty evenly."""
    step = _even_step(choice, 60)
    return None if step is None else f"every {unit}" if step == 1 else f"every {step} {unit}s"


def _nth(choice: Choice, unit: str) -> str:
    """'minute 0 and 30', 'every 2nd hour', 'every 7th minute from 0 to 56'."""
    step = _even_step(choice, 24 if unit == "hour" else 60)
    if step is not None and len(choice.values) > 2:
        return f"every {unit}" if step == 1 else f"every {_ordinal(step)} {unit}"
    return _progression(choice.values, unit) or f"{unit} {_spans(choice.values, str)}"


def _even_step(choice: Choice, size: int) -> int | None:
    values = sorted(choice.values)
    step = size // len(values)
    return step if values == list(range(0, size, step)) and step < size and size % step == 0 else None


def _progression(values: Iterable[int], unit: str) -> str | None:
    ordered = sorted(values)
    step = ordered[1] - ordered[0] if len(ordered) > 3 else 1
    if step == 1 or ordered != list(range(ordered[0], ordered[-1] + 1, step)):
        return None
    return f"every {_ordinal(step)} {unit} from {ordered[0]} to {ordered[-1]}"


def _days(fields: Fields) -> str:
    day, weekday = fields.day, fields.weekday
    wanted = [choice for choice in (day, weekday) if choice.text != "*"]
    if any(choice.is_every for choice in wanted):  # a day matches when either field does
        return ""
    either = [_days_of_month(day)] if day in wanted else []
    return " or ".join([*either, *([_weekdays(weekday)] if weekday in wanted else [])])


def _days_of_month(day: Choice) -> str:
    signs = [_day_sign(sign) for sign in sorted(day.signs)]
    if not day.values:
        return "on " + _listed(signs)
    plain = _progression(day.values, "day") or f"day {_spans(day.values, str)}"
    return "on " + _listed([f"{plain} of the month", *signs])


def _day_sign(sign: str) -> str:
    if sign == "L":
        return "the last day of the month"
    return f"the working day nearest to day {sign.rstrip('W')} of the month"


def _weekdays(weekday: Choice) -> str:
    from_monday = [(value - 1) % 7 for value in weekday.values]
    plain = _spanned(from_monday, calendar.day_name.__getitem__)
    return "on " + _listed([*plain, *(_weekday_sign(sign) for sign in sorted(weekday.signs))])


def _weekday_sign(sign: str) -> str:
    day, _, nth = sign.partition("#")
    name = calendar.day_name[(int(day.lstrip("L")) - 1) % 7]
    return f"the {_ordinal(int(nth)) if nth else 'last'} {name} of the month"


def _months(month: Choice) -> str:
    return "" if month.is_every else f"in {_spans(month.values, calendar.month_name.__getitem__)}"


def _spans(values: Iterable[int], name: Callable[[int], str]) -> str:
    """'1, 3 to 5 and 7'."""
    return _listed(_spanned(values, name))


def _spanned(values: Iterable[int], name: Callable[[int], str]) -> list[str]:
    """Three or more in a row are a span."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    said: list[str] = []
    for run in runs:
        said += map(name, run) if len(run) < 3 else [f"{name(run[0])} to {name(run[-1])}"]
    return said


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _ordinal(number: int) -> str:
    return f"{number}{'th' if number in (11, 12, 13) else _ORDINALS.get(number % 10, 'th')}"
