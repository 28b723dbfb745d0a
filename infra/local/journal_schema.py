"""What stands in the journal's database, and the seals by which a start proves that all of it is there.

Every row carries a seal, the CRC-32 of its content; `tally` holds the number of the last call and the sum of
all seals, kept by triggers in the same transaction. A changed row, a lost one and an older page all show.
"""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path
from typing import Any

FORMAT = 2
SEALED = {
    "meta": "key, value",
    "items": "tbl, pk, sk, item",
    "queues": "name, attributes, tags",
    "messages": "queue, id, receipt, visible_at, receives, first_receive_at, message",
}
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL);
CREATE TABLE items (tbl TEXT, pk TEXT, sk TEXT, item TEXT NOT NULL, seal INTEGER NOT NULL,
                    PRIMARY KEY (tbl, pk, sk));
CREATE TABLE queues (name TEXT PRIMARY KEY, attributes TEXT NOT NULL, tags TEXT NOT NULL,
                     seal INTEGER NOT NULL);
CREATE TABLE messages (place INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, receipt TEXT,
                       visible_at REAL NOT NULL, receives INTEGER NOT NULL, first_receive_at REAL,
                       message TEXT NOT NULL, seal INTEGER NOT NULL, UNIQUE (queue, id));
CREATE INDEX messages_by_receipt ON messages (queue, receipt);
CREATE TABLE tally (calls INTEGER NOT NULL, seals INTEGER NOT NULL);
INSERT INTO tally VALUES (0, 0);
"""
TRIGGERS = """
CREATE TEMP TRIGGER {0}_in AFTER INSERT ON {0} BEGIN UPDATE tally SET seals = seals + new.seal; END;
CREATE TEMP TRIGGER {0}_on AFTER UPDATE ON {0} BEGIN
  UPDATE tally SET seals = seals - old.seal + new.seal; END;
CREATE TEMP TRIGGER {0}_out AFTER DELETE ON {0} BEGIN UPDATE tally SET seals = seals - old.seal; END;
"""
PUT_META = "INSERT OR REPLACE INTO meta VALUES (?1, ?2, seal(?1, ?2))"


def seal(*values: Any) -> int:
    """Of a row's content. Numbers count as REAL: a column may turn what was bound to it into one."""
    return zlib.crc32(repr([float(v) if type(v) is int else v for v in values]).encode())


def connect(file: Path) -> sqlite3.Connection:
    """For writing. Not thread-safe. Raises sqlite3.Error."""
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    db.create_function("seal", -1, seal, deterministic=True)
    db.execute("PRAGMA journal_mode = WAL")
    # NORMAL: a commit survives the death of the process; only power loss may take the last ones.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA recursive_triggers = ON")  # otherwise REPLACE takes a row away and tells no trigger
    return db


def connect_read_only(file: Path) -> sqlite3.Connection:
    """For looking: closing it leaves the log as it is, so that what is damaged gets no worse."""
    db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.create_function("seal", -1, seal, deterministic=True)
    return db


def keep_tally(db: sqlite3.Connection) -> None:
    """Make this connection's writes count."""
    for table in SEALED:
        db.executescript(TRIGGERS.format(table))


def create(file: Path) -> None:
    """An empty database, in one step: no kill leaves half of one."""
    draft = file.with_name(f"{file.name}.part")
    draft.unlink(missing_ok=True)  # the log of one that is gone SQLite removes by itself
    db = connect(draft)
    try:
        db.executescript(SCHEMA)
        keep_tally(db)
        db.execute(PUT_META, ("format", str(FORMAT)))
    finally:
        db.close()
    draft.replace(file)


def migrate(file: Path) -> None:
    """From format 1, which had no seals, in one transaction."""
    steps = ["BEGIN IMMEDIATE; DROP INDEX messages_by_receipt;"]
    steps += [f"ALTER TABLE {table} RENAME TO old_{table};" for table in SEALED]
    steps.append(SCHEMA)
    for table, columns in SEALED.items():
        rows = f"SELECT {columns}, seal({columns}) FROM old_{table} ORDER BY rowid"  # noqa: S608 (constants)
        steps.append(f"INSERT INTO {table} ({columns}, seal) {rows}; DROP TABLE old_{table};")
    steps.append(f"UPDATE meta SET value = '{FORMAT}', seal = seal(key, '{FORMAT}') WHERE key = 'format';")  # noqa: S608
    sums = " + ".join(f"(SELECT coalesce(sum(seal), 0) FROM {table})" for table in SEALED)  # noqa: S608
    steps.append(f"UPDATE tally SET seals = {sums}; COMMIT;")  # noqa: S608
    db = connect(file)
    try:
        db.executescript("\n".join(steps))
    finally:
        db.close()


def layout(db: sqlite3.Connection) -> list[tuple[str, ...]]:
    """The tables and indexes as they were declared."""
    return db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
