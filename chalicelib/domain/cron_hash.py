"""`H` in a cron field: a value that the schedule's id decides, so that many schedules do not run at once.

`H` is one value of the field (in day-of-month 1 to 28, which every month has), `H(0-29)` one of a range,
`H/15` and `H(0-29)/10` every 15th or 10th from a start spread likewise. What an id gets must never change:
stored schedules keep the `H`, and every reading has to resolve it alike.
"""

import hashlib
import re

from . import cron_field
from .cron_hints import refused
from .cron_term import DAY, Field

_SHAPE = re.compile(r"H(?:\((\w+-\w+)\))?(?:/([0-9]+))?")
_IN_EVERY_MONTH = 28


def split(word: str) -> tuple[list[str], list[str]]:
    """The items of a field's list that are hashed, and the others."""
    items = word.split(",")
    return [item for item in items if item.startswith("H")], [i for i in items if not i.startswith("H")]


def read(field: Field, item: str, *, seed: str) -> tuple[str, str]:
    """The canonical text of an item (upper case), and the plain one it stands for; raises Invalid."""
    match = _SHAPE.fullmatch(item)
    if match is None:
        raise refused(
            f"{field.name}: '{item[:40]}' cannot be read; a value spread by the schedule's id is 'H', "
            "'H(0-29)', 'H/15' or 'H(0-29)/10'"
        )
    span = cron_field.read(field, match[1]) if match[1] else None
    values = _values(field) if span is None else sorted(span.values)
    text = "H" if span is None else f"H({span.text})"
    chosen = _hash(field, seed)
    if match[2] is None:
        return text, str(values[chosen % len(values)])
    step = _step(field, text, int(match[2]), len(values))
    kept = values[chosen % step :: step]
    return f"{text}/{step}", _plain(kept, step)


def _values(field: Field) -> list[int]:
    return [value for value in sorted(field.all_values) if field is not DAY or value <= _IN_EVERY_MONTH]


def _hash(field: Field, seed: str) -> int:
    digest = hashlib.sha256(f"{field.name}#{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _step(field: Field, text: str, step: int, size: int) -> int:
    if step < 2:
        raise refused(f"{field.name}: '{text}/{step}' spreads nothing; the smallest step is 2")
    if 2 * step > size:
        raise refused(
            f"{field.name}: '{text}/{step}' would name one value or two, as the id happens to fall; "
            f"for one write '{text}'"
        )
    return step


def _plain(values: list[int], step: int) -> str:
    if len(values) > 2 and values[-1] - values[0] == step * (len(values) - 1):
        return f"{values[0]}-{values[-1]}/{step}"
    return ",".join(map(str, values))
