"""Thousands of waiting tasks, written into a data directory before its service starts.

They are rows as the service itself leaves them once nobody was free: in the line of their capability, and
out of the clock. Sending them over HTTP would take minutes and measure nothing new.
"""

import json
from pathlib import Path
from typing import Any

from chalicelib.domain import lifecycle
from chalicelib.domain.content import packed
from chalicelib.domain.task import Task
from chalicelib.store.tasks import to_record
from infra.local.journal import Journal
from infra.local.statements import PUT_ITEM

CAPABILITY = "bench-backlog"
CLIENT = "bench-backlog"
TABLE = "ains-local-tasks"
NO_SORT_KEY = "__no_sort__"
HOUR_MS = 3_600_000


def write(data_dir: Path, count: int, *, tenant: str, now: int) -> None:
    """Tasks of one client for one capability, a millisecond apart, the oldest an hour old."""
    began = now - HOUR_MS
    pattern = _row(tenant, began)
    first_order = int(pattern["queue_order"]["N"])
    journal = Journal(data_dir)
    try:
        journal.commit([(PUT_ITEM, _statement(pattern, n, began, first_order)) for n in range(count)])
    finally:
        journal.close()


def _row(tenant: str, created_at: int) -> dict[str, Any]:
    document, _ = packed({"input": {"n": 1}, "metadata": {}}, owner="task-bench", kind="input")
    task = Task(
        task_id="task-bench",
        tenant=tenant,
        client_id=CLIENT,
        created_at=created_at,
        task_type="bench",
        capability=CAPABILITY,
        document=document,
    )
    waiting = lifecycle.parked(lifecycle.submitted(task, now=created_at))
    row: dict[str, Any] = to_record(waiting, cid="bench").serialize()
    return row


def _statement(pattern: dict[str, Any], n: int, began: int, first_order: int) -> tuple[Any, ...]:
    task_id = f"task-bench-{n:08d}"
    row = pattern | {
        "task_id": {"S": task_id},
        "created_at": {"N": str(began + n)},
        "queue_order": {"N": str(first_order + n)},
    }
    return TABLE, task_id, NO_SORT_KEY, json.dumps(row)
