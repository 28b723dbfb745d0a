"""Agents die, work fails or hangs, messages come twice, the service is killed: every task is executed, each
outcome recorded once."""

import json
from collections.abc import Callable
from typing import Any

import botocore.session

from agent_client import Client
from agent_client.models import Task
from tests.e2e.processes import Service, Target, until

OVER_S = 60.0


def sqs_of(target: Target) -> Any:
    return botocore.session.get_session().create_client(
        "sqs",
        endpoint_url=target.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def work_queue(sqs: Any) -> str:
    urls: list[str] = sqs.list_queues(QueueNamePrefix="ains-")["QueueUrls"]
    return next(url for url in urls if url.endswith("-work"))


def outcomes(task: Task) -> list[str | None]:
    return [attempt.outcome for attempt in task.attempts]


def test_a_failing_task_is_retried_and_then_succeeds(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--fail-first", "2"):
        task = client.submit_task(
            "report",
            capability_required=name,
            client_id=name,
            max_retries=3,
            retry_policy={"strategy": "fixed", "backoff_seconds": 1, "jitter": 0},
        )
        done = client.wait(task.task_id, timeout=OVER_S)
    assert (done.status, done.attempt) == ("COMPLETED", 2)
    assert outcomes(done) == ["error", "error", "completed"]
    first, second, third = done.attempts
    for ended, begun in ((first, second), (second, third)):
        assert ended.ended_at is not None
        assert begun.assigned_at is not None
        assert (begun.assigned_at - ended.ended_at).total_seconds() >= 1


def test_retries_end(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--fail-first", "9"):
        task = client.submit_task(
            "report",
            capability_required=name,
            client_id=name,
            max_retries=1,
            retry_policy={"strategy": "fixed", "backoff_seconds": 0.5, "jitter": 0},
        )
        done = client.wait(task.task_id, timeout=OVER_S)
    assert (done.status, done.failure_kind, done.attempt) == ("FAILED", "error", 1)
    assert outcomes(done) == ["error", "error"]


def test_what_failed_for_good_is_redriven_and_then_succeeds(
    target: Target, client: Client, name: str
) -> None:
    with target.agent(name, name, "--fail-first", "1"):
        task = client.submit_task("report", capability_required=name, client_id=name, max_retries=0)
        assert client.wait(task.task_id, timeout=OVER_S).status == "FAILED"
    (letter,) = client.dead_letters(capability_required=name)
    assert (letter.task_id, letter.failure_kind, letter.attempts) == (task.task_id, "error", 1)
    with target.agent(f"{name}-mended", name):
        (redriven,) = client.redrive(matching={"capability_required": name}).redriven
        done = client.wait(redriven.retried_as, timeout=OVER_S)
    assert (done.status, done.retry_of) == ("COMPLETED", task.task_id)
    assert client.get_task(task.task_id).retried_as == done.task_id
    assert list(client.dead_letters(capability_required=name)) == []


def test_a_timeout_updates_status_and_trust(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--work-seconds", "60"):
        before = client.get_agent(name).trust_score
        task = client.submit_task(
            "report", capability_required=name, client_id=name, timeout_seconds=1.5, max_retries=0
        )
        done = client.wait(task.task_id, timeout=OVER_S)
        after = client.get_agent(name).trust_score
    assert (done.status, done.failure_kind, outcomes(done)) == ("FAILED", "timeout", ["timeout"])
    assert before is not None
    assert after is not None
    assert after < before


def test_work_of_a_killed_agent_goes_to_another(target: Target, client: Client, name: str) -> None:
    dying, living = f"{name}-dying", f"{name}-living"
    with target.agent(dying, name, "--work-seconds", "60", "--heartbeat-interval", "1") as agent:
        task = client.submit_task("report", capability_required=name, client_id=name)
        until(lambda: client.get_task(task.task_id).status == "ACTIVE", timeout=OVER_S, what="ACTIVE")
        with target.agent(living, name):
            agent.kill()
            done = client.wait(task.task_id, timeout=OVER_S)
            until(
                lambda: client.get_agent(dying).status == "OFFLINE",
                timeout=OVER_S,
                what="the dead agent OFFLINE",
            )
    assert (done.status, done.rescues) == ("COMPLETED", 1)
    assert [(a.agent_id, a.outcome) for a in done.attempts] == [(dying, "agent_lost"), (living, "completed")]
    assert client.get_agent(dying).in_flight == 0


def test_an_agent_started_again_frees_its_old_work_at_once(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--work-seconds", "60", "--heartbeat-interval", "30") as agent:
        task = client.submit_task("report", capability_required=name, client_id=name)
        until(lambda: client.get_task(task.task_id).status == "ACTIVE", timeout=OVER_S, what="ACTIVE")
        agent.kill()
        with target.agent(name, name):
            done = client.wait(task.task_id, timeout=20)
    assert outcomes(done) == ["superseded", "completed"]


def test_doubled_messages_change_nothing(target: Target, client: Client, name: str) -> None:
    sqs = sqs_of(target)
    queue = work_queue(sqs)
    with target.agent(name, name):
        task = client.submit_task("report", capability_required=name, client_id=name)
        body = {"v": 1, "kind": "dispatch", "id": task.task_id, "tenant": "local", "capability": name}
        due = {"v": 1, "kind": "due", "id": task.task_id, "aggregate": "task"}
        for message in (body, due, body, due):
            sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
        done = client.wait(task.task_id, timeout=OVER_S)
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
        other = client.submit_task("report", capability_required=name, client_id=name)
        client.wait(other.task_id, timeout=OVER_S)
    after = client.get_task(task.task_id)
    assert (after.status, outcomes(after), after.lease_token) == (
        "COMPLETED",
        ["completed"],
        done.lease_token,
    )


def _all_over(client: Client, tasks: list[Task]) -> Callable[[], list[Task] | None]:
    def look() -> list[Task] | None:
        found = [client.get_task(task.task_id) for task in tasks]
        return found if all(task.is_over for task in found) else None

    return look


def test_a_killed_and_restarted_service_loses_nothing(own_service: Service, name: str) -> None:
    target = Target(own_service.url, own_service.aws_url)
    client = Client(own_service.url)
    with target.agent(name, name, "--work-seconds", "0.3", "--max-concurrency", "2") as agent:
        tasks = [
            client.submit_task("report", capability_required=name, client_id=name, input_data={"n": [n]})
            for n in range(12)
        ]
        agent.says("Task result reported successfully", times=2)
        own_service.kill()
        own_service.start()
        done = until(_all_over(client, tasks), timeout=OVER_S, what="every task executed")
        late = client.submit_task("report", capability_required=name, client_id=name)
        client.wait(late.task_id, timeout=OVER_S)
    assert {task.status for task in done} == {"COMPLETED"}
    assert all(outcomes(task).count("completed") == 1 for task in done)
    client.close()


def test_a_stopped_service_keeps_its_data(own_service: Service, name: str) -> None:
    with Client(own_service.url) as client:
        task = client.submit_task("report", capability_required=name, client_id=name, input_data={"keep": 1})
        assert own_service.stop() == 0
        own_service.start()
        assert client.get_task(task.task_id).input_data == {"keep": 1}
