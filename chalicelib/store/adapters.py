"""Pydantic's view of the domain's values, made when first needed: cold starts need few of them."""

from functools import cache
from threading import Lock
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
_building = Lock()  # pydantic does not build in two threads at once


@cache
def _made(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """Reads and writes values of one dataclass."""
    with _building:
        made: TypeAdapter[T] = _made(kind)  # type: ignore[arg-type]  # classes do hash
        return made
