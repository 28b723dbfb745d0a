"""Wire JSON into frozen dataclasses: unknown fields are skipped, missing ones take their default."""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from agent_client.errors import BadAnswer

T = TypeVar("T")


def decode(kind: type[T], data: Any) -> T:
    """Raises BadAnswer when `data` is no object, or lacks what `kind` cannot do without."""
    if not isinstance(data, Mapping):
        raise BadAnswer(f"expected a {kind.__name__} object, got {type(data).__name__}")
    try:
        values = {
            name: _value(hint, data[name])
            for name, hint in _hints(cast(Hashable, kind)).items()
            if name in data
        }
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise BadAnswer(f"cannot read the answer as {kind.__name__}: {error}") from error


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not types.NoneType)
    if hint is datetime:
        return moment(value)
    if is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, value)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    return value


def moment(value: str | int | float) -> datetime:
    """ISO-8601, or milliseconds since 1970."""
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return datetime.fromtimestamp(value / 1000, UTC)
