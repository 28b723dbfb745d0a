"""At every start: are the data files whole, and do they end with the last acknowledged call?

SQLite alone would take a log that was cut, or an older copy, for the whole truth. Nothing is written here
before all is proved, so that what is found damaged can still be repaired from a copy.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3

from infra.local import head_file
from infra.local import journal_schema as schema
from infra.local.data_directory import DataDirectory
from infra.local.head_file import Head, HeadFile
from infra.local.problems import CannotStart

SMALLEST = 512  # bytes: what is shorter SQLite takes for a new database, and throws its log away
LOG = logging.getLogger(__name__)


def verified(data: DataDirectory, *, accept_loss: bool) -> int:
    """The number of the last call in the database; makes the files of a new directory, migrates old ones.

    With `accept_loss` a database that is whole but may lack the last acknowledged calls is taken as it is.
    Raises CannotStart for everything else that is not as it was left, and sqlite3.DatabaseError."""
    head = head_file.read(data.head)
    size = data.database.stat().st_size if data.database.exists() else None
    if size is None or size < SMALLEST:
        _require_new(data, head, size)
        HeadFile(data.head, 0).close()  # first: a database without it is one that lost it
        schema.create(data.database)
        return 0
    with contextlib.closing(schema.connect_read_only(data.database)) as db:
        _require_whole_pages(db)
        calls = _checked_calls(data, db) if _format(data, db) == schema.FORMAT else None
    if calls is None:
        _migrate(data, head)
        return 0
    _settle(data, head, _doubt(data, calls, head), accept_loss=accept_loss)
    return calls


def _require_new(data: DataDirectory, head: Head | None, size: int | None) -> None:
    """Raises CannotStart when anything says that there was a database here."""
    log_size = data.log.stat().st_size if data.log.exists() else 0
    is_first = head is None or (head.is_whole and head.most == 0)  # zero: killed before it made the database
    if size is None and is_first and not log_size:
        return
    state = "missing" if size is None else f"cut to {size} bytes"
    raise CannotStart(
        f"the data file {data.database} is {state}, and this directory is not new:"
        f" restore a copy of {data.path}, or move it away to start empty"
    )


def _require_whole_pages(db: sqlite3.Connection) -> None:
    verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _migrate(data: DataDirectory, head: Head | None) -> None:
    if head is not None and not (head.is_whole and head.most == 0):
        raise data.damaged(f"it says that it is of format 1, which had no {data.head.name}")
    HeadFile(data.head, 0).close()
    schema.migrate(data.database)
    LOG.warning("the data file %s was of format 1 and is now of format %d", data.database, schema.FORMAT)


def _settle(data: DataDirectory, head: Head | None, doubt: str, *, accept_loss: bool) -> None:
    if doubt and not accept_loss:
        raise CannotStart(
            f"{doubt}: restore a copy of the whole directory, or give up what is missing with --accept-loss"
        )
    if doubt:
        LOG.warning("%s: given up, as --accept-loss says", doubt)
    elif head is not None and not head.is_whole:
        LOG.warning("%s was damaged, but nothing is missing: it is written anew", data.head)


def _format(data: DataDirectory, db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    found = str(row[0]) if row else "none"
    if found not in {"1", str(schema.FORMAT)}:
        raise CannotStart(
            f"the data file {data.database} has format {found}, this version reads format {schema.FORMAT}:"
            " run the version that wrote it, or choose another --data-dir"
        )
    return int(found)


def _checked_calls(data: DataDirectory, db: sqlite3.Connection) -> int:
    """The number of the last call, once every row proved to be the one that this call left."""
    with contextlib.closing(sqlite3.connect(":memory:")) as pattern:
        pattern.executescript(schema.SCHEMA)
        if schema.layout(db) != schema.layout(pattern):
            raise data.damaged("its tables are not declared as this version declares them")
    total = 0
    for table, columns in schema.SEALED.items():
        query = f"SELECT total(seal IS NOT seal({columns})), coalesce(sum(seal), 0) FROM {table}"  # noqa: S608
        changed, seals = db.execute(query).fetchone()
        if changed:
            raise data.damaged(f"rows of {table} that are not as they were written: {changed:.0f}")
        total += seals
    tallies = db.execute("SELECT calls, seals FROM tally").fetchall()
    if len(tallies) != 1 or tallies[0][1] != total or type(tallies[0][0]) is not int:
        raise data.damaged("its rows are not those that its last call left")
    return int(tallies[0][0])


def _doubt(data: DataDirectory, calls: int, head: Head | None) -> str:
    """Why the last acknowledged call may not be in the database; empty when it is."""
    if head is None or not head.numbers:
        state = "missing" if head is None else "damaged"
        return f"{data.head} is {state}, so the last acknowledged calls may be missing from {data.database}"
    if calls < head.most:
        lacks, missing = "lacks" if head.is_whole else "may lack", head.most - calls
        end = "the last acknowledged call" if missing == 1 else f"the last {missing} acknowledged calls"
        return (
            f"the data file {data.database} {lacks} {end}"
            f" (it is an older copy, or {data.log.name} was cut, damaged or removed)"
        )
    if calls > head.most + 1:  # a kill between commit and head leaves the database one call ahead
        return (
            f"{data.head} is {calls - head.most} calls older than {data.database}: one of the two is a copy"
        )
    return ""
