"""The real queue, through boto3."""

import os

import boto3
import pytest
from moto import mock_aws
from sdk_served import served

from agent_client import ConnectionFailed, Request, Response
from agent_client._sqs_queue import SqsQueue, region_of


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-3.amazonaws.com/123456789012/q", "eu-west-3"),
        ("https://us-west-2.queue.amazonaws.com/123456789012/q", "us-west-2"),
    ],
)
def test_the_region_is_the_queues_own(url: str, region: str) -> None:
    assert region_of(url) == region


def test_the_region_of_an_emulated_queue_is_the_environments(monkeypatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert region_of("http://127.0.0.1:4566/000000000000/q") == "eu-north-1"
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert region_of("http://127.0.0.1:4566/000000000000/q") == "us-east-1"


def test_a_queue_on_this_machine_is_asked_there_and_shown_no_real_key(monkeypatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "real")
    shown = []

    class Emulator:
        def send(self, request: Request) -> Response:
            shown.append(request.headers["Authorization"])
            headers = {"content-type": "application/x-amz-json-1.0", "connection": "close"}
            return Response(200, headers, b'{"Messages": []}')

    with served(Emulator()) as url:
        assert SqsQueue(f"{url}/000000000000/mine").receive(wait_seconds=0) == []
    assert "Credential=local/" in shown[0]


@mock_aws
def test_the_real_queue_receives_and_deletes(monkeypatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, os.environ.get(name, "testing"))
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    queue = SqsQueue(url)
    (message,) = queue.receive(wait_seconds=0)
    assert message.body == "hello"
    queue.release(message)
    (message,) = queue.receive(wait_seconds=0)
    queue.delete(message)
    assert queue.receive(wait_seconds=0) == []
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(ConnectionFailed):
        queue.receive(wait_seconds=0)
    with pytest.raises(ConnectionFailed):
        queue.delete(message)
