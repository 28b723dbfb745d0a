"""A task from submission to result, over each way of delivery."""

import json
import urllib.request

import pytest

from agent_client import BadRequest, Client, Conflict, NotFound
from tests.e2e.processes import Target, until

OVER_S = 40.0


@pytest.mark.parametrize("transport", ["http", "sqs"])
def test_a_task_is_executed_by_a_running_agent(
    target: Target, client: Client, name: str, transport: str
) -> None:
    with target.agent(name, name, "--transport", transport) as agent:
        task = client.submit_task(
            "report", capability_required=name, client_id=name, input_data={"numbers": [1, 2, 3]}
        )
        done = client.wait(task.task_id, timeout=OVER_S)
        assert (done.status, done.result_data["sum"]) == ("COMPLETED", 6)
        assert (done.attempt, done.attempts[-1].outcome) == (0, "completed")
        agent.says(f"Task {task.task_id} assigned")
        agent.says(f"Executing {task.task_id}...")
        agent.says("Task completed, reporting result...")
        agent.says("Task result reported successfully")


def test_work_that_waited_is_taken_by_an_agent_that_comes_later(
    target: Target, client: Client, name: str
) -> None:
    tasks = [
        client.submit_task("report", capability_required=name, client_id=name, input_data={"n": [n]})
        for n in range(5)
    ]
    assert client.get_task(tasks[0].task_id).status == "PENDING"
    with target.agent(name, name, "--max-concurrency", "2"):
        done = [client.wait(task.task_id, timeout=OVER_S) for task in tasks]
    assert {task.status for task in done} == {"COMPLETED"}


def test_a_large_document_travels_there_and_back(target: Target, client: Client, name: str) -> None:
    text = "größer " * 8_000
    with target.agent(name, "echo"):
        task = client.submit_task("echo", capability_required="echo", client_id=name, input_data={"t": text})
        assert client.wait(task.task_id, timeout=OVER_S).result_data == {"t": text}


def test_the_old_spellings_still_make_a_task(target: Target, client: Client, name: str) -> None:
    body = {
        "clientid": name,
        "tasktype": "report",
        "capabilityrequired": name,
        "inputdata": {"numbers": [4]},
        "priority": 7,
    }
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": target.key} if target.key else {})
    request = urllib.request.Request(
        f"{target.url}/aitp/tasks", json.dumps(body).encode(), headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201
        made = json.load(answer)
    with target.agent(name, name):
        done = client.wait(made["task_id"], timeout=OVER_S)
    assert (done.status, done.priority, done.result_data["sum"]) == ("COMPLETED", 7, 4)


def test_an_old_style_agent_polls_the_list_and_puts_the_status(client: Client, name: str) -> None:
    client.register_agent(name, agent_id=name, capabilities=[name])
    task = client.submit_task("report", capability_required=name, client_id=name, input_data={"a": 1})

    def mine() -> bool:
        return [t.task_id for t in client.list_tasks(assigned_agent_id=name)] == [task.task_id]

    until(mine, timeout=OVER_S, what="the task in the agent's list")
    assert client.report(task.task_id, "ACTIVE", agent_id=name).status == "ACTIVE"
    done = client.report(task.task_id, "COMPLETED", agent_id=name, result_data={"b": 2})
    assert done.status == "COMPLETED"
    again = client.report(task.task_id, "COMPLETED", agent_id=name, result_data={"b": 2})
    assert again.status == "COMPLETED"
    with pytest.raises(Conflict):
        client.report(task.task_id, "COMPLETED", agent_id=name, result_data={"b": 3})
    assert client.get_task(task.task_id).result_data == {"b": 2}


def test_a_cancelled_task_is_never_completed(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--work-seconds", "60") as agent:
        task = client.submit_task("report", capability_required=name, client_id=name)
        agent.says(f"Executing {task.task_id}...")
        assert client.cancel_task(task.task_id, reason="changed my mind").status == "CANCELLED"

        def is_free() -> bool:
            return client.get_agent(name).in_flight == 0

        until(is_free, timeout=OVER_S, what="the agent's slot")
    cancelled = client.get_task(task.task_id)
    assert (cancelled.status, cancelled.error_message) == ("CANCELLED", "changed my mind")


def test_mistakes_are_told_apart(client: Client, name: str) -> None:
    with pytest.raises(NotFound):
        client.get_task("task-that-never-was")
    with pytest.raises(BadRequest) as refused:
        client.submit_task("report", capability_required=name, client_id=name, priority=11)
    assert "priority" in str(refused.value)
