"""Agents that are stopped, drained, or killed and started again: all they held is done, by somebody, once."""

import time

import pytest

from agent_client import Client
from agent_client.models import Task
from tests.e2e.processes import Target, until

SLOW_AGENT = "tests.e2e.slow_agent"
OVER_S = 40.0
TRANSPORTS = pytest.mark.parametrize("transport", ["http", "sqs"])


def submitted(client: Client, name: str, **seconds: float) -> str:
    """A task; `seconds` says how long an agent of that name takes."""
    task = client.submit_task("work", capability_required=name, client_id=name, input_data=seconds)
    return task.task_id


def are_active(client: Client, ids: list[str]) -> None:
    until(
        lambda: {client.get_task(task_id).status for task_id in ids} == {"ACTIVE"},
        timeout=OVER_S,
        what="all ACTIVE",
    )


def history(task: Task) -> list[tuple[str | None, str | None]]:
    return [(attempt.agent_id, attempt.outcome) for attempt in task.attempts]


@TRANSPORTS
def test_a_stopped_agent_finishes_within_its_grace_and_hands_the_rest_to_another(
    target: Target, client: Client, name: str, transport: str
) -> None:
    first, other = f"{name}-first", f"{name}-other"
    options = ("--transport", transport, "--max-concurrency", "2", "--grace", "4")
    with target.agent(first, name, *options, module=SLOW_AGENT) as agent:
        quick, long = submitted(client, name, **{first: 2.0}), submitted(client, name, **{first: 60.0})
        are_active(client, [quick, long])
        waiting = [submitted(client, name) for _ in range(2)]
        with target.agent(other, name, "--transport", transport, module=SLOW_AGENT):
            asked = time.monotonic()
            assert agent.stop() == 0
            assert time.monotonic() - asked < 30  # not as long as the handler
            done = {task_id: client.wait(task_id, timeout=OVER_S) for task_id in [quick, long, *waiting]}
    assert {task.status for task in done.values()} == {"COMPLETED"}
    assert {task.attempt for task in done.values()} == {0}
    assert history(done[quick]) == [(first, "completed")]
    assert history(done[long]) == [(first, "released"), (other, "completed")]
    assert [history(done[task_id]) for task_id in waiting] == [[(other, "completed")]] * 2
    assert {task_id: task.rescues for task_id, task in done.items() if task.rescues} == {long: 1}
    agent.says("The grace is over: giving 1 tasks back")
    agent.says("Agent signed off")
    signed_off = client.get_agent(first)
    assert (signed_off.status, signed_off.in_flight) == ("OFFLINE", 0)


@TRANSPORTS
def test_a_killed_agent_that_is_started_again_frees_its_old_work_long_before_its_lease_ends(
    target: Target, client: Client, name: str, transport: str
) -> None:
    options = ("--transport", transport, "--heartbeat-interval", "60")
    with target.agent(name, name, *options, "--work-seconds", "60") as agent:
        task_id = submitted(client, name)
        are_active(client, [task_id])
        lease_ends = client.get_agent(name).lease_expires_at
        agent.kill()
        with target.agent(name, name, *options):
            done = client.wait(task_id, timeout=OVER_S)
    assert history(done) == [(name, "superseded"), (name, "completed")]
    assert (done.attempt, done.rescues) == (0, 1)
    assert done.ended_at is not None
    assert lease_ends is not None
    assert (lease_ends - done.ended_at).total_seconds() > 60


@TRANSPORTS
def test_a_drained_agent_finishes_and_idles_until_it_is_undrained(
    target: Target, client: Client, name: str, transport: str
) -> None:
    options = ("--transport", transport, "--heartbeat-interval", "1")
    with target.agent(name, name, *options, module=SLOW_AGENT) as agent:
        held = submitted(client, name, **{name: 2.0})
        are_active(client, [held])
        assert client.drain_agent(name, reason="new disk").status == "DRAINING"
        agent.says("Drained: no new work for now")
        waiting = submitted(client, name)
        assert client.wait(held, timeout=OVER_S).status == "COMPLETED"
        agent.says("Heartbeat sent at", times=agent.heard("Heartbeat sent at") + 3)
        assert client.get_agent(name).status == "DRAINING"
        assert client.get_task(waiting).status == "PENDING"
        assert client.undrain_agent(name).status == "ACTIVE"
        assert client.wait(waiting, timeout=OVER_S).attempts[-1].agent_id == name
        agent.says("No longer drained")


def test_a_drained_agent_may_leave_and_its_successor_is_not_drained(
    target: Target, client: Client, name: str
) -> None:
    with target.agent(name, name, "--exit-when-drained", "--heartbeat-interval", "1") as agent:
        client.drain_agent(name)
        agent.says("Agent signed off")
        assert agent.child.wait(timeout=20) == 0
    with target.agent(name, name):
        assert client.get_agent(name).status == "ACTIVE"
        client.wait(submitted(client, name), timeout=OVER_S)
