"""Opaque cursors: the last evaluated key of DynamoDB, base64 of JSON."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pynamodb.models import Model
from pynamodb.pagination import ResultIterator

from chalicelib.domain.errors import Invalid

M = TypeVar("M", bound=Model)


def encoded(key: Mapping[str, Any] | None) -> str | None:
    """The cursor after a page; None when it was the last."""
    return None if not key else base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decoded(cursor: str | None) -> dict[str, Any] | None:
    """The key to go on from; raises Invalid for what this service never gave out."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, dict) or not key or not all(isinstance(v, dict) for v in key.values()):
        raise Invalid.at("cursor", "is not one that this list answered; leave it out to start over")
    return key


def drained(results: ResultIterator[M]) -> tuple[list[M], str | None]:
    """The rows of one page and the cursor after it."""
    rows = list(results)
    return rows, encoded(results.last_evaluated_key)
