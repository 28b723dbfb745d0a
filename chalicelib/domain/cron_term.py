"""One item of a cron field, read strictly: a star, a value, a range, a step, or a sign such as L."""

import re
from collections.abc import Callable

from chalicelib.values import dataclass

from .cron_hints import probably, refused


@dataclass(frozen=True)
class Field:
    """The bounds of a field; `names` stand for the values from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def all_values(self) -> frozenset[int]:
        """Every value, each once (Sunday is 0)."""
        return frozenset(range(self.low, self.high + 1))


@dataclass(frozen=True)
class Term:
    """One item of a field's list: plain values, or a sign such as L, 15W, 5#3, L5 (as croniter spells it)."""

    text: str
    values: frozenset[int] = frozenset()
    sign: str | None = None


SECOND = Field("second", 0, 59)
MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day-of-month", 1, 31)
MONTH = Field(
    "month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
)
WEEKDAY = Field("day-of-week", 0, 6, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))


def read_term(field: Field, word: str) -> Term:
    """What one item (upper case) names; raises Invalid with what was probably meant."""
    for fields, pattern, reader in _SHAPES:
        if field in fields and (match := re.fullmatch(pattern, word)):
            return reader(field, *match.groups())
    raise refused(f"{field.name}: {probably(field.name, word)}")


def _value(field: Field, atom: str) -> int:
    """A number or name; in day-of-week 7 is let through for the caller to read as Sunday."""
    if atom in field.names:
        return field.low + field.names.index(atom)
    if not atom.isdigit():
        raise refused(f"{field.name}: {probably(field.name, atom)}")
    value = int(atom)
    if not field.low <= value <= field.high + (field is WEEKDAY):
        raise refused(
            f"{field.name}: {value if value < 10_000 else 'that'} is out of range; {_bounds(field)}"
        )
    return value


def _bounds(field: Field) -> str:
    said = {
        HOUR: "hours run from 0 to 23 (midnight is 0)",
        WEEKDAY: "days of the week run from 0 (Sunday) to 6 (Saturday), and 7 is Sunday again",
    }
    return said.get(field, f"it runs from {field.low} to {field.high}")


def _single(field: Field, atom: str) -> Term:
    value = _value(field, atom)
    value = 0 if field is WEEKDAY and value == 7 else value
    return Term(atom if atom in field.names else str(value), frozenset({value}))


def _star(field: Field) -> Term:
    return Term("*", field.all_values)


def _star_step(field: Field, step: str) -> Term:
    every, size = _step(field, step), len(field.all_values)
    if every >= size:
        raise refused(
            f"{field.name}: '*/{every}' steps past the end of the field ({field.low}-{field.high}) and would "
            f"only ever mean {field.low}; {_OVERSTEPPED[field]}"
        )
    if every == 1:
        return _star(field)
    return Term(f"*/{every}", frozenset(range(field.low, field.high + 1, every)))


_OVERSTEPPED = {
    SECOND: "for once a minute write '0'",
    MINUTE: "for once an hour write '0', for every other hour '0 */2 * * *'",
    HOUR: "for once a day write '0'",
    DAY: "for once a month write '1'",
    MONTH: "for once a year write '1'",
    WEEKDAY: "for once a week write '0' (Sunday)",
}


def _step(field: Field, step: str) -> int:
    if int(step) == 0:
        raise refused(f"{field.name}: a step of 0 never moves on; the smallest step is 1")
    return int(step)


def _range(field: Field, first: str, last: str, step: str | None = None) -> Term:
    low, high = _value(field, first), _value(field, last)
    if field is WEEKDAY and last == "SUN" and low > 0:
        high = 7
    start, end = _spelled(field, first, low), _spelled(field, last, high)
    if low == high:
        raise refused(f"{field.name}: the range '{start}-{end}' names one value only; write '{start}'")
    if low > high:
        raise refused(
            f"{field.name}: the range '{start}-{end}' runs backwards; {_unwrapped(field, low, high)}"
        )
    return _stepped(field, f"{start}-{end}", range(low, high + 1), _step(field, step or "1"))


def _spelled(field: Field, atom: str, value: int) -> str:
    return atom if atom in field.names else str(value)


def _unwrapped(field: Field, low: int, high: int) -> str:
    if low > field.high:  # 7-3
        return f"write '0-{high}'"
    head = str(low) if low == field.high else f"{low}-{field.high}"
    tail = str(high) if high == field.low else f"{field.low}-{high}"
    return f"to go past the end write '{head},{tail}', else '{high}-{low}'"


def _start_step(field: Field, first: str, step: str) -> Term:
    """Quartz' spelling `5/15`: from 5 to the end."""
    (low,) = _single(field, first).values
    text = f"{_spelled(field, first, low)}-{field.high}"
    return _stepped(field, text, range(low, field.high + 1), _step(field, step))


def _stepped(field: Field, text: str, span: range, step: int) -> Term:
    if step > span[-1] - span[0]:
        raise refused(
            f"{field.name}: a step of {step} over '{text}' only ever reaches {span[0]}; write '{span[0]}'"
        )
    values = frozenset(value % 7 if field is WEEKDAY else value for value in span[::step])
    return Term(text if step == 1 else f"{text}/{step}", values)


def _last_day(_field: Field) -> Term:
    return Term("L", sign="L")


def _nearest_weekday(field: Field, after: str | None, before: str | None) -> Term:
    text = f"{_value(field, after or before or '')}W"
    return Term(text, sign=text)


def _nth(field: Field, atom: str, nth: str) -> Term:
    day = _single(field, atom)
    if not 1 <= int(nth) <= 5:
        raise refused(f"{field.name}: '{atom}#{nth}' does not exist; write '{atom}#1' to '{atom}#5'")
    (value,) = day.values
    return Term(f"{day.text}#{int(nth)}", sign=f"{value}#{int(nth)}")


def _last_weekday(field: Field, atom: str) -> Term:
    day = _single(field, atom)
    (value,) = day.values
    return Term(f"L{value}", sign=f"L{value}")


_ATOM = "([0-9]+|[A-Z]{3})"
_ALL = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_SHAPES: tuple[tuple[tuple[Field, ...], str, Callable[..., Term]], ...] = (
    (_ALL, r"\*", _star),
    (_ALL, r"\*/([0-9]+)", _star_step),
    ((DAY,), "L", _last_day),
    ((DAY,), "([0-9]+)W|W([0-9]+)", _nearest_weekday),
    ((WEEKDAY,), f"{_ATOM}#([0-9]+)", _nth),
    ((WEEKDAY,), f"L{_ATOM}", _last_weekday),
    (_ALL, _ATOM, _single),
    (_ALL, f"{_ATOM}-{_ATOM}(?:/([0-9]+))?", _range),
    (_ALL, f"{_ATOM}/([0-9]+)", _start_step),
)
