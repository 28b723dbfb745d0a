"""The stream's consumer: what was written of tasks is counted once, shard by shard."""

from dataclasses import replace
from typing import Any

from chalicelib import consumers
from chalicelib.domain.task import Status, Task
from chalicelib.store.task_rows import to_record
from tests.contract.values import a_task

from .fakes import world


def record(number: int, before: Task | None, after: Task | None) -> dict[str, Any]:
    """As Lambda hands over what the tasks table's stream holds."""
    images = {"OldImage": before, "NewImage": after}
    rows = {name: to_record(row, cid="c").to_dynamodb_dict() for name, row in images.items() if row}
    return {"eventSourceARN": "arn:the-stream", "dynamodb": {"SequenceNumber": str(number), **rows}}


def test_the_tasks_stream_is_counted_by_shard() -> None:
    w = world()
    batch = [record(1, None, a_task("a")), record(2, None, a_task("b"))]
    for shard in ("one", "two", "one"):
        answer = consumers.count({"Records": batch, "shardId": shard}, w.use_cases)
        assert answer == {"state": {}}
    assert w.stats.counters() == {"tasks_created_total": 4}


def test_a_stream_whose_shards_have_no_names_is_one() -> None:
    w = world()
    for _ in range(2):
        consumers.count({"Records": [record(7, None, a_task())]}, w.use_cases)
    assert w.stats.counted_up_to == {"arn:the-stream": 7}
    assert w.stats.counters() == {"tasks_created_total": 1}


def test_rows_that_expire_and_windows_that_close_count_nothing() -> None:
    w = world()
    over = replace(a_task(), status=Status.COMPLETED)
    consumers.count({"Records": [record(1, over, None)], "shardId": "one"}, w.use_cases)
    consumers.count({"Records": [], "shardId": "one", "isFinalInvokeForWindow": True}, w.use_cases)
    assert w.stats.counters() == {}
