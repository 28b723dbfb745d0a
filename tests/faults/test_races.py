"""Two at once, with real threads on the embedded engine: each slot fires once, each task has one holder."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from chalicelib.domain.agent import Profile
from chalicelib.domain.errors import DomainError
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Status, Task
from chalicelib.services.holding import Report
from chalicelib.services.submission import Order
from chalicelib.services.syncing import Said
from tests.faults.conftest import Engine

ROUNDS = 15


def at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Run them all from one moment on; what they raised."""
    barrier = threading.Barrier(len(calls))
    raised: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def due_schedule(engine: Engine) -> Schedule:
    """A single run whose time has come."""
    definition = {
        "client_id": "c",
        "task_type": "report",
        "capability": "report-v1",
        "run_at": engine.use_cases.clock() - 5_000,
    }
    schedule, _ = engine.use_cases.schedules.create(definition, tenant="local", input_data={}, metadata={})
    return schedule


def tasks_of(engine: Engine) -> list[Task]:
    return list(engine.use_cases.reading.tasks.page(limit=100, cursor=None).items)


def register(engine: Engine, agent_id: str, *, slots: int = 10) -> None:
    profile = Profile(display_name=agent_id, capabilities=("report-v1",))
    engine.use_cases.agents.register(
        agent_id, profile, tenant="local", max_concurrency=slots, session_id="s", descriptions={}
    )


def submit(engine: Engine) -> Task:
    order = Order(client_id="c", task_type="report", capability="report-v1", input_data={"n": 1})
    task, _ = engine.use_cases.submission.submit(order, tenant="local")
    return task


def test_two_ticks_at_once_fire_a_slot_once(engine: Engine) -> None:
    second = engine.another()
    for _ in range(ROUNDS):
        schedule = due_schedule(engine)
        raised = at_once(engine.use_cases.ticking.tick, second.ticking.tick)
        raised += at_once(
            lambda s=schedule: engine.use_cases.firing.fire(s.schedule_id),
            lambda s=schedule: second.firing.fire(s.schedule_id),
        )
        assert raised == []
        while engine.consume():
            pass
    fired = Counter(task.schedule_id for task in tasks_of(engine))
    assert len(fired) == ROUNDS
    assert set(fired.values()) == {1}


def test_a_message_delivered_twice_at_once_assigns_once(engine: Engine) -> None:
    register(engine, "one", slots=100)
    register(engine, "two", slots=100)
    second = engine.another()
    for _ in range(ROUNDS):
        task = submit(engine)
        routes = [
            lambda u=u, t=task: u.dispatch.route(t.task_id, tenant="local", capability="report-v1")
            for u in (engine.use_cases, second, engine.use_cases, second)
        ]
        assert at_once(*routes) == []
    held = tasks_of(engine)
    assert {task.status for task in held} == {Status.ASSIGNED}
    assert {task.token for task in held} == {1}
    in_flight = sum(engine.use_cases.agents.get(a, tenant="local").in_flight for a in ("one", "two"))
    assert in_flight == ROUNDS


def test_agents_that_pull_at_once_share_the_line_without_doubling(engine: Engine) -> None:
    names = [f"agent-{n}" for n in range(4)]
    for name in names:
        register(engine, name, slots=3)
    for _ in range(10):
        submit(engine)
    users = [engine.another() for _ in names]

    def pull(index: int) -> None:
        said = Said(session_id="s", ack=0, free_slots=3)
        users[index].syncing.sync(names[index], said, tenant="local")

    assert at_once(*[lambda i=i: pull(i) for i in range(len(names))]) == []
    held = [task for task in tasks_of(engine) if task.lease is not None]
    agents = [engine.use_cases.agents.get(name, tenant="local") for name in names]
    assert sum(agent.in_flight for agent in agents) == len(held)
    assert all(agent.in_flight <= 3 for agent in agents)
    assert all(task.token == 1 for task in held)


def test_one_of_two_contradicting_reports_is_recorded(engine: Engine) -> None:
    register(engine, "one", slots=100)
    second = engine.another()
    for _ in range(ROUNDS):
        task = submit(engine)
        engine.use_cases.dispatch.route(task.task_id, tenant="local", capability="report-v1")
        common = {"task_id": task.task_id, "agent_id": "one", "token": 1}
        engine.use_cases.holding.report(Report(status=Status.ACTIVE, **common), tenant="local")
        good = Report(status=Status.COMPLETED, result={"ok": True}, **common)
        bad = Report(status=Status.FAILED, error="no", retryable=False, **common)
        raised = at_once(
            lambda r=good: engine.use_cases.holding.report(r, tenant="local"),
            lambda r=bad: second.holding.report(r, tenant="local"),
        )
        assert len(raised) == 1
        assert isinstance(raised[0], DomainError)
    ended = tasks_of(engine)
    assert {task.status for task in ended} <= {Status.COMPLETED, Status.FAILED}
    agent = engine.use_cases.agents.get("one", tenant="local")
    assert agent.in_flight == 0
    effective = agent.trust("report-v1", now=engine.use_cases.clock()).effective_results
    good_ones = sum(task.status is Status.COMPLETED for task in ended)  # the others said: nobody could do it
    assert effective == pytest.approx(good_ones, rel=1e-3)
