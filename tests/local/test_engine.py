"""The engine in this process: who reaches it, what it keeps atomic, how tests use it."""

import threading
import time
from datetime import UTC, datetime

import boto3
import botocore.session
import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from botocore.exceptions import ClientError, ConnectionClosedError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from infra.local.engine import LocalCloud
from infra.local.problems import EngineRefused
from tests.local.conftest import SMALL, until

TABLE, QUEUE = "ains-local-tasks", "ains-local-work"
KEY = {"task_id": {"S": "t"}}


class Note(Model):
    class Meta:
        table_name = TABLE
        region = "us-east-1"

    task_id = UnicodeAttribute(hash_key=True)


def test_clients_of_boto3_botocore_and_pynamodb_all_reach_the_same_table(cloud):
    boto3.Session().client("dynamodb").put_item(TableName=TABLE, Item=KEY)
    Note("other").save()
    items = botocore.session.get_session().create_client("dynamodb").scan(TableName=TABLE)["Items"]
    assert {item["task_id"]["S"] for item in items} == {"t", "other"}


def test_a_client_made_before_the_cloud_reaches_it_while_it_is_started_only():
    client = botocore.session.get_session().create_client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.meta.events.register("before-send", lambda request, **_: None)
    send = Endpoint._send
    with LocalCloud(template=SMALL, stage="early"):
        assert client.list_tables()["TableNames"] == ["ains-early-executions", "ains-early-tasks"]
    assert Endpoint._send is send


def unavailable(request):
    return AWSResponse(request.url, 503, {}, type("Raw", (), {"stream": lambda self: (b"{}",)})())


def test_an_answer_injected_before_the_send_keeps_the_engine_from_doing_the_work(cloud):
    client = cloud.client("dynamodb")
    client.meta.events.register("before-send", lambda request, **_: unavailable(request))
    with pytest.raises(ClientError):
        client.put_item(TableName=TABLE, Item=KEY)
    assert cloud.request("dynamodb", "Scan", TableName=TABLE)["Count"] == 0


def test_a_lost_answer_can_be_injected_after_the_work_is_done(cloud):
    def lost(call, run):
        run()
        raise ConnectionClosedError(endpoint_url="https://dynamodb")

    cloud.around = lost
    with pytest.raises(ConnectionClosedError):
        cloud.client("dynamodb").put_item(TableName=TABLE, Item=KEY)
    cloud.around = None
    assert cloud.request("dynamodb", "Scan", TableName=TABLE)["Count"] == 1


def test_only_one_cloud_is_started_at_a_time(cloud):
    with pytest.raises(RuntimeError, match="another LocalCloud"):
        LocalCloud(template=SMALL).start()


def test_one_of_many_racing_claims_wins(cloud):
    client, wins = cloud.client("dynamodb"), []

    def claim():
        try:
            client.put_item(TableName=TABLE, Item=KEY, ConditionExpression="attribute_not_exists(task_id)")
            wins.append(1)
        except client.exceptions.ConditionalCheckFailedException:
            pass

    for _ in range(20):
        cloud.reset()
        racers = [threading.Thread(target=claim) for _ in range(8)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
    assert len(wins) == 20


def test_reset_empties_tables_and_queues_and_forgets_queues_of_the_run(cloud):
    client = cloud.client("sqs")
    cloud.client("dynamodb").put_item(TableName=TABLE, Item=KEY)
    client.send_message(QueueUrl=cloud.queue_url(QUEUE), MessageBody="x")
    client.create_queue(QueueName="ains-local-assignments-1")
    cloud.reset()
    assert cloud.counts() == {"tasks": 0}
    assert "Messages" not in client.receive_message(QueueUrl=cloud.queue_url(QUEUE))
    assert len(client.list_queues()["QueueUrls"]) == 2


def test_a_long_poll_ends_when_a_message_comes_and_blocks_nobody_meanwhile(cloud):
    client, url, got = cloud.client("sqs"), cloud.queue_url(QUEUE), []

    def poll():
        got.append(client.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"][0]["Body"])
        got.append(time.monotonic())

    poller = threading.Thread(target=poll)
    poller.start()
    cloud.request("dynamodb", "PutItem", TableName=TABLE, Item=KEY)
    sent = time.monotonic()
    client.send_message(QueueUrl=url, MessageBody="now")
    poller.join()
    assert got[0] == "now"
    assert got[1] - sent < 4  # not by looking again


def test_each_message_of_a_burst_reaches_exactly_one_of_many_pollers(cloud):
    client, url, got = cloud.client("sqs"), cloud.queue_url(QUEUE), []

    def poll():
        while messages := client.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"):
            client.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
            got.append(messages[0]["MessageId"])

    pollers = [threading.Thread(target=poll) for _ in range(6)]
    for poller in pollers:
        poller.start()
    for n in range(100):
        client.send_message(QueueUrl=url, MessageBody=str(n))
    for poller in pollers:
        poller.join()
    assert len(got) == len(set(got)) == 100


def test_stopping_the_cloud_ends_its_long_polls():
    with LocalCloud(template=SMALL) as cloud:
        request = {"QueueUrl": cloud.queue_url(QUEUE), "WaitTimeSeconds": 20}
        poller = threading.Thread(target=lambda: cloud.request("sqs", "ReceiveMessage", **request))
        poller.start()
        until(lambda: cloud.wakeups.waiting(QUEUE))
    poller.join(2)
    assert not poller.is_alive()


def test_delays_follow_a_virtual_clock_to_the_second():
    with LocalCloud(template=SMALL, long_polls=False) as cloud:
        url = cloud.queue_url(QUEUE)
        with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False) as clock:
            cloud.request("sqs", "SendMessage", QueueUrl=url, MessageBody="later", DelaySeconds=900)
            clock.shift(899)
            assert not cloud.request("sqs", "ReceiveMessage", QueueUrl=url, WaitTimeSeconds=20)
            clock.shift(1)
            assert cloud.request("sqs", "ReceiveMessage", QueueUrl=url)["Messages"]


def test_a_refusal_of_the_engine_names_its_code(cloud):
    with pytest.raises(EngineRefused) as refusal:
        cloud.request("dynamodb", "GetItem", TableName="nowhere", Key=KEY)
    assert refusal.value.code == "ResourceNotFoundException"


def test_a_service_that_the_cloud_lacks_is_said_so(cloud):
    with pytest.raises(NotImplementedError, match="no s3"):
        cloud.client("s3").list_buckets()
