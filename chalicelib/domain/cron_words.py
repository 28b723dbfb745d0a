"""What the owner of a cron expression should know about it, in plain words."""

from collections.abc import Iterator

from .cron import SEARCH_YEARS, Cron
from .cron_field import Choice
from .cron_text import DAYS_IN, Fields
from .dst import PLAIN, DstPolicy
from .dst_notes import dst_notes, policy_ignored
from .zones import DAY_MS

OFTEN = 288  # runs a day: more than every five minutes


def warnings(cron: Cron, zone: str, now: int, policy: DstPolicy = PLAIN) -> list[str]:
    """Surprises in the expression, and what the clock changes of the next year do to it."""
    return [
        *_unlikely(cron, zone, now),
        *_either_day(cron.fields),
        *_short_months(cron.fields),
        *_uneven_steps(cron.fields),
        *_frequency(cron.fields),
        *policy_ignored(cron, policy),
        *(note.text for note in dst_notes(cron, zone, policy, now=now, until=now + 366 * DAY_MS)),
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
    sized = ((fields.second, 60, "minute"), (fields.minute, 60, "hour"), (fields.hour, 24, "day"))
    for choice, size, unit in sized:
        step = _step(choice)
        if step and size % step:
            yield f"'{choice.text}' starts anew every {unit}: the last gap is {size % step}, not {step}."
    if _step(fields.day):
        yield f"'{fields.day.text}' starts anew on the 1st of every month."


def _step(choice: Choice) -> int | None:
    return int(choice.text[2:]) if choice.text.startswith("*/") and choice.text[2:].isdigit() else None


def _frequency(fields: Fields) -> Iterator[str]:
    minutes = len(fields.minute.values) * len(fields.hour.values)
    runs = len(fields.second.values) * minutes
    if fields.second.is_every:
        which = "" if minutes == 1440 else " of the minutes it names"
        yield f"It fires every second{which}, {runs} times a day; for one run a minute name one second."
    elif fields.minute.is_every and not fields.hour.is_every:
        each = "every minute of" if runs == minutes else f"{runs // minutes} times a minute in"
        yield (
            f"It fires {each} the hours '{fields.hour.text}', {runs} times a day; for one run an hour name "
            "one minute, such as '0'."
        )
    elif fields.minute.is_every and runs == minutes:
        yield "It fires every minute, 1440 times a day."
    elif runs > OFTEN:
        yield f"It fires {runs} times a day."
