"""Cron texts: five fields, six with seconds, an alias or AWS' notation, read strictly, written canonically.

Canonical is upper case, single spaced, aliases spelled out, AWS' notation translated, numbers without leading
zeros, lists sorted and without repeats: two texts that differ only in such things are the same schedule. `H`
stays in it, as what it stands for follows from the schedule's id.
"""

from enum import StrEnum
from typing import NamedTuple

from . import cron_aws, cron_field, cron_hash
from .cron_field import FIELDS, Choice
from .cron_hints import ALIASES, miscounted, refused
from .cron_term import Field

MAX_LENGTH = 128
DAYS_IN = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


class CronFormat(StrEnum):
    """How many fields an expression has; nobody can tell from six what the first one is."""

    STANDARD = "standard"  # minute hour day-of-month month day-of-week
    SECONDS = "seconds"  # the same after a field for the second


class Fields(NamedTuple):
    """The choices; the second is '0' where it is not written."""

    second: Choice
    minute: Choice
    hour: Choice
    day: Choice
    month: Choice
    weekday: Choice

    def text(self, form: CronFormat) -> str:
        """The plain text of these choices."""
        return " ".join(choice.text for choice in self[form is CronFormat.STANDARD :])


def read(text: object, form: CronFormat, *, seed: str) -> tuple[str, Fields]:
    """The canonical text, and the fields in which the seed decides what `H` is.

    Raises Invalid at /cron_expression with what was probably meant.
    """
    words = _words(text, form)
    first = 0 if form is CronFormat.SECONDS else 1
    read_fields = [
        _field(field, word.upper(), seed) for field, word in zip(FIELDS[first:], words, strict=True)
    ]
    canonical = " ".join(shown for shown, _ in read_fields)
    if len(canonical) > MAX_LENGTH:
        raise refused(f"holds {len(canonical)} characters when spelled out; at most {MAX_LENGTH} are kept")
    fields = Fields(*[_ON_THE_MINUTE] * first, *(choice for _, choice in read_fields))
    _refuse_impossible_dates(fields)
    return canonical, fields


def _words(text: object, form: CronFormat) -> list[str]:
    if not isinstance(text, str):
        raise refused(f"must be a string such as '*/5 * * * *', not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise refused(f"holds {len(text)} characters; at most {MAX_LENGTH} are read")
    written = text.split()
    words = cron_aws.translated(text).split()
    if len(words) == 1:
        words = ALIASES.get(words[0].lower(), words[0]).split()
    if strange := [word for word in words if not word.isascii()]:
        raise refused(f"{strange[0][:20]!r} holds a character that is not plain ASCII")
    in_seconds = form is CronFormat.SECONDS
    if in_seconds and words != written:  # aliases and AWS' notation speak of whole minutes
        words = ["0", *words]
    if len(words) != 5 + in_seconds:
        raise refused(miscounted(words, in_seconds=in_seconds))
    return words


def _field(field: Field, word: str, seed: str) -> tuple[str, Choice]:
    """A field's canonical text and, with `H` replaced, its choice."""
    hashed, plain = cron_hash.split(word)
    if not hashed:
        choice = cron_field.read(field, word)
        return choice.text, choice
    texts, items = zip(*(cron_hash.read(field, item, seed=seed) for item in hashed), strict=True)
    rest = [cron_field.read(field, ",".join(plain)).text] if plain else []
    return ",".join([*sorted(set(texts)), *rest]), cron_field.read(field, ",".join([*items, *plain]))


_ON_THE_MINUTE = cron_field.read(FIELDS[0], "0")


def _refuse_impossible_dates(fields: Fields) -> None:
    """30 February, unless the weekday field lets it run on other days."""
    longest = max(DAYS_IN.get(month, 31) for month in fields.month.values)
    if fields.weekday.text == "*" and not fields.day.signs and min(fields.day.values) > longest:
        raise refused(
            f"never fires: no month of '{fields.month.text}' has a day {min(fields.day.values)} (the longest "
            f"has {longest}); for the last day of the month write 'L'"
        )
