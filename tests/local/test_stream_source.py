"""A table's stream reaches its handler in order, in batches, again after a failure, and is then forgotten."""

import pytest
from chalice.app import DynamoDBEventConfig

from infra.local.engine import LocalCloud
from infra.local.problems import CannotStart
from infra.local.resources import TEMPLATE
from infra.local.stream_source import StreamSource

TABLE = "ains-test-tasks"
STATS = DynamoDBEventConfig("stats", "", "arn:none", 3, "LATEST", 0)


class Handler:
    """Remembers what it was given; fails as often as it is told to."""

    def __init__(self):
        self.batches, self.failures = [], 0

    def __call__(self, event, context):
        numbers = [r["dynamodb"]["NewImage"]["task_id"]["S"] for r in event["Records"]]
        self.batches.append(numbers)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("told to")


@pytest.fixture
def cloud():
    with LocalCloud(template=TEMPLATE, stage="test") as started:
        yield started


def put(cloud, *names):
    for name in names:
        cloud.request("dynamodb", "PutItem", TableName=TABLE, Item={"task_id": {"S": name}})


def test_records_come_in_order_and_once(cloud):
    handler = Handler()
    source = StreamSource(cloud, STATS, handler)
    put(cloud, "a", "b", "c", "d")
    assert source.to_the_end()
    put(cloud, "e")
    assert source.to_the_end()
    assert source.to_the_end()
    assert handler.batches == [["a", "b", "c"], ["d"], ["e"]]
    assert cloud.stream_records(TABLE, limit=1) == []


def test_what_comes_while_a_batch_is_handled_waits_for_the_next_look(cloud):
    handler = Handler()

    def busy(event, context):
        handler(event, context)
        put(cloud, f"after-{len(handler.batches)}")

    source = StreamSource(cloud, STATS, busy)
    put(cloud, "a", "b", "c", "d")
    assert source.look()
    assert handler.batches == [["a", "b", "c"], ["d", "after-1"]]
    assert source.look()
    assert handler.batches[2:] == [["after-2"]]


def test_a_batch_that_fails_comes_again_before_what_follows_it(cloud):
    handler = Handler()
    source = StreamSource(cloud, STATS, handler)
    put(cloud, "a", "b", "c", "d")
    handler.failures = 1
    assert not source.to_the_end()
    assert source.to_the_end()
    assert handler.batches == [["a", "b", "c"], ["a", "b", "c"], ["d"]]


def test_a_source_that_is_stopped_deals_with_what_was_written_first(cloud):
    handler = Handler()
    source = StreamSource(cloud, STATS, handler)
    source.start()
    put(cloud, "a", "b")
    source.stop()
    source.join(10)
    assert [name for batch in handler.batches for name in batch] == ["a", "b"]


def test_a_source_that_is_stopped_does_not_wait_for_a_handler_that_fails(cloud):
    handler = Handler()
    handler.failures = 1_000
    source = StreamSource(cloud, STATS, handler)
    put(cloud, "a")
    source.start()
    source.stop()
    source.join(10)
    assert not source._thread.is_alive()


def test_what_is_forgotten_on_reset_is_the_stream_too(cloud):
    put(cloud, "a")
    cloud.reset()
    assert cloud.stream_records(TABLE, limit=1) == []


def test_a_table_without_a_stream_is_refused(cloud):
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/ains-test-agents/stream/x"
    with pytest.raises(CannotStart, match=r"'beats' reads the stream of 'ains-test-agents', which has none"):
        StreamSource(cloud, DynamoDBEventConfig("beats", "", arn, 3, "LATEST", 0), Handler())


def test_a_process_that_is_killed_leaves_its_stream_to_the_next(tmp_path):
    handler = Handler()
    with LocalCloud(template=TEMPLATE, stage="test", data_dir=tmp_path) as cloud:
        put(cloud, "a", "b", "c", "d")
        cloud.forget_stream_records(TABLE, 1)
        put(cloud, "e")
    with LocalCloud(template=TEMPLATE, stage="test", data_dir=tmp_path) as cloud:
        put(cloud, "f")
        assert StreamSource(cloud, STATS, handler).to_the_end()
    with LocalCloud(template=TEMPLATE, stage="test", data_dir=tmp_path) as cloud:
        assert cloud.stream_records(TABLE, limit=1) == []
    assert handler.batches == [["b", "c", "d"], ["e", "f"]]
