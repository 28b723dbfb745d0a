"""The deployed thing: gateway, functions, mappings, the minute, rights; then the end-to-end suite on it."""

import os
import subprocess
import sys

import pytest

from infra.package import ROOT
from tests.deployed.deployment import FUNCTIONS, Deployment
from tests.deployed.rare_ways import POISON, await_tick, last_tick, take_rare_ways
from tests.deployed.recorded_calls import granted, used

pytestmark = [pytest.mark.deployed, pytest.mark.xdist_group("deployed")]  # one deployment for all

E2E_S = 1_500
TROUBLE = ("AccessDenied", "not authorized", '"level":"ERROR"', "Task timed out")
NEVER_SEEN = {
    # Lambda's own pollers take messages, records and the log's lines; the emulator does so without asking.
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    # Lambda sends the traces, too; the emulator makes none.
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


def test_it_is_alive_without_a_key(deployed: Deployment) -> None:
    status, _, body = deployed.call("GET", "/health")
    assert (status, body["status"]) == (200, "ok")
    status, _, body = deployed.call("GET", "/")
    assert (status, body["service"]) == (200, "AINS")


@pytest.mark.parametrize("key", [None, "wrong", ""])
def test_everything_else_wants_the_key(key: str | None, deployed: Deployment) -> None:
    status, content_type, body = deployed.call("GET", "/aitp/tasks", key=key)
    assert (status, content_type) == (401, "application/problem+json")
    assert body["type"] == "https://ains.dev/problems/unauthorized"


def test_the_key_whose_hash_was_deployed_is_the_admins(deployed: Deployment) -> None:
    assert "tasks" in deployed.got("/aitp/tasks")
    assert deployed.call("GET", "/aitp/tasks", key=deployed.admin_key[:-1]).status == 401


def test_an_unknown_path_is_answered_by_the_gateway_in_our_shape(deployed: Deployment) -> None:
    status, content_type, body = deployed.call("GET", "/no/such/path", key=deployed.admin_key)
    assert (status, content_type) == (404, "application/problem+json")
    assert set(body) == {"type", "title", "status", "detail", "request_id"}


def test_a_wrong_method_is_answered_by_the_service(deployed: Deployment) -> None:
    status, _, body = deployed.call("DELETE", "/aitp/tasks", key=deployed.admin_key)
    assert (status, body["status"]) == (405, 405)


def test_the_minute_comes_by_itself_and_makes_it_healthy(deployed: Deployment) -> None:
    await_tick(deployed, after=last_tick(deployed))


def test_what_is_scraped_has_the_gauges_of_the_tick_and_counters_from_the_stream(
    deployed: Deployment,
) -> None:
    await_tick(deployed, after="")
    shown = deployed.call("GET", "/metrics", key=deployed.admin_key)
    assert shown.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert "\ntasks_queue_depth " in shown.body
    assert "\ntasks_created_total " in shown.body
    assert "http_requests_total" not in shown.body  # a container would show its own part only


def run_end_to_end_suite(deployed: Deployment) -> subprocess.CompletedProcess[str]:
    """The suite that the local service passes."""
    environment = deployed.aws.environment() | {
        "AINS_E2E_URL": deployed.url,
        "AINS_E2E_KEY": deployed.admin_key,
        "AINS_E2E_AWS": deployed.aws.url,
    }
    command = [sys.executable, "-m", "pytest", "tests/e2e", "-q", "-p", "no:cacheprovider"]
    chosen = os.environ.get("AINS_DEPLOYED_E2E", "")  # e.g. "-k schedule" while looking into a failure
    return subprocess.run(
        [*command, *chosen.split()],
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
    before = last_tick(deployed)
    take_rare_ways(deployed)
    suite = run_end_to_end_suite(deployed)
    await_tick(deployed, after=before)
    lines = (line for line in deployed.log_lines() if POISON not in line)
    trouble = [line[:3000] for line in lines if any(word in line for word in TROUBLE)]
    if suite.returncode or trouble:
        pytest.fail("\n".join([suite.stdout[-10_000:], *trouble[:5]]), pytrace=False)
    assert dead_letters(deployed) == 0
    unused = {function: granted(deployed, function) - used(deployed, function) for function in FUNCTIONS}
    idle = [f"{f}: {right}" for f, rights in unused.items() for right in rights if right[0] not in NEVER_SEEN]
    assert not idle, "\n".join(sorted(idle))


def dead_letters(deployed: Deployment) -> int:
    """Messages that no consumer could handle."""
    attributes = deployed.aws.client("sqs").get_queue_attributes(
        QueueUrl=deployed.outputs["WorkDeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])
