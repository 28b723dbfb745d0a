"""The same key and body answer what was answered first, whatever became of the thing since."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from chalicelib.domain.agent import Agent, AgentStatus, Delivery, Profile
from chalicelib.domain.errors import Conflict, IllegalMove, KeyReused, NotFound
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Status, Task
from chalicelib.services.submission import Options, Order

from .doing import CAPABILITY, TENANT, complete, fail, registered, row, scheduled, start, submitted
from .worlds import Watched

ORDER = Order(
    client_id="c",
    task_type="t",
    capability=CAPABILITY,
    options=Options(queue_timeout_ms=60_000, max_retries=1),
)
LATER = Order(client_id="c", task_type="t", capability=CAPABILITY, not_before=1_800_000_010_000, priority=9)
DEFINITION = {"client_id": "c", "task_type": "t", "capability": CAPABILITY, "cron": "* * * * *"}
PROFILE = Profile(display_name="A", capabilities=(CAPABILITY,))


def ask(w: Watched, order: Order = ORDER) -> tuple[Task, bool]:
    return w.use_cases.submission.submit(order, tenant=TENANT, key="k")


def plan(w: Watched, **changes: Any) -> tuple[Schedule, bool]:
    return w.use_cases.schedules.create(
        DEFINITION | changes, tenant=TENANT, input_data={"n": "x" * 300}, metadata={}, key="k"
    )


def come(w: Watched, profile: Profile = PROFILE, *, key: str = "k", **said: Any) -> tuple[Agent, bool]:
    fields = {"max_concurrency": 1, "session_id": "s1", "descriptions": {}} | said
    return w.use_cases.agents.register_once(profile, key=key, tenant=TENANT, **fields)


def run(w: Watched, schedule_id: str, *, key: str = "k", tenant: str = TENANT) -> tuple[Task, bool]:
    return w.use_cases.firing.run_once(schedule_id, tenant=tenant, key=key)


@pytest.mark.parametrize("order", [ORDER, LATER])
def test_a_task_that_moved_on_is_answered_as_it_was(w: Watched, order: Order) -> None:
    registered(w, heartbeat_ms=600_000)
    first, _ = ask(w, order)
    w.run(seconds=11)
    assert row(w, first.task_id).status is Status.ASSIGNED
    assert ask(w, order) == (first, True)
    start(w, first.task_id)
    fail(w, first.task_id, error="no")
    assert ask(w, order) == (first, True)
    w.run(seconds=60)
    start(w, first.task_id)
    complete(w, first.task_id, result={"rows": 3})
    assert row(w, first.task_id).status is Status.COMPLETED
    assert ask(w, order) == (first, True)


def test_a_task_whose_row_was_changed_since_is_answered_as_it_was_asked_for(w: Watched) -> None:
    first, _ = ask(w)
    w.tasks.save(replace(first, version=2, priority=1, timeout_ms=7_000), was=1)
    assert ask(w) == (first, True)


def test_a_replay_writes_nothing(w: Watched) -> None:
    ask(w)
    plan(w)
    come(w)
    before = (dict(w.tasks.rows), dict(w.agents.rows), dict(w.schedules.rows), dict(w.payloads.texts))
    sent = list(w.queue.sent)
    w.clock.advance(seconds=5)
    assert [ask(w)[1], plan(w)[1], come(w)[1]] == [True] * 3
    assert (w.tasks.rows, w.agents.rows, w.schedules.rows, w.payloads.texts) == before
    assert w.queue.sent == sent


def test_a_schedule_that_fired_was_changed_or_paused_is_answered_as_it_was(w: Watched) -> None:
    first, _ = plan(w)
    w.run(seconds=130)
    assert w.schedules.rows[first.schedule_id].total_runs == 2
    assert plan(w) == (first, True)
    w.use_cases.schedules.change(first.schedule_id, {"cron": "0 9 * * *", "priority": 9}, tenant=TENANT)
    w.use_cases.schedules.pause(first.schedule_id, tenant=TENANT, reason="why")
    assert plan(w) == (first, True)
    with pytest.raises(KeyReused):
        plan(w, priority=9)


def test_a_single_run_that_is_over_is_answered_as_it_was(w: Watched) -> None:
    timing = {"cron": None, "run_at": w.clock() + 30_000}
    first, _ = plan(w, **timing)
    w.run(seconds=90)
    assert w.schedules.rows[first.schedule_id].status == "COMPLETED"
    assert plan(w, **timing) == (first, True)


def test_a_key_registers_one_agent_and_answers_it_as_it_was(w: Watched) -> None:
    first, was_known = come(w)
    assert not was_known
    task_id = submitted(w)
    w.drain()
    assert row(w, task_id).status is Status.ASSIGNED
    registered(w, first.agent_id, session="s2", slots=5)
    w.clock.advance(seconds=40)
    again, was_known = come(w)
    assert was_known
    assert again.status(w.clock()) is AgentStatus.ACTIVE
    times = ("registered_at", "lease_until", "last_heartbeat", "due_at")
    assert {k: v for k, v in asdict(again).items() if k not in times} == {
        k: v for k, v in asdict(first).items() if k not in times
    }
    assert w.agents.rows[first.agent_id].status(w.clock()) is AgentStatus.OFFLINE  # a replay is no heartbeat
    assert w.agents.rows[first.agent_id].session_id == "s2"


@pytest.mark.parametrize(
    "other",
    [
        {"profile": replace(PROFILE, tags=("eu",))},
        {"max_concurrency": 2},
        {"session_id": "s2"},
        {"descriptions": {CAPABILITY: {"version": "2"}}},
    ],
)
def test_another_registration_under_the_same_key_is_refused_and_changes_nothing(
    w: Watched, other: dict[str, Any]
) -> None:
    first, _ = come(w)
    with pytest.raises(KeyReused):
        come(w, **other)
    assert w.agents.rows == {first.agent_id: first}


def test_a_replay_answers_the_queue_and_a_refusal_makes_none(w: Watched) -> None:
    mine = replace(PROFILE, delivery=Delivery.SQS)
    first, _ = come(w, mine)
    assert first.profile.queue_url is not None
    assert come(w, mine)[0].profile == first.profile
    come(w, key="other")
    with pytest.raises(KeyReused):
        come(w, mine, key="other")
    assert list(w.agent_queues.messages) == [first.profile.queue_url]


def test_two_registrations_at_once_under_a_key_are_one(w: Watched) -> None:
    """The second meets the first's row at its own write."""
    seen = w.agents.get
    w.agents.get = lambda agent_id: (setattr(w.agents, "get", seen), come(w), None)[-1]  # type: ignore[method-assign, assignment]
    again, was_known = come(w)
    assert was_known
    assert list(w.agents.rows) == [again.agent_id]


def test_an_agent_that_left_is_registered_anew_under_its_key(w: Watched) -> None:
    first, _ = come(w)
    submitted(w)
    w.drain()
    w.tasks.hidden.add(f"agent#{first.agent_id}")
    w.use_cases.agents.leave(first.agent_id, tenant=TENANT)
    assert w.agents.rows[first.agent_id].left
    again, was_known = come(w)
    assert (again.agent_id, was_known) == (first.agent_id, False)
    assert not w.agents.rows[first.agent_id].left


def test_a_key_of_another_tenant_is_another_agent(w: Watched) -> None:
    mine, _ = come(w)
    theirs, was_known = w.use_cases.agents.register_once(
        PROFILE, key="k", tenant="other", max_concurrency=1, session_id="s1", descriptions={}
    )
    assert not was_known
    assert theirs.agent_id != mine.agent_id


def test_a_key_makes_one_run_and_answers_it_as_it_was(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    schedule = scheduled(w, "0 9 * * *")
    first, was_known = run(w, schedule.schedule_id)
    assert not was_known
    w.drain()
    start(w, first.task_id)
    complete(w, first.task_id)
    w.drain()
    w.use_cases.schedules.change(schedule.schedule_id, {"priority": 9}, tenant=TENANT)
    assert run(w, schedule.schedule_id) == (first, True)
    assert (len(w.tasks.rows), len(w.schedules.runs)) == (1, 1)
    assert w.schedules.rows[schedule.schedule_id].total_runs == 1


def test_a_run_under_a_key_is_a_run_like_any_other(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    schedule = scheduled(w, "0 9 * * *")
    task, _ = run(w, schedule.schedule_id)
    (execution,) = w.schedules.runs.values()
    assert (execution.task_id, execution.slot) == (task.task_id, task.slot)
    w.drain()
    start(w, task.task_id)
    complete(w, task.task_id)
    w.drain()
    (execution,) = w.schedules.runs.values()
    assert execution.status == "COMPLETED"


def test_a_run_is_answered_again_though_its_schedule_is_completed_or_gone(w: Watched) -> None:
    schedule = scheduled(w, max_runs=1)
    first, _ = run(w, schedule.schedule_id)
    assert run(w, schedule.schedule_id) == (first, True)
    with pytest.raises(IllegalMove):
        run(w, schedule.schedule_id, key="other")
    w.use_cases.schedules.delete(schedule.schedule_id, tenant=TENANT)
    assert run(w, schedule.schedule_id) == (first, True)
    with pytest.raises(NotFound):
        run(w, schedule.schedule_id, key="other")


def test_a_key_of_another_schedule_or_of_a_submission_makes_no_run(w: Watched) -> None:
    schedule, other = scheduled(w), scheduled(w)
    run(w, schedule.schedule_id)
    with pytest.raises(KeyReused):
        run(w, other.schedule_id)
    with pytest.raises(KeyReused):
        ask(w)
    w.use_cases.submission.submit(ORDER, tenant=TENANT, key="of a task")
    with pytest.raises(KeyReused):
        run(w, schedule.schedule_id, key="of a task")
    assert len(w.schedules.runs) == 1


def test_a_run_of_anothers_schedule_is_not_found(w: Watched) -> None:
    schedule = scheduled(w)
    with pytest.raises(NotFound):
        run(w, schedule.schedule_id, tenant="other")


def test_two_runs_at_once_under_a_key_are_one(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(ms=1)
    w.schedules.meanwhile.first(lambda: run(w, schedule.schedule_id))
    task, was_known = run(w, schedule.schedule_id)
    assert was_known
    assert list(w.tasks.rows) == [task.task_id]
    assert w.schedules.rows[schedule.schedule_id].total_runs == 1


def test_two_keys_in_one_millisecond_do_not_share_a_slot(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(ms=1)
    first, _ = run(w, schedule.schedule_id)
    with pytest.raises(Conflict, match="changing too fast"):
        run(w, schedule.schedule_id, key="other")
    w.clock.advance(ms=1)
    second, _ = run(w, schedule.schedule_id, key="other")
    assert {e.slot: e.task_id for e in w.schedules.runs.values()} == {
        first.slot: first.task_id,
        second.slot: second.task_id,
    }
