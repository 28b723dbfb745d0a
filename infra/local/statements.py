"""The journal's writes: what one API call changes is a list of these, each with its arguments."""

from __future__ import annotations

from typing import Any

PUT_ITEM = (
    "INSERT INTO items VALUES (?1, ?2, ?3, ?4, seal(?1, ?2, ?3, ?4))"
    " ON CONFLICT DO UPDATE SET item = excluded.item, seal = excluded.seal"
)
DROP_ITEM = "DELETE FROM items WHERE tbl = ? AND pk = ? AND sk = ?"
PUT_QUEUE = (
    "INSERT INTO queues VALUES (?1, ?2, ?3, seal(?1, ?2, ?3)) ON CONFLICT DO UPDATE"
    " SET attributes = excluded.attributes, tags = excluded.tags, seal = excluded.seal"
)
DROP_QUEUE = "DELETE FROM queues WHERE name = ?"
PURGE_QUEUE = "DELETE FROM messages WHERE queue = ?"
ADD_MESSAGE = (
    "INSERT OR REPLACE INTO messages"
    " (queue, id, receipt, visible_at, receives, first_receive_at, message, seal)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, seal(?1, ?2, ?3, ?4, ?5, ?6, ?7))"
)
TOUCH_MESSAGE = (
    "UPDATE messages SET receipt = ?1, visible_at = ?2, receives = ?3, first_receive_at = ?4,"
    " seal = seal(queue, id, ?1, ?2, ?3, ?4, message) WHERE queue = ?5 AND id = ?6"
)
HIDE_MESSAGE = (
    "UPDATE messages SET visible_at = ?1,"
    " seal = seal(queue, id, receipt, ?1, receives, first_receive_at, message)"
    " WHERE queue = ?2 AND receipt = ?3"
)
DROP_MESSAGE = "DELETE FROM messages WHERE queue = ? AND id = ?"
DROP_RECEIPT = "DELETE FROM messages WHERE queue = ? AND receipt = ?"
COUNT_CALL = "UPDATE tally SET calls = ?"

Statement = tuple[str, tuple[Any, ...]]
