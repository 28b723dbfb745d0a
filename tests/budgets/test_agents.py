"""What keeping alive and working cost an agent, whatever it holds."""

import pytest

from chalicelib.domain.task import Status, Task
from chalicelib.services.holding import Report
from chalicelib.services.syncing import Named
from tests.budgets.counting import counted
from tests.budgets.rig import AGENT, TENANT, Rig
from tests.budgets.test_task_life import DISPATCH, FINISH

OF_PARKED = 1  # what waited behind others enters the clock only now


def holding(rig: Rig, count: int) -> list[Task]:
    """The agent with that many tasks of its own, delivered by a sync."""
    rig.agent(slots=max(1, count))
    for _ in range(count):
        rig.submit()
    given = rig.sync(free=count).given
    assert len(given) == count
    return given


@pytest.mark.parametrize("held", [0, 1, 20])
def test_a_heartbeat_is_one_write_of_one_unit_whatever_the_agent_holds(rig: Rig, held: int) -> None:
    holding(rig, held)
    rig.clock.advance(seconds=10)
    with counted(rig.cloud) as cost:
        rig.heartbeat()
    assert cost.actions == {"UpdateItem": 1}
    assert cost.write_units == 1


def test_a_sync_with_nothing_to_say_writes_one_unit(rig: Rig) -> None:
    held = holding(rig, 10)
    rig.clock.advance(seconds=10)
    with counted(rig.cloud) as cost:
        rig.sync(held=tuple(named(task) for task in held))
    assert cost.write_units == 1
    of_itself, of_what_it_names, of_its_inbox = "UpdateItem", "BatchGetItem", "Query"
    assert cost.actions == {of_itself: 1, of_what_it_names: 1, of_its_inbox: 1}


def named(task: Task) -> Named:
    assert task.lease is not None
    return Named(task_id=task.task_id, token=task.lease.token)


def completed(task: Task) -> Report:
    assert task.lease is not None
    return Report(
        task_id=task.task_id,
        agent_id=AGENT,
        token=task.lease.token,
        status=Status.COMPLETED,
        result={"sum": 6},
    )


def test_a_sync_that_reports_ten_and_takes_ten_is_at_most_thirty_calls(rig: Rig) -> None:
    done = holding(rig, 10)
    waiting = {rig.submit().task_id for _ in range(10)}
    with counted(rig.cloud) as cost:
        answer = rig.sync(reports=tuple(completed(task) for task in done), free=10)
        rig.use_cases.reading.with_input(answer.given)
    assert {task.task_id for task in answer.given} == waiting
    assert [heard.refusal for heard in answer.heard] == [None] * 10
    assert cost.calls <= 30
    assert cost.write_units <= 10 * FINISH + 10 * (DISPATCH + OF_PARKED) + 1


def test_a_poll_with_nothing_waiting_reads_three_times_and_writes_nothing(rig: Rig) -> None:
    with counted(rig.cloud) as cost:
        rig.use_cases.agents.poll(AGENT, tenant=TENANT)
    assert cost.write_units == 0
    assert cost.actions == {"GetItem": 1, "Query": 2}  # the agent, its line, its inbox
