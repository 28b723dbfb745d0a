"""Thousands of schedules that are not due, written into a data directory before its service starts."""

import json
from pathlib import Path
from typing import Any

from chalicelib.domain.content import packed
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.schedule import Schedule
from chalicelib.store.schedule_rows import columns
from infra.local.journal import Journal
from infra.local.statements import PUT_ITEM
from tests.bench.backlog import NO_SORT_KEY

CLIENT = "bench-stored"


def write(data_dir: Path, count: int, *, table: str, tenant: str, due_at: int) -> None:
    """Schedules of one client, all of them due at that time, through all shards of the clock."""
    pattern = _row(tenant, due_at)
    journal = Journal(data_dir)
    try:
        journal.commit([(PUT_ITEM, _statement(table, pattern, n)) for n in range(count)])
    finally:
        journal.close()


def _row(tenant: str, due_at: int) -> dict[str, Any]:
    document, _ = packed({"input": {"n": 1}, "metadata": {}}, owner="schedule-bench", kind="input")
    schedule = Schedule(
        schedule_id="schedule-bench",
        tenant=tenant,
        client_id=CLIENT,
        created_at=due_at - 3_600_000,
        task_type="bench",
        capability="bench-stored",
        document=document,
        cron="0 * * * *",
        next_slot=due_at,
    )
    plain = {name: value for name, value in columns(schedule, cid="bench").items() if value is not None}
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in plain.items()
    } | {"failed_runs": {"N": "0"}}


def _statement(table: str, pattern: dict[str, Any], n: int) -> tuple[Any, ...]:
    schedule_id = f"schedule-bench-{n:08d}"
    row = pattern | {
        "schedule_id": {"S": schedule_id},
        "clock_shard": {"N": str(clock_shard(schedule_id))},
    }
    return table, schedule_id, NO_SORT_KEY, json.dumps(row)
