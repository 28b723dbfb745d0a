"""The deployed thing: gateway, functions, mappings, the minute, rights; then the end-to-end suite on it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from ssl import create_default_context
from typing import Any
from urllib.error import HTTPError

import pytest

from infra.package import ROOT
from tests.deployed.deployment import FUNCTIONS, Deployment
from tests.deployed.recorded_calls import granted, used

pytestmark = pytest.mark.deployed

FIRST_TICK_S = 130
E2E_S = 1_500
TROUBLE = ("AccessDenied", "not authorized", '"level":"ERROR"', "Task timed out")
NEVER_SEEN = {
    # Lambda's own poller takes the messages and the log's lines; the emulator does so without asking.
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}


def call(deployed: Deployment, method: str, path: str, key: str | None = None) -> tuple[int, str, Any]:
    """Status, content type and body."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(deployed.url + path, method=method, headers=headers)
    trusting = create_default_context(cafile=str(deployed.aws.certificate))
    try:
        with urllib.request.urlopen(request, context=trusting, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Content-Type"], json.load(refused)


def test_it_is_alive_without_a_key(deployed: Deployment) -> None:
    status, _, body = call(deployed, "GET", "/health")
    assert (status, body["status"]) == (200, "ok")


def test_everything_else_wants_the_key(deployed: Deployment) -> None:
    for key in (None, "wrong", deployed.admin_key[:-1]):
        status, content_type, body = call(deployed, "GET", "/aitp/tasks", key)
        assert (status, content_type) == (401, "application/problem+json")
        assert body["type"] == "https://ains.dev/problems/unauthorized"
    assert call(deployed, "GET", "/aitp/tasks", deployed.admin_key)[0] == 200


def test_an_unknown_path_is_answered_by_the_gateway_in_our_shape(deployed: Deployment) -> None:
    status, content_type, body = call(deployed, "GET", "/no/such/path", deployed.admin_key)
    assert (status, content_type) == (404, "application/problem+json")
    assert set(body) == {"type", "title", "status", "detail", "request_id"}


def test_a_wrong_method_is_answered_by_the_service(deployed: Deployment) -> None:
    status, _, body = call(deployed, "DELETE", "/aitp/tasks", deployed.admin_key)
    assert (status, body["status"]) == (405, 405)


def test_the_minute_comes_by_itself(deployed: Deployment) -> None:
    database = deployed.aws.client("dynamodb")
    deadline = time.monotonic() + FIRST_TICK_S
    while not (rows := database.scan(TableName=deployed.outputs["TicksTableName"])["Items"]):
        assert time.monotonic() < deadline, "no tick within two minutes"
        time.sleep(0.5)
    assert rows


def run_end_to_end_suite(deployed: Deployment) -> subprocess.CompletedProcess[str]:
    """The suite that the local service passes."""
    environment = deployed.aws.environment() | {
        "AINS_E2E_URL": deployed.url,
        "AINS_E2E_KEY": deployed.admin_key,
        "AINS_E2E_AWS": deployed.aws.url,
    }
    command = [sys.executable, "-m", "pytest", "tests/e2e", "-q", "-p", "no:cacheprovider"]
    chosen = os.environ.get(
        "AINS_DEPLOYED_E2E", ""
    ).split()  # e.g. "-k schedule" while looking into a failure
    return subprocess.run(
        [*command, *chosen],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=E2E_S,
        check=False,
    )


def test_the_end_to_end_suite_passes_with_no_right_too_few_and_none_too_many(deployed: Deployment) -> None:
    # One test, since the suite takes minutes and workers share no fixtures.
    suite = run_end_to_end_suite(deployed)
    trouble = [line[:3000] for line in deployed.log_lines() if any(word in line for word in TROUBLE)]
    if suite.returncode or trouble:
        pytest.fail("\n".join([suite.stdout[-10_000:], *trouble[:5]]), pytrace=False)
    assert dead_letters(deployed) == 0
    for function in FUNCTIONS:
        unused = granted(deployed, function) - used(deployed, function)
        assert {right for right in unused if right[0] not in NEVER_SEEN} == set(), function


def dead_letters(deployed: Deployment) -> int:
    """Messages that no consumer could handle."""
    attributes = deployed.aws.client("sqs").get_queue_attributes(
        QueueUrl=deployed.outputs["WorkDeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])
