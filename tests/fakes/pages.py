"""Lists as DynamoDB would page them."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.domain.errors import Invalid
from chalicelib.domain.ids import clock_shard
from chalicelib.services.ports import DueRow, Page

T = TypeVar("T")
FOREIGN = "is not one that this list answered; leave it out to start over"


def paged(rows: Sequence[T], *, limit: int, cursor: str | None, of: str) -> Page[T]:
    """Cursors count the rows of one list; like DynamoDB's, one that it never gave out is refused."""
    start = 0
    if cursor is not None:
        try:
            known = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            start = {of: int(known["after"])}[known["of"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Invalid.at("cursor", FOREIGN) from None
    part = tuple(rows[start : start + limit])
    after = json.dumps({"of": of, "after": start + limit}).encode()
    more = start + limit < len(rows)
    return Page(part, base64.urlsafe_b64encode(after).decode().rstrip("=") if more else None)


def after_key(of: str, key: Any) -> str:
    """A cursor that holds a key, as DynamoDB's do: rows that go between two pages move none."""
    return base64.urlsafe_b64encode(json.dumps([of, key]).encode()).decode()


def key_after(cursor: str, of: str) -> Any:
    """The key that a cursor of this list holds."""
    try:
        return dict([json.loads(base64.urlsafe_b64decode(cursor))])[of]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid.at("cursor", FOREIGN) from None


def due_rows(rows: Mapping[str, Any], shard: int, until: int, limit: int, cursor: str | None) -> Page[DueRow]:
    """One page of a clock's shard, soonest first."""
    due = [DueRow(k, r.due_at) for k, r in rows.items() if r.due_at is not None and r.due_at <= until]
    mine = [row for row in due if clock_shard(row.row_id) == shard]
    of = f"clock {shard} of {sorted({type(row).__name__ for row in rows.values()})}"
    return paged(sorted(mine, key=lambda row: row.due_at), limit=limit, cursor=cursor, of=of)
