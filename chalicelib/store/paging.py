"""One page of a query or scan, and opaque cursors: the last evaluated key of DynamoDB, base64 of JSON."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import Index
from pynamodb.models import Model
from pynamodb.pagination import ResultIterator

from chalicelib.domain.errors import unknown_cursor

M = TypeVar("M", bound=Model)
Listed = type[M] | Index[M]


def queried(
    listed: Listed[M],
    partition: str | int,
    condition: Condition | None = None,
    *,
    limit: int,
    cursor: str | None,
    newest_first: bool = False,
) -> tuple[list[M], str | None]:
    """One page of a partition of a table or an index, and the cursor after it."""
    results: ResultIterator[M] = listed.query(
        partition,
        condition,
        scan_index_forward=not newest_first,
        limit=limit,
        page_size=limit,
        last_evaluated_key=decoded(cursor, listed, partition),
    )
    return list(results), encoded(results.last_evaluated_key)


def scanned(listed: Listed[M], *, limit: int, cursor: str | None) -> tuple[list[M], str | None]:
    """One page through a whole table or index, and the cursor after it."""
    results: ResultIterator[M] = listed.scan(
        limit=limit, page_size=limit, last_evaluated_key=decoded(cursor, listed)
    )
    return list(results), encoded(results.last_evaluated_key)


def encoded(key: Mapping[str, Any] | None) -> str | None:
    """The cursor after a page; None when it was the last."""
    return None if not key else base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decoded(
    cursor: str | None, listed: Listed[Any], partition: str | int | None = None
) -> dict[str, Any] | None:
    """The key to go on from; raises Invalid for what this list never gave out.

    DynamoDB would refuse a key of another table, index or partition as our own mistake.
    """
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, dict) or not _fits(key, listed, partition):
        raise unknown_cursor()
    return key


def _fits(key: dict[str, Any], listed: Listed[Any], partition: str | int | None) -> bool:
    attributes = {a.attr_name: a for a in _key_of(listed)}
    if key.keys() != attributes.keys():
        return False
    if not all(_is_value(key[name], attribute) for name, attribute in attributes.items()):
        return False
    first = listed._hash_key_attribute()
    return partition is None or key[first.attr_name] == {first.attr_type: first.serialize(partition)}


def _key_of(listed: Listed[Any]) -> list[Attribute[Any]]:
    """What a last evaluated key holds: the table's key, and the index's own."""
    if not isinstance(listed, Index):
        return [a for a in listed.get_attributes().values() if a.is_hash_key or a.is_range_key]
    return [*listed.Meta.attributes.values(), *_key_of(listed._model)]


def _is_value(value: Any, attribute: Attribute[Any]) -> bool:
    """One raw value of the attribute's type; all our number keys are whole."""
    if not isinstance(value, dict) or value.keys() != {attribute.attr_type}:
        return False
    text = value[attribute.attr_type]
    if not isinstance(text, str):
        return False
    pattern = r"-?[0-9]{1,38}" if attribute.attr_type == "N" else r"[^\ud800-\udfff]{1,1024}"
    return re.fullmatch(pattern, text, re.DOTALL) is not None
