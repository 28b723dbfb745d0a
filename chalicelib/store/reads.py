"""One consistent read over several tables, which PynamoDB's models cannot express."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import GetError
from pynamodb.models import Model

M = TypeVar("M", bound=Model)
BATCH = 100
TRIES = 8
STEP_S = 0.01


def batch_get(
    connection: Connection,
    wanted: Sequence[tuple[type[M], Sequence[Any]]],
    *,
    consistent: bool = True,
    pause: Callable[[float], None] = time.sleep,
) -> dict[type[M], list[M]]:
    """Rows by model, in the order asked; unknown keys are left out, unprocessed ones asked for again.

    Keys are a hash key, or a tuple of hash and range key; at most 100 in all. Raises GetError when a
    throttled table leaves keys unprocessed time after time.
    """
    requests = {model.Meta.table_name: _request(model, keys, consistent) for model, keys in wanted if keys}
    model_by_table = {model.Meta.table_name: model for model, _ in wanted}
    found: dict[type[M], dict[tuple[Any, ...], M]] = {model: {} for model, _ in wanted}
    in_vain = 0
    while requests:
        answer = connection.dispatch("BatchGetItem", {"RequestItems": requests})
        for table, items in answer["Responses"].items():
            model = model_by_table[table]
            rows = [model.from_raw_data(item) for item in items]
            found[model] |= {_key_of(row): row for row in rows}
        requests = answer.get("UnprocessedKeys") or {}
        in_vain = 0 if any(answer["Responses"].values()) else in_vain + 1
        if requests and in_vain:
            _rest(in_vain, requests, pause)
    return {
        model: [found[model][_as_tuple(key)] for key in keys if _as_tuple(key) in found[model]]
        for model, keys in wanted
    }


def _rest(in_vain: int, requests: dict[str, Any], pause: Callable[[float], None]) -> None:
    if in_vain == TRIES:
        raise GetError(f"{TRIES} reads in a row left every key of {', '.join(requests)} unprocessed")
    pause(STEP_S * 2**in_vain)


def rows_of(
    connection: Connection, model: type[M], keys: Sequence[Any], *, consistent: bool = True
) -> list[M]:
    """Rows of one table, however many, each once, in the order asked; unknown keys are left out."""
    unique = list(dict.fromkeys(keys))
    parts = (unique[start : start + BATCH] for start in range(0, len(unique), BATCH))
    return [
        row for part in parts for row in batch_get(connection, [(model, part)], consistent=consistent)[model]
    ]


def _as_tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _key_of(row: Model) -> tuple[Any, ...]:
    names = [name for name in (row._hash_keyname, row._range_keyname) if name]
    return tuple(getattr(row, name) for name in names)


def _request(model: type[Model], keys: Sequence[Any], consistent: bool) -> dict[str, Any]:
    def attributes(key: Any) -> dict[str, Any]:
        hash_key, range_key = (*_as_tuple(key), None)[:2]
        return model.get_operation_kwargs_from_class(hash_key, range_key=range_key)["Key"]  # type: ignore[no-any-return]

    unique = list(dict.fromkeys(map(_as_tuple, keys)))
    return {"Keys": [attributes(key) for key in unique], "ConsistentRead": consistent}
