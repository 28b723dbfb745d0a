"""The SQLite file that makes the engine durable: one transaction per API call, before its answer."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local import journal_schema as schema
from infra.local.data_directory import DataDirectory
from infra.local.head_file import HeadFile
from infra.local.statements import COUNT_CALL, Statement
from infra.local.verification import verified


class Journal:
    """The data files of one service. Not thread-safe: the engine calls it under its own lock.

    Raises CannotStart, in one line, for a directory or files that cannot be used.
    """

    def __init__(self, directory: Path, *, accept_loss: bool = False) -> None:
        """`accept_loss`: open a database that lacks the last acknowledged calls, and go on without them."""
        with contextlib.ExitStack() as undo:
            self._data = DataDirectory(directory)
            undo.callback(self._data.close)
            try:
                self._calls = verified(self._data, accept_loss=accept_loss)
                self._db = undo.enter_context(contextlib.closing(schema.connect(self._data.database)))
                schema.keep_tally(self._db)
                self._head = undo.enter_context(contextlib.closing(HeadFile(self._data.head, self._calls)))
                self._data.watch()
            except (sqlite3.DatabaseError, OSError) as error:
                raise self._data.damaged(error) from error
            self._undo = undo.pop_all()

    def commit(self, statements: list[Statement]) -> None:
        """Write one API call's changes, all or nothing, and that it is acknowledged.
        Raises sqlite3.Error or OSError; the call must not be acknowledged then, nor any after it."""
        db = self._db
        db.execute("BEGIN")
        try:
            for statement in statements:
                db.execute(*statement)
            db.execute(COUNT_CALL, (self._calls + 1,))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # a full disk has ended it already
                db.execute("ROLLBACK")
            raise
        self._calls += 1
        self._head.write(self._calls)
        self._data.require_file(self._calls)

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        self.commit([(schema.PUT_META, (key, value))])

    def items(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(table, item) for each item, in DynamoDB's own JSON."""
        yield from self._rows("SELECT tbl, item FROM items")

    def queues(self) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
        """(name, attributes, tags)."""
        yield from self._rows("SELECT name, attributes, tags FROM queues", decoded=2)

    def messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(queue, the engine's message) in the order of sending."""
        columns = "queue, receipt, visible_at, receives, first_receive_at, message"
        query = f"SELECT {columns} FROM messages ORDER BY place"  # noqa: S608 (constants)
        for queue, receipt, visible_at, receives, first, message in self._rows(query):
            state = {"receipt_handle": receipt, "visible_at": visible_at, "receive_count": receives}
            yield queue, {**message, **state, "first_receive_at": first}

    def _rows(self, query: str, *, decoded: int = 1) -> Iterator[Any]:
        """Rows whose last `decoded` columns are JSON."""
        try:
            for row in self._db.execute(query):
                yield (*row[:-decoded], *(json.loads(text) for text in row[-decoded:]))
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise self._data.damaged(error) from error

    def stored_item(self, table: str, pk: str, sk: str) -> dict[str, Any] | None:
        """What the file says, for the self-check."""
        query = "SELECT item FROM items WHERE tbl = ? AND pk = ? AND sk = ?"
        row = self._db.execute(query, (table, pk, sk)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def close(self) -> None:
        self._undo.close()
