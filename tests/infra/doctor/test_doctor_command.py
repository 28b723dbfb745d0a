"""`python -m infra.doctor` as a process, against a local service that runs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import botocore.session
import httpx
import pytest

from agent_client import Client
from tests.e2e.processes import ROOT, Service, service

pytestmark = pytest.mark.e2e
KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}


def doctor(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """With no AWS settings but these."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AINS_"))}
    return subprocess.run(
        [sys.executable, "-m", "infra.doctor", *arguments],
        cwd=ROOT,
        env=bare | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": os.devnull} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("doctor")) as local:
        yield local


def changed(local: Service, table: str, key: dict[str, str], **values: Any) -> None:
    dynamodb = botocore.session.Session().create_client("dynamodb", endpoint_url=local.aws_url, **KEYS)
    dynamodb.update_item(
        TableName=f"ains-local-{table}",
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )
    dynamodb.close()


def test_it_visits_a_running_service(running: Service) -> None:
    here = ("--endpoint-url", running.aws_url, "--settle-seconds", "0.1")
    with Client(running.url) as client:
        task = client.submit_task("work", capability_required="sums", client_id="me", input_data={"n": 1})
    worker = {"agent_id": "worker", "display_name": "w", "capabilities": [{"name": "draw"}]}
    worker |= {"heartbeat_interval_seconds": 600}
    httpx.post(f"{running.url}/ains/agents", json=worker).raise_for_status()

    well = doctor(*here)
    assert (well.returncode, well.stderr) == (0, "")
    assert well.stdout.startswith("local: 2 rows read in ")
    assert well.stdout.endswith("(1 agent, no schedules, 1 task, no executions): no violations\n")

    changed(running, "agents", {"agent_id": "worker"}, in_flight={"N": "3"})
    changed(running, "tasks", {"task_id": task.task_id}, status={"S": "COMPLETED"})
    ill = doctor(*here)
    assert (ill.returncode, ill.stderr) == (1, "")
    assert "12 conservation: agent worker\n   counts 3 tasks in flight and holds 0\n   -> " in ill.stdout
    assert f" 6 single result: task {task.task_id}\n   is COMPLETED and ended never\n" in ill.stdout

    first = doctor(*here, "--limit", "1")
    assert first.returncode == 1
    assert "1 violation, and more: raise --limit" in first.stdout


def test_another_stage_has_no_tables_here(running: Service) -> None:
    told = doctor("--stage", "prod", "--endpoint-url", running.aws_url)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        "doctor: no tables ains-prod-*: is 'prod' the stage, and this its account and region?\n"
    )


def test_where_nobody_listens_is_one_line() -> None:
    told = doctor("--endpoint-url", "http://127.0.0.1:1")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "doctor: nobody answers at http://127.0.0.1:1: is it running (make run)?\n"


def test_no_credentials_and_no_region_are_one_line_each() -> None:
    for said, environment in (
        ("no AWS credentials", {"AWS_DEFAULT_REGION": "us-east-1"}),
        ("no AWS region", {}),
        ("no AWS credentials (The config profile (gone) could not be found)", {"AWS_PROFILE": "gone"}),
    ):
        told = doctor("--stage", "prod", **environment)
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.startswith(f"doctor: {said}")
        assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("--limit", "0"), ("--settle-seconds", "-1"), ("--endpoint-url", "local"), ("--limit", "many")],
)
def test_arguments_that_make_no_sense_are_refused(arguments: tuple[str, ...]) -> None:
    told = doctor(*arguments)
    assert told.returncode == 2
    assert f"error: argument {arguments[0]}" in told.stderr
