"""An operation as the tests of bad input see it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Door:
    """An operation, a request to it that is fine, and what each of its fields must not hold."""

    method: str
    url: str
    fine: dict[str, Any]
    fields: dict[str, tuple[Any, ...]]
    required: tuple[str, ...] = ()
