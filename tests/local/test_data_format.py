"""Data files of the format before this one, which had no seals and no head."""

import contextlib
import sqlite3

import pytest

from infra.local.journal import Journal
from infra.local.problems import CannotStart
from tests.local.history import DATABASE, HEAD, History, cloud_on, put, recovered, state

FORMAT_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE items (tbl TEXT, pk TEXT, sk TEXT, item TEXT NOT NULL, PRIMARY KEY (tbl, pk, sk));
CREATE TABLE queues (name TEXT PRIMARY KEY, attributes TEXT NOT NULL, tags TEXT NOT NULL);
CREATE TABLE messages (place INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, receipt TEXT,
                       visible_at REAL NOT NULL, receives INTEGER NOT NULL, first_receive_at REAL,
                       message TEXT NOT NULL, UNIQUE (queue, id));
CREATE INDEX messages_by_receipt ON messages (queue, receipt);
INSERT INTO meta VALUES ('format', '1');
"""


def test_data_of_format_1_is_migrated_and_says_so(tmp_path, caplog):
    new, old = tmp_path / "new", tmp_path / "old"
    with cloud_on(new) as cloud:
        History(cloud, 3).go_on(120)
        wanted = state()
    old.mkdir()
    with contextlib.closing(sqlite3.connect(old / DATABASE)) as db:
        db.executescript(f"PRAGMA journal_mode = WAL; {FORMAT_1}")
        db.execute("ATTACH ? AS new", (str(new / DATABASE),))
        for table in ("items", "queues", "messages"):
            columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} SELECT {columns} FROM new.{table}")
        db.execute("INSERT INTO main.meta VALUES ('admin_key_sha256', 'abc')")
        db.commit()
    found = recovered(old)
    assert [m["id"] for m in found["queues"]["brief"]["messages"]] == [
        m["id"] for m in wanted["queues"]["brief"]["messages"]
    ]
    assert found["tables"] == wanted["tables"]
    assert "was of format 1 and is now of format 2" in caplog.text
    caplog.clear()
    assert recovered(old) == found
    assert caplog.text == ""
    with contextlib.closing(Journal(old)) as journal:
        assert journal.meta("admin_key_sha256") == "abc"


def test_format_1_beside_a_head_is_damage(tmp_path):
    with cloud_on(tmp_path) as cloud:
        put(cloud, "a")
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as db:
        db.execute("UPDATE meta SET value = '1'")
        db.commit()
    head = (tmp_path / HEAD).read_bytes()
    with pytest.raises(CannotStart, match=r"is damaged \(it says that it is of format 1"):
        cloud_on(tmp_path).start()
    assert (tmp_path / HEAD).read_bytes() == head


def test_tables_declared_otherwise_are_damage(tmp_path):
    Journal(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as db:
        db.execute("DROP INDEX messages_by_receipt")
    with pytest.raises(CannotStart, match="its tables are not declared"):
        Journal(tmp_path)


def test_a_row_written_again_counts_once(tmp_path):
    for value in ("first", "second"):
        with contextlib.closing(Journal(tmp_path)) as journal:
            journal.set_meta("key", value)
    with contextlib.closing(Journal(tmp_path)) as journal:
        assert journal.meta("key") == "second"
