"""One page of a query or scan, and opaque cursors: the last evaluated key of DynamoDB, base64 of JSON."""

import base64
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import Index
from pynamodb.models import Model
from pynamodb.pagination import ResultIterator

from chalicelib.domain.errors import Invalid

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
    attributes = {a.attr_name: a for a in _key_of(listed)}
    if not isinstance(key, dict) or key.keys() != attributes.keys():
        raise _unknown()
    if not all(_is_value(key[name], attribute) for name, attribute in attributes.items()):
        raise _unknown()
    hash_key = listed._hash_key_attribute()
    if partition is not None and key[hash_key.attr_name] != {hash_key.attr_type: hash_key.serialize(partition)}:
        raise _unknown()
    return key


def _unknown() -> Invalid:
    return Invalid.at("cursor", "is not one that this list answered; leave it out to start over")


def _key_of(listed: Listed[Any]) -> Iterable[Attribute[Any]]:
    """What a last evaluated key holds: the table's key, and the index's own."""
    if not isinstance(listed, Index):
        return [a for a in listed.get_attributes().values() if a.is_hash_key or a.is_range_key]
    own = [a for a in vars(type(listed)).values() if isinstance(a, Attribute)]
    return [*own, *_key_of(listed.Meta.model)]


def _is_value(value: Any, attribute: Attribute[Any]) -> bool:
    """One raw value of the attribute's type."""
    if not isinstance(value, dict) or value.keys() != {attribute.attr_type}:
        return False
    text = value[attribute.attr_type]
    if not isinstance(text, str) or attribute.attr_type == "S":
        return isinstance(text, str) and text != ""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
