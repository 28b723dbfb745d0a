"""What the service acknowledged is there after kill -9, and what it deleted stays deleted."""

import contextlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import time_machine

from infra.local.engine import LocalCloud
from infra.local.journal import Journal
from infra.local.problems import CannotStart, EngineRefused
from tests.local.conftest import SMALL, until

TABLE, WORK, DEAD = "ains-local-tasks", "ains-local-work", "ains-local-work-dead"


@pytest.fixture
def durable(tmp_path):
    """A cloud on `tmp_path`, each time it is called after the last one was stopped."""
    return lambda: LocalCloud(template=SMALL, data_dir=tmp_path, long_polls=False)


def receive(cloud, queue=WORK, **options):
    request = {
        "QueueUrl": cloud.queue_url(queue),
        "MaxNumberOfMessages": 10,
        "AttributeNames": ["All"],
        **options,
    }
    return cloud.request("sqs", "ReceiveMessage", **request).get("Messages", [])


def send(cloud, body, queue=WORK, **options):
    return cloud.request("sqs", "SendMessage", QueueUrl=cloud.queue_url(queue), MessageBody=body, **options)


def test_nothing_acknowledged_is_missing_after_kill_9_under_load(spawn, tmp_path):
    process, notes, messages = spawn().ready(), set(), set()

    def write(worker: int) -> None:
        with httpx.Client(base_url=process.url) as http:
            for n in range(10_000):
                try:
                    http.put(f"/notes/{worker}-{n}", content="x").raise_for_status()
                    notes.add(f"{worker}-{n}")
                    sent = http.post("/work", json={"delay": 900}).raise_for_status()
                    messages.add(sent.json()["id"])
                except httpx.TransportError:
                    return

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, worker) for worker in range(4)]
        until(lambda: len(messages) > 300, seconds=20)
        process.popen.kill()
        for writer in writers:
            writer.result()
    with LocalCloud(template=SMALL, data_dir=tmp_path / "data", long_polls=False) as cloud:
        assert {item["task_id"]["S"] for item in scanned(cloud)} >= notes
        with time_machine.travel(time.time() + 900):
            assert {m["MessageId"] for m in drained(cloud)} >= messages


def scanned(cloud):
    return cloud.request("dynamodb", "Scan", TableName=TABLE)["Items"]


def drained(cloud, queue=WORK):
    found = []
    while batch := receive(cloud, queue):
        found += batch
        handles = [{"Id": m["MessageId"], "ReceiptHandle": m["ReceiptHandle"]} for m in batch]
        cloud.request("sqs", "DeleteMessageBatch", QueueUrl=cloud.queue_url(queue), Entries=handles)
    return found


def test_items_survive_with_their_indexes_and_deletions_stay(durable):
    with durable() as cloud:
        client = cloud.client("dynamodb")
        for n in range(3):
            item = {"task_id": {"S": str(n)}, "due_at": {"N": str(n)}, "ttl": {"N": "1"}}
            client.put_item(TableName=TABLE, Item=item)
        client.delete_item(TableName=TABLE, Key={"task_id": {"S": "0"}})
        update = {"UpdateExpression": "SET due_at = :d", "ExpressionAttributeValues": {":d": {"N": "77"}}}
        operation = {"Update": {"TableName": TABLE, "Key": {"task_id": {"S": "1"}}, **update}}
        row = {"schedule_id": {"S": "s"}, "slot": {"N": "5"}}
        second = {"Put": {"TableName": "ains-local-executions", "Item": row}}
        client.transact_write_items(TransactItems=[operation, second])
    with durable() as cloud:
        assert {item["task_id"]["S"] for item in scanned(cloud)} == {"1", "2"}
        assert cloud.request("dynamodb", "Scan", TableName="ains-local-executions")["Items"] == [row]
        query = {"KeyConditionExpression": "task_id = :t", "ExpressionAttributeValues": {":t": {"S": "1"}}}
        (found,) = cloud.request("dynamodb", "Query", TableName=TABLE, IndexName="clock", **query)["Items"]
        assert found["due_at"] == {"N": "77"}


def test_a_cancelled_transaction_leaves_no_trace_in_the_file(durable):
    with durable() as cloud:
        key = {"task_id": {"S": "t"}}
        never = {"ConditionExpression": "attribute_exists(task_id)", "Key": {"task_id": {"S": "no"}}}
        operations = [
            {"Put": {"TableName": TABLE, "Item": key}},
            {"ConditionCheck": {"TableName": TABLE, **never}},
        ]
        with pytest.raises(EngineRefused):
            cloud.request("dynamodb", "TransactWriteItems", TransactItems=operations)
    with durable() as cloud:
        assert scanned(cloud) == []


def test_a_message_in_flight_stays_hidden_and_keeps_its_receive_count_and_handle(durable):
    with durable() as cloud:
        send(cloud, "first")
        (message,) = receive(cloud, VisibilityTimeout=300)
    with durable() as cloud:
        assert receive(cloud) == []
        handle = {"QueueUrl": cloud.queue_url(WORK), "ReceiptHandle": message["ReceiptHandle"]}
        cloud.request("sqs", "ChangeMessageVisibility", **handle, VisibilityTimeout=0)
    with durable() as cloud:
        (again,) = receive(cloud)
        assert again["Attributes"]["ApproximateReceiveCount"] == "2"
        deletion = {"QueueUrl": cloud.queue_url(WORK), "ReceiptHandle": again["ReceiptHandle"]}
        cloud.request("sqs", "DeleteMessage", **deletion)
    with durable() as cloud, time_machine.travel(time.time() + 3600):
        assert receive(cloud) == []


def test_what_a_dead_consumer_had_received_is_shown_again_when_its_successor_starts(durable):
    with durable() as cloud:
        send(cloud, "x")
        receive(cloud, VisibilityTimeout=300)
    with durable() as cloud:
        cloud.show_in_flight(WORK)
        assert len(receive(cloud)) == 1


def test_dead_letters_and_purges_and_order_survive(durable):
    with durable() as cloud:
        for body in "abc":
            send(cloud, body)
        for _ in range(2):
            receive(cloud, VisibilityTimeout=0)
        assert receive(cloud) == []  # the third look moves them
    with durable() as cloud:
        assert receive(cloud) == []
        assert [m["Body"] for m in receive(cloud, DEAD, VisibilityTimeout=0)] == ["a", "b", "c"]
        cloud.request("sqs", "PurgeQueue", QueueUrl=cloud.queue_url(DEAD))
    with durable() as cloud:
        assert receive(cloud, DEAD) == []


def test_queues_made_at_run_time_survive_and_deleted_ones_do_not(durable):
    with durable() as cloud:
        for name in ("kept", "gone"):
            attributes = {"VisibilityTimeout": "7"}
            cloud.request("sqs", "CreateQueue", QueueName=name, Attributes=attributes)
            send(cloud, "hello", queue=name)
        cloud.request("sqs", "DeleteQueue", QueueUrl=cloud.queue_url("gone"))
    with durable() as cloud:
        urls = cloud.request("sqs", "ListQueues")["QueueUrls"]
        assert {url.rsplit("/", 1)[1] for url in urls} == {WORK, DEAD, "kept"}
        found = cloud.request("sqs", "GetQueueAttributes", QueueUrl=cloud.queue_url("kept"))
        assert found["Attributes"]["VisibilityTimeout"] == "7"
        assert receive(cloud, "kept")[0]["Body"] == "hello"


def test_rows_of_a_table_that_the_template_dropped_stay_in_the_file(durable, tmp_path):
    with durable() as cloud:
        cloud.request("dynamodb", "PutItem", TableName=TABLE, Item={"task_id": {"S": "t"}})
    with LocalCloud(template=None, data_dir=tmp_path):
        pass
    with durable() as cloud:
        assert cloud.counts() == {"tasks": 1}


def test_once_the_file_cannot_be_written_nothing_is_acknowledged_any_more(durable, caplog):
    with durable() as cloud:
        cloud.journal.close()
        for _ in range(2):
            with pytest.raises(EngineRefused, match="journal could not be written"):
                send(cloud, "x")
    assert caplog.text.count("journal could not be written") == 1


def test_a_damaged_row_is_one_line(tmp_path):
    Journal(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "ains.sqlite")) as db:
        db.execute("INSERT INTO items VALUES ('ains-local-tasks', 'a', 'b', '{half', 0)")
        db.commit()
    with pytest.raises(CannotStart, match="is damaged"):
        LocalCloud(template=SMALL, data_dir=tmp_path).start()
    with LocalCloud(template=SMALL):
        pass  # the failed start let go of the process
