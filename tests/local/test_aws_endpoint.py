"""Another process's SDK speaks to the same engine over the AWS endpoint."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import botocore.session
import httpx
import pytest
from botocore.config import Config

from tests.local.conftest import until

AGENT = """
import boto3, sys
sqs, url = boto3.client("sqs"), sys.argv[1]
print("polling", flush=True)
message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
boto3.client("dynamodb").put_item(TableName="ains-local-tasks", Item={"task_id": {"S": message["Body"]}})
boto3.client("cloudwatch").put_metric_data(Namespace="agent", MetricData=[{"MetricName": "Done", "Value": 1}])
"""


@pytest.fixture
def remote(served):
    """A client factory whose requests really go over HTTP."""
    session = botocore.session.get_session()
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=60)

    def make(service: str):
        return session.create_client(
            service,
            region_name="eu-west-1",
            endpoint_url=served.service.aws_url,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=config,
        )

    return make


@pytest.fixture
def queue(served):
    """A queue made at run time, as registration makes one per agent; its URL as the service hands it out."""
    url = served.service.cloud.client("sqs").create_queue(QueueName="ains-local-assignments-1")["QueueUrl"]
    yield url
    served.service.cloud.client("sqs").delete_queue(QueueUrl=url)


def test_a_queue_url_names_the_endpoint(served, queue):
    assert queue == f"{served.service.aws_url}/000000000000/ains-local-assignments-1"


def test_an_agent_in_another_process_works_off_its_queue(served, queue):
    environment = {**os.environ, "AWS_ENDPOINT_URL": served.service.aws_url}
    command = [sys.executable, "-c", AGENT, queue]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout.readline() == "polling\n"
        served.service.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="from-the-service")
        assert agent.wait(20) == 0
    found = served.service.cloud.request(
        "dynamodb", "GetItem", TableName="ains-local-tasks", Key={"task_id": {"S": "from-the-service"}}
    )
    assert found["Item"]


def test_fifty_long_polls_wait_at_once_and_the_message_reaches_one_at_once(served, remote, queue):
    client = remote("sqs")
    with ThreadPoolExecutor(50) as pool:
        polls = [pool.submit(client.receive_message, QueueUrl=queue, WaitTimeSeconds=4) for _ in range(50)]
        until(lambda: served.service.cloud.wakeups.waiting("ains-local-assignments-1") == 50)
        sent = time.monotonic()
        served.service.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="one")
        until(lambda: any(poll.done() for poll in polls))
        assert time.monotonic() - sent < 3
        assert sum("Messages" in poll.result() for poll in polls) == 1


def test_a_client_that_hung_up_swallows_no_message(served, queue):
    data = {"QueueUrl": queue, "WaitTimeSeconds": 20}
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(served.service.aws_url, json=data, headers=headers, timeout=0.2)
    until(lambda: not served.service.cloud.wakeups.waiting("ains-local-assignments-1"))
    client = served.service.cloud.client("sqs")
    client.send_message(QueueUrl=queue, MessageBody="kept")
    assert client.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "kept"


def test_the_older_query_protocol_is_spoken_too(served, queue):
    form = f"Action=SendMessage&Version=2012-11-05&MessageBody=hello&QueueUrl={queue}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "<MessageId>" in httpx.post(served.service.aws_url, content=form, headers=headers).text
    form = f"Action=ReceiveMessage&WaitTimeSeconds=5&QueueUrl={queue}"
    assert "<Body>hello</Body>" in httpx.post(served.service.aws_url, content=form, headers=headers).text
    form = "Action=ReceiveMessage&WaitTimeSeconds=1"
    began = time.monotonic()
    assert "<Body>" not in httpx.post(queue, content=form, headers=headers).text
    assert time.monotonic() - began >= 1


def test_a_conditional_write_over_http_returns_the_old_row(remote):
    client, item = remote("dynamodb"), {"task_id": {"S": "remote"}}
    write = {
        "TableName": "ains-local-tasks",
        "Item": item,
        "ConditionExpression": "attribute_not_exists(task_id)",
    }
    client.put_item(**write)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
        client.put_item(**write, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refused.value.response["Item"] == item


@pytest.mark.parametrize(
    ("headers", "body"),
    [({}, b""), ({"X-Amz-Target": "Nope.Do"}, b"{}"), ({"X-Amz-Target": "AmazonSQS.ReceiveMessage"}, b"{")],
)
def test_what_is_no_call_of_ours_is_answered_with_an_error(served, headers, body):
    answer = httpx.post(served.service.aws_url, content=body, headers=headers)
    assert (answer.status_code, "__type" in answer.json()) == (500, True)
