"""What is put in comes out again, every field of it."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from tests.contract import values
from tests.contract.implementations import Stores

BESIDE_FIXTURES = settings(values.EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = count(1)  # one store serves all examples of a test, so each example has ids of its own


@BESIDE_FIXTURES
@given(values.tasks)
def test_a_task_comes_back_whole(stores: Stores, drawn: Task) -> None:
    task = replace(drawn, task_id=f"{drawn.task_id}{next(numbers)}")
    assert stores.tasks.add(task) is None
    assert stores.tasks.get(task.task_id) == task
    assert stores.tasks.get_many([task.task_id]) == [task]


@BESIDE_FIXTURES
@given(values.tasks, values.tasks)
def test_a_saved_task_comes_back_whole(stores: Stores, before: Task, after: Task) -> None:
    task_id = f"{before.task_id}{next(numbers)}"
    stores.tasks.add(replace(before, task_id=task_id))
    stores.tasks.save(replace(after, task_id=task_id), was=before.version)
    assert stores.tasks.get(task_id) == replace(after, task_id=task_id)


@BESIDE_FIXTURES
@given(values.agents)
def test_an_agent_comes_back_whole(stores: Stores, drawn: Agent) -> None:
    agent = replace(drawn, agent_id=f"{drawn.agent_id}{next(numbers)}")
    assert stores.agents.add(agent, {}) is None
    assert stores.agents.get(agent.agent_id) == agent
    assert stores.agents.get_many([agent.agent_id]) == [agent]


@BESIDE_FIXTURES
@given(values.schedules)
def test_a_schedule_comes_back_whole(stores: Stores, drawn: Schedule) -> None:
    schedule = replace(drawn, schedule_id=f"{drawn.schedule_id}{next(numbers)}", failed_runs=0)
    assert stores.schedules.add(schedule) is None
    assert stores.schedules.get(schedule.schedule_id) == schedule


@BESIDE_FIXTURES
@given(values.schedules, values.schedules)
def test_a_saved_schedule_comes_back_whole(stores: Stores, before: Schedule, after: Schedule) -> None:
    schedule_id = f"{before.schedule_id}{next(numbers)}"
    stores.schedules.add(replace(before, schedule_id=schedule_id, failed_runs=0))
    changed = replace(after, schedule_id=schedule_id, failed_runs=0)
    stores.schedules.save(changed, was=before.version)
    assert stores.schedules.get(schedule_id) == changed


@BESIDE_FIXTURES
@given(values.runs)
def test_an_execution_comes_back_whole(stores: Stores, drawn: Execution) -> None:
    schedule = values.a_schedule(f"schedule-{next(numbers)}")
    run = replace(drawn, schedule_id=schedule.schedule_id)
    stores.schedules.add(schedule)
    after = replace(schedule, version=2)
    stores.schedules.fire(after, was=1, task=values.a_task(f"task-{next(numbers)}"), execution=run)
    assert stores.schedules.execution(run.schedule_id, run.slot) == run
    assert stores.schedules.executions(run.schedule_id, limit=5, cursor=None).items == (run,)


@BESIDE_FIXTURES
@given(values.objects)
def test_a_capability_is_described_as_it_was_registered(
    stores: Stores, description: dict[str, object]
) -> None:
    agent = values.an_agent(f"agent-{next(numbers)}", capabilities=("math", "sum.of:parts#2"))
    stores.agents.add(agent, {"sum.of:parts#2": description})
    assert stores.agents.capabilities(agent) == [("math", None), ("sum.of:parts#2", description)]


@pytest.mark.parametrize("text", ["", "\x00", "日本 \u2028 🚀", "x" * 262_144, '"\\\n' * 20_000])
def test_a_document_comes_back_whole(stores: Stores, text: str) -> None:
    stores.payloads.put("task-1", "input#1", text)
    assert stores.payloads.get_many([("task-1", "input#1")]) == {("task-1", "input#1"): text}


def test_what_was_never_put_is_not_there(stores: Stores) -> None:
    assert stores.tasks.get("task-none") is None
    assert stores.tasks.get_many(["task-none"]) == []
    assert stores.tasks.get_with_agents("task-none", ["agent-none"]) == (None, [])
    assert stores.agents.get("agent-none") is None
    assert stores.agents.get_many(["agent-none"]) == []
    assert stores.schedules.get("schedule-none") is None
    assert stores.schedules.execution("schedule-none", 0) is None
    assert stores.payloads.get_many([("task-none", "input")]) == {}
    assert stores.ticks.last() is None


def test_nothing_is_asked_for_with_no_keys(stores: Stores) -> None:
    assert stores.tasks.get_many([]) == []
    assert stores.agents.get_many([]) == []
    assert stores.payloads.get_many([]) == {}
    stores.tasks.add(values.a_task())
    assert stores.tasks.get_with_agents("task-1", []) == (values.a_task(), [])
