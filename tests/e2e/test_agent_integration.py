"""The sample agent as a process: it registers, keeps alive, drains, and says what it does."""

import re

from agent_client import Client
from tests.e2e.processes import Target, until


def test_registration_and_heartbeats_keep_an_agent_active(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--heartbeat-interval", "1") as agent:
        first = client.get_agent(name)
        assert first.status == "ACTIVE"
        beats = agent.heard("Heartbeat sent at")
        agent.says("Heartbeat sent at", times=beats + 5)  # more than the lease of three heartbeats
        later = client.get_agent(name)
        assert later.status == "ACTIVE"
        assert first.last_heartbeat is not None
        assert later.last_heartbeat is not None
        assert later.last_heartbeat > first.last_heartbeat
        assert any(re.fullmatch(r".*Heartbeat sent at \d\d:\d\d:\d\d", line) for line in agent.lines)
        agent.says("Polling for tasks... 0 tasks found")


def test_an_agent_that_falls_silent_goes_offline(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name, "--heartbeat-interval", "1") as agent:
        agent.kill()
        until(lambda: client.get_agent(name).status == "OFFLINE", timeout=20, what="OFFLINE")


def test_sigterm_finishes_the_work_at_hand_and_takes_no_more(
    target: Target, client: Client, name: str
) -> None:
    with target.agent(name, name, "--work-seconds", "1") as agent:
        tasks = [client.submit_task("report", capability_required=name, client_id=name) for _ in range(3)]
        agent.says(f"Executing {tasks[0].task_id}...")
        assert agent.stop() == 0
        states = [client.get_task(task.task_id) for task in tasks]
    assert states[0].status == "COMPLETED"
    assert {task.status for task in states[1:]} <= {"PENDING", "COMPLETED"}
    assert all(task.attempt == 0 and task.rescues == 0 for task in states)
    signed_off = client.get_agent(name)
    assert (signed_off.status, signed_off.in_flight) == ("OFFLINE", 0)


def test_it_says_what_it_does(target: Target, client: Client, name: str) -> None:
    with target.agent(name, name) as agent:
        agent.says(f"Agent {name} registered with ID: {name}")
        task = client.submit_task("report", capability_required=name, client_id=name)
        client.wait(task.task_id, timeout=40)
        agent.says("Task result reported successfully")
        wanted = [
            f"Task {task.task_id} assigned",
            f"Executing {task.task_id}...",
            "Task completed, reporting result...",
            "Task result reported successfully",
        ]
        places = [next(i for i, line in enumerate(agent.lines) if text in line) for text in wanted]
    assert places == sorted(places)
