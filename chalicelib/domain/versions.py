"""Versions of a capability: what an agent registered with it, and the range that a task asks for."""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Version = tuple[int, ...]
Bound = tuple[Callable[[Version, Version], bool], Version]

MOST_BOUNDS = 4
_VERSION = re.compile(r"v?[0-9]{1,9}(\.[0-9]{1,9}){0,4}")
_BOUND = re.compile(r"(>=|<=|==|!=|>|<)\s*(\S+)")
_OPERATORS: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


def parsed(text: str) -> Version | None:
    """The numbers of a version such as 1.2.3, without zeros at the end; None where it is not of that form."""
    if not _VERSION.fullmatch(text):
        return None
    numbers = [int(part) for part in text.removeprefix("v").split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@lru_cache(maxsize=1_024)
def bounds(text: str) -> tuple[Bound, ...]:
    """The comparisons of a range such as >=1.2,<2; raises ValueError saying what would be right."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MOST_BOUNDS:
        raise ValueError(f"has {len(parts)} comparisons; at most {MOST_BOUNDS} are allowed")
    return tuple(map(_bound, parts))


def _bound(part: str) -> Bound:
    matched = _BOUND.fullmatch(part)
    if matched is None:
        raise ValueError(
            f"{part!r} is not a comparison: write >=, >, <=, <, == or != and a version, such as '>=1.2,<2'"
        )
    version = parsed(matched[2])
    if version is None:
        raise ValueError(f"{matched[2]!r} is not a version: write numbers with dots, such as 1.2 or 1.2.3")
    return _OPERATORS[matched[1]], version


def admits(wanted: str, version: str) -> bool:
    """Whether a version lies in a range; one that is not made of numbers lies in none."""
    numbers = parsed(version)
    return numbers is not None and all(holds(numbers, bound) for holds, bound in bounds(wanted))
