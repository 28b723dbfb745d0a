"""Cron texts: five fields or an alias, read strictly and written canonically.

Canonical is upper case, single spaced, aliases spelled out, numbers without leading zeros, lists sorted and
without repeats: two texts that differ only in such things are the same schedule.
"""

from typing import NamedTuple

from . import cron_field
from .cron_field import FIELDS, Choice
from .cron_hints import ALIASES, miscounted, refused

MAX_LENGTH = 128
DAYS_IN = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


class Fields(NamedTuple):
    """The five choices."""

    minute: Choice
    hour: Choice
    day: Choice
    month: Choice
    weekday: Choice

    @property
    def text(self) -> str:
        """The canonical text."""
        return " ".join(choice.text for choice in self)


def read(text: object) -> Fields:
    """The five fields of a text; raises Invalid at /cron_expression with what was probably meant."""
    if not isinstance(text, str):
        raise refused(f"must be a string such as '*/5 * * * *', not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise refused(f"holds {len(text)} characters; at most {MAX_LENGTH} are read")
    words = text.split()
    if len(words) == 1:
        words = ALIASES.get(words[0].lower(), words[0]).split()
    if strange := [word for word in words if not word.isascii()]:
        raise refused(f"{strange[0][:20]!r} holds a character that is not plain ASCII")
    if len(words) != 5:
        raise refused(miscounted(words))
    choices = (cron_field.read(field, word.upper()) for field, word in zip(FIELDS, words, strict=True))
    fields = Fields(*choices)
    _refuse_impossible_dates(fields)
    return fields


def _refuse_impossible_dates(fields: Fields) -> None:
    """30 February, unless the weekday field lets it run on other days."""
    longest = max(DAYS_IN.get(month, 31) for month in fields.month.values)
    if fields.weekday.text == "*" and not fields.day.signs and min(fields.day.values) > longest:
        raise refused(
            f"never fires: no month of '{fields.month.text}' has a day {min(fields.day.values)} (the longest "
            f"has {longest}); for the last day of the month write 'L'"
        )
