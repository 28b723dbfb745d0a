"""Whether an expression fires at a time: asked of the calendar itself, without any search."""

from datetime import date, datetime, timedelta

from chalicelib.domain.cron_text import Fields


def matches(fields: Fields, shown: datetime) -> bool:
    """On a clock that shows this, to the second."""
    return (
        shown.second in fields.second.values
        and shown.minute in fields.minute.values
        and shown.hour in fields.hour.values
        and runs_on(fields, shown.date())
    )


def runs_on(fields: Fields, day: date) -> bool:
    """At some time of this day."""
    if day.month not in fields.month.values:
        return False
    in_month = day.day in fields.day.values or any(_in_month(sign, day) for sign in fields.day.signs)
    weekday = day.isoweekday() % 7
    in_week = weekday in fields.weekday.values or any(_in_week(sign, day) for sign in fields.weekday.signs)
    if "*" in (fields.day.text, fields.weekday.text):
        return (in_month or fields.day.text == "*") and (in_week or fields.weekday.text == "*")
    return in_month or in_week


def _in_month(sign: str, day: date) -> bool:
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if sign == "L":
        return day == last
    nearest = day.replace(day=min(int(sign[:-1]), last.day))
    if nearest.isoweekday() == 6:
        nearest += timedelta(days=2 if nearest.day == 1 else -1)
    elif nearest.isoweekday() == 7:
        nearest += timedelta(days=-2 if nearest == last else 1)
    return day == nearest


def _in_week(sign: str, day: date) -> bool:
    if sign.startswith("L"):
        return day.isoweekday() % 7 == int(sign[1:]) and (day + timedelta(days=7)).month != day.month
    weekday, nth = sign.split("#")
    return day.isoweekday() % 7 == int(weekday) and (day.day - 1) // 7 + 1 == int(nth)
