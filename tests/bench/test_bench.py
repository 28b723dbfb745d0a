"""What the benchmark measures with is right itself; how fast things are is nobody's test."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent_client.models import Execution
from chalicelib.domain import queueing
from infra.local.engine import LocalCloud
from tests.bench import __main__ as command
from tests.bench import backlog, by_cron
from tests.bench.bench import Table
from tests.bench.measuring import Samples, milliseconds, under_load


def test_percentiles_are_by_nearest_rank():
    hundred = Samples(tuple(range(1, 101)))
    assert (hundred.p50, hundred.p99, hundred.most) == (50, 99, 100)
    assert Samples((3.0,)).p99 == 3.0
    assert Samples((2.0, 1.0)).p50 == 1.0


def test_a_load_repeats_every_action_and_leaves_the_first_call_out():
    calls = []
    load = under_load([lambda: calls.append(1), lambda: calls.append(2)], seconds=0.05)
    assert len(load.samples.seconds) == len(calls) - 2
    assert load.per_second > 0


def test_a_failing_action_ends_the_load_with_its_own_error():
    def fail():
        raise LookupError("as asked")

    with pytest.raises(LookupError, match="as asked"):
        under_load([fail, lambda: time.sleep(0.01)], seconds=0.05)


def test_a_written_backlog_stands_in_line_when_the_cloud_starts(tmp_path):
    backlog.write(tmp_path, 30, tenant="local", now=time.time_ns() // 1_000_000)
    with LocalCloud(data_dir=tmp_path) as cloud:
        line = queueing.line("local", backlog.CAPABILITY)
        standing = cloud.request(
            "dynamodb",
            "Query",
            TableName=backlog.TABLE,
            IndexName="queue",
            KeyConditionExpression="queue_key = :line",
            ExpressionAttributeValues={":line": {"S": line}},
        )
        assert [item["task_id"]["S"] for item in standing["Items"]] == [
            f"task-bench-{n:08d}" for n in range(30)
        ]


def test_a_table_is_markdown():
    table = Table("Title", ("a", "b"), [("1", milliseconds(0.0123))], "Note.")
    assert table.markdown() == "### Title\n\nNote.\n\n| a | b |\n|---|---|\n| 1 | 12.3 ms |"


def test_the_page_has_room_for_the_tables():
    page = command.PAGE.read_text()
    assert page.count(command.BEGIN) == page.count(command.END) == 1


def test_a_slot_that_is_missed_or_early_ends_the_benchmark():
    slot = datetime(2027, 1, 15, 8, tzinfo=UTC)
    good = Execution(slot=slot, task_id="task-1", executed_at=slot + timedelta(seconds=1))
    assert list(by_cron._of_each("s", [slot], [good])) == [1.0]
    early = replace(good, executed_at=slot - timedelta(seconds=1))
    missed = replace(good, task_id=None)
    for runs in ([], [missed], [early], [good, good]):
        with pytest.raises(by_cron.Broken):
            list(by_cron._of_each("s", [slot], runs))
