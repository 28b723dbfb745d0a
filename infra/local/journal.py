"""The SQLite file that makes the engine durable: one transaction per API call, before its answer."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.problems import CannotStart

FORMAT = 1
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE items (tbl TEXT, pk TEXT, sk TEXT, item TEXT NOT NULL, PRIMARY KEY (tbl, pk, sk));
CREATE TABLE queues (name TEXT PRIMARY KEY, attributes TEXT NOT NULL, tags TEXT NOT NULL);
CREATE TABLE messages (place INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, receipt TEXT,
                       visible_at REAL NOT NULL, receives INTEGER NOT NULL, first_receive_at REAL,
                       message TEXT NOT NULL, UNIQUE (queue, id));
CREATE INDEX messages_by_receipt ON messages (queue, receipt);
INSERT INTO meta VALUES ('format', '{FORMAT}');
"""  # noqa: S608 (a constant)
PUT_ITEM = "INSERT INTO items VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET item = excluded.item"
DROP_ITEM = "DELETE FROM items WHERE tbl = ? AND pk = ? AND sk = ?"
PUT_QUEUE = (
    "INSERT INTO queues VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
    " SET attributes = excluded.attributes, tags = excluded.tags"
)
DROP_QUEUE = "DELETE FROM queues WHERE name = ?"
PURGE_QUEUE = "DELETE FROM messages WHERE queue = ?"
ADD_MESSAGE = (
    "INSERT OR REPLACE INTO messages (queue, id, receipt, visible_at, receives, first_receive_at, message)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
TOUCH_MESSAGE = (
    "UPDATE messages SET receipt = ?, visible_at = ?, receives = ?, first_receive_at = ?"
    " WHERE queue = ? AND id = ?"
)
HIDE_MESSAGE = "UPDATE messages SET visible_at = ? WHERE queue = ? AND receipt = ?"
DROP_MESSAGE = "DELETE FROM messages WHERE queue = ? AND id = ?"
DROP_RECEIPT = "DELETE FROM messages WHERE queue = ? AND receipt = ?"

Statement = tuple[str, tuple[Any, ...]]


class Journal:
    """The data file of one service. Not thread-safe: the engine calls it under its own lock.

    Raises CannotStart, in one line, for a directory or file that cannot be used.
    """

    def __init__(self, directory: Path) -> None:
        self.file = directory / "ains.sqlite"
        self._lock = _lock_directory(directory)
        try:
            self._db = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise _damaged(self.file, error) from error
        except CannotStart:
            self.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        # NORMAL: a commit survives the death of the process; only power loss may take the last ones.
        self._db.execute("PRAGMA synchronous = NORMAL")
        verdict = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        if not self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            self._db.executescript(f"BEGIN; {SCHEMA} COMMIT;")
        if (found := self.meta("format")) != str(FORMAT):
            raise CannotStart(
                f"the data file {self.file} has format {found}, this version reads format {FORMAT}:"
                " run the version that wrote it, or choose another --data-dir"
            )

    def commit(self, statements: list[Statement]) -> None:
        """Write one API call's changes, all or nothing."""
        db = self._db
        if len(statements) == 1:  # SQLite makes a lone statement a transaction by itself
            db.execute(*statements[0])
            return
        db.execute("BEGIN")
        try:
            for statement in statements:
                db.execute(*statement)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

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
            raise _damaged(self.file, error) from error

    def stored_item(self, table: str, pk: str, sk: str) -> dict[str, Any] | None:
        """What the file says, for the self-check."""
        query = "SELECT item FROM items WHERE tbl = ? AND pk = ? AND sk = ?"
        row = self._db.execute(query, (table, pk, sk)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def close(self) -> None:
        self._db.close()
        self._lock.close()


def _lock_directory(directory: Path) -> Any:
    """Hold the directory for this process; the kernel lets go when it dies, however it dies."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / "ains.lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"cannot write to the data directory {directory} ({error.strerror}):"
            " choose another with --data-dir"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise CannotStart(
            f"the data directory {directory} is in use by a running service (pid {holder}):"
            " stop that one, or choose another --data-dir"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _damaged(file: Path, error: Exception) -> CannotStart:
    if "locked" in str(error):
        return CannotStart(
            f"the data file {file} is open in another program: close that one, then start again"
        )
    if "readonly" in str(error) or "unable to open" in str(error):
        return CannotStart(f"cannot write to the data file {file} ({error}): choose another with --data-dir")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return CannotStart(
        f"the data file {file} is damaged ({reason}): move it away to start empty, or restore a copy"
    )
