"""Agents come, stay, fall silent, are replaced and leave; what they held is freed, slots too."""

from dataclasses import replace

import pytest

from chalicelib.domain.agent import AgentStatus, Delivery, Profile, Wish
from chalicelib.domain.errors import Conflict, LostRace, NotFound
from chalicelib.domain.task import FailureKind, Outcome, Status
from chalicelib.services.ports import Aggregate

from . import invariants
from .doing import (
    TENANT,
    beat,
    complete,
    given,
    poll,
    registered,
    row,
    slots,
    start,
    submitted,
    sync,
)
from .worlds import Watched, watched

BUSY = {"heartbeat_ms": 600_000}


def on(w: Watched, agent_id: str, **options: object) -> str:
    """A task that runs on this agent, the only one that is free."""
    task_id = submitted(w, **options)
    w.drain()
    assert poll(w, agent_id) == [task_id]
    start(w, task_id, agent_id=agent_id)
    return task_id


def test_a_silent_agent_loses_what_runs_to_another_and_is_charged(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a", timeout_ms=600_000)
    registered(w, "b", **BUSY)
    w.run(seconds=29)
    assert row(w, task_id).token == 1
    w.run(seconds=1)
    task = row(w, task_id)
    assert task.lease is not None
    assert (task.lease.agent_id, task.token, task.rescues, task.attempt) == ("b", 2, 1, 0)
    assert task.last is not None
    assert task.last.outcome is Outcome.AGENT_LOST
    assert slots(w) == {"a": 0, "b": 1}
    lost = w.agents.rows["a"]
    assert (lost.status(w.clock()), lost.listed, lost.due_at) == (AgentStatus.OFFLINE, False, None)
    assert lost.trust("report", now=w.clock()).mean < 0.5


def test_losing_what_it_had_not_begun_costs_nobody_anything(w: Watched) -> None:
    registered(w, "a", heartbeat_ms=5_000)
    task_id = submitted(w)
    w.drain()
    registered(w, "b", **BUSY)
    w.clock.advance(seconds=16)
    w.use_cases.ticking.tick()
    w.drain()
    task = row(w, task_id)
    assert task.last is not None
    assert (task.last.outcome, task.rescues, task.attempt) == (Outcome.AGENT_LOST, 0, 0)
    assert w.agents.rows["a"].evidence == {}


def test_a_task_whose_agents_die_three_times_while_it_runs_is_over(w: Watched) -> None:
    task_id = submitted(w, timeout_ms=3_600_000)
    for name in ("a", "b", "c"):
        registered(w, name)
        w.run(seconds=2)
        assert poll(w, name) == [task_id]
        start(w, task_id, agent_id=name)
        w.run(seconds=95)
    task = row(w, task_id)
    assert (task.status, task.failure, task.rescues) == (Status.FAILED, FailureKind.AGENT_LOST, 3)
    assert task.error == "its agent was lost or let go of it 3 times while it ran"
    assert all(agent.trust("report", now=w.clock()).mean < 0.5 for agent in w.agents.rows.values())


def test_heartbeats_keep_a_task_with_its_agent(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a", timeout_ms=600_000)
    registered(w, "b", **BUSY)
    for _ in range(30):
        w.run(seconds=10)
        beat(w, "a")
    assert row(w, task_id).token == 1


def test_the_zombie_comes_back_and_its_result_is_refused(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a", timeout_ms=600_000)
    registered(w, "b", **BUSY)
    w.run(seconds=95)
    with pytest.raises(Conflict):
        complete(w, task_id, agent_id="a", token=1, result="zombie")
    start(w, task_id, agent_id="b")
    assert complete(w, task_id, agent_id="b", result="right").result is not None
    with pytest.raises(Conflict):
        complete(w, task_id, agent_id="a", token=1, result="zombie")


def test_a_lost_task_goes_back_to_the_same_agent_only_when_nobody_else_can(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a", timeout_ms=600_000)
    w.run(seconds=35)
    assert row(w, task_id).status is Status.PENDING
    registered(w, "b", **BUSY)
    other = on(w, "b", priority=10)
    beat(w, "a")
    assert (poll(w, "a"), row(w, other).status) == ([], Status.ACTIVE)  # b is full, but it can
    w.clock.advance(seconds=2)
    beat(w, "b", Wish.DRAINING)
    assert poll(w, "a") == [task_id]


def test_dispatch_gives_a_lost_task_to_another_while_there_are_any(w: Watched) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        registered(w, name, **BUSY)
    beat(w, "b", Wish.DEGRADED)
    task_id = submitted(w, timeout_ms=600_000)
    w.drain()
    lease = row(w, task_id).lease
    assert lease is not None
    lost = lease.agent_id
    start(w, task_id, agent_id=lost)
    w.use_cases.agents.leave(lost, tenant=TENANT)
    registered(w, lost, **BUSY)
    w.drain()
    lease = row(w, task_id).lease
    assert lease is not None
    assert lease.agent_id != lost


@pytest.mark.parametrize("seed", range(12))
def test_dispatch_does_not_give_it_back_for_want_of_a_look_at_all_the_others(seed: int) -> None:
    w = watched(seed=seed)
    for n in range(12):
        registered(w, f"silent-{n}")
    registered(w, "a", heartbeat_ms=600_000)
    registered(w, "b", heartbeat_ms=600_000)
    w.clock.advance(seconds=31)
    beat(w, "b", Wish.OFFLINE)
    task_id = submitted(w, timeout_ms=3_600_000)
    assert poll(w, "a") == [task_id]
    start(w, task_id, agent_id="a")
    beat(w, "a", Wish.OFFLINE)
    w.drain()
    w.clock.advance(seconds=6)
    w.use_cases.looking.look(Aggregate.AGENT, "a")
    beat(w, "a", Wish.ACTIVE)
    beat(w, "b", Wish.ACTIVE)
    w.clock.advance(seconds=2)
    w.use_cases.dispatch.route(task_id, tenant=TENANT, capability="report")
    assert [claim.agent.agent_id for claim in w.tasks.claims] == ["a", "b"]
    invariants.check(w)


def test_an_agent_whose_trust_is_too_low_for_it_does_not_keep_a_lost_task_waiting(w: Watched) -> None:
    registered(w, "a", **BUSY)
    for _ in range(3):
        complete(w, on(w, "a"), agent_id="a")
    registered(w, "newcomer", slots=5, **BUSY)
    w.clock.advance(seconds=2)
    task_id = submitted(w, min_trust=0.55, timeout_ms=3_600_000)
    w.drain()
    start(w, task_id, agent_id="a")
    beat(w, "a", Wish.OFFLINE)
    w.run(seconds=6)
    assert row(w, task_id).status is Status.PENDING
    beat(w, "a", Wish.ACTIVE)
    assert w.agents.rows["a"].trust("report", now=w.clock()).mean > 0.55
    assert poll(w, "newcomer") == []
    assert poll(w, "a") == [task_id]


def test_an_agent_that_says_offline_is_believed_at_once(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a")
    beat(w, "a", Wish.OFFLINE)
    registered(w, "b", **BUSY)
    assert not w.agents.rows["a"].listed
    w.run(seconds=6)
    lease = row(w, task_id).lease
    assert lease is not None
    assert lease.agent_id == "b"
    assert beat(w, "a", Wish.ACTIVE).status(w.clock()) is AgentStatus.ACTIVE
    assert w.agents.rows["a"].listed


def test_an_idle_agent_that_says_offline_is_not_watched_any_more(w: Watched) -> None:
    registered(w, "a")
    beat(w, "a", Wish.OFFLINE)
    w.drain()
    assert w.agents.rows["a"].due_at is None


def test_an_idle_agent_that_fell_silent_leaves_the_index_within_ten_minutes(w: Watched) -> None:
    registered(w, "a")
    w.run(seconds=601)
    assert not w.agents.rows["a"].listed
    beat(w, "a")
    assert w.agents.rows["a"].listed


def test_a_new_session_takes_over_and_nobody_is_charged(w: Watched) -> None:
    registered(w, "a", session="s1", slots=2)
    task_id = on(w, "a")
    cancelled = on_and_cancelled(w)
    agent = registered(w, "a", session="s2", slots=2)
    assert (agent.seq, agent.acked, slots(w)) == (0, 0, {"a": 0})
    task = row(w, task_id)
    assert task.last is not None
    assert (task.last.outcome, task.rescues, task.attempt) == (Outcome.SUPERSEDED, 1, 0)
    assert row(w, cancelled).status is Status.CANCELLED
    assert w.agents.rows["a"].evidence == {}


def on_and_cancelled(w: Watched) -> str:
    task_id = submitted(w)
    w.drain()
    w.use_cases.cancelling.cancel(task_id, tenant=TENANT, reason=None)
    return task_id


def test_registering_again_in_the_same_session_or_in_none_frees_nothing(w: Watched) -> None:
    registered(w, "a", session="s1")
    task_id = on(w, "a")
    sync(w, held=[task_id])
    for session in ("s1", None):
        agent = registered(w, "a", session=session, slots=3)
        assert (agent.session_id, agent.seq, agent.max_concurrency, agent.in_flight) == ("s1", 1, 3, 1)
    assert row(w, task_id).status is Status.ACTIVE


def test_an_agent_that_names_its_first_session_supersedes_nobody(w: Watched) -> None:
    registered(w, "a", **BUSY)
    task_id = on(w, "a")
    agent = registered(w, "a", session="s1", **BUSY)
    assert (agent.session_id, agent.superseded_at) == ("s1", None)
    assert row(w, task_id).token == 1


def test_registering_again_changes_the_profile_and_keeps_what_was_learnt(w: Watched) -> None:
    registered(w, "a", **BUSY)
    complete(w, on(w, "a"), agent_id="a")
    first = w.agents.rows["a"]
    w.clock.advance(seconds=5)
    again = registered(w, "a", capabilities=("report", "draw"), **BUSY)
    assert (again.registered_at, again.evidence) == (first.registered_at, first.evidence)
    assert again.profile.capabilities == ("report", "draw")


def test_two_processes_that_register_at_once_leave_one_session(w: Watched) -> None:
    registered(w, "a", session="s1")
    task_id = on(w, "a")
    w.agents.meanwhile.first(lambda: registered(w, "a", session="s2"))
    registered(w, "a", session="s3")
    assert w.agents.rows["a"].session_id == "s3"
    w.drain()
    assert task_id in given(sync(w, session="s3", free_slots=1))


def test_an_agent_that_changes_without_end_is_a_lost_race(w: Watched) -> None:
    registered(w, "a", session="s0")
    w.agents.meanwhile.first(
        *(lambda n=n: w.agents.rows.update(a=_renamed(w, n)) for n in range(4))  # type: ignore[misc]
    )
    with pytest.raises(LostRace, match="changing too fast"):
        registered(w, "a", session="mine")


def _renamed(w: Watched, n: int) -> object:
    return replace(w.agents.rows["a"], session_id=f"other-{n}")


def test_an_agent_that_is_deleted_while_it_registers_must_try_again(w: Watched) -> None:
    registered(w, "a", session="s0")
    w.agents.meanwhile.first(lambda: w.agents.rows.pop("a"))
    with pytest.raises(NotFound):
        registered(w, "a", session="s1")


def test_an_agent_that_leaves_gives_all_back_and_is_forgotten(w: Watched) -> None:
    registered(w, "a", slots=2)
    running = on(w, "a")
    registered(w, "b", slots=2, **BUSY)
    w.clock.advance(seconds=1)
    assert w.use_cases.agents.leave("a", tenant=TENANT).status(w.clock()) is AgentStatus.OFFLINE
    w.drain()
    lease = row(w, running).lease
    assert lease is not None
    assert lease.agent_id == "b"
    assert (w.agents.rows["a"].left, w.agents.rows["a"].due_at) == (True, None)
    assert w.agents.candidates(TENANT, "report", start=None, limit=9) == ["b"]
    with pytest.raises(NotFound):
        w.use_cases.agents.leave("a", tenant=TENANT)
    with pytest.raises(NotFound):
        beat(w, "a")


def test_an_agent_stays_a_tombstone_until_it_holds_nothing(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a")
    w.tasks.hidden.add("agent#a")  # the inbox index lags
    w.use_cases.agents.leave("a", tenant=TENANT)
    assert (w.agents.rows["a"].left, slots(w)) == (True, {"a": 1})
    with pytest.raises(NotFound):
        w.use_cases.agents.get("a", tenant=TENANT)
    w.run(seconds=4)
    w.tasks.hidden.clear()
    assert row(w, task_id).status is Status.ACTIVE
    w.run(seconds=2)
    assert row(w, task_id).status is Status.PENDING
    assert (w.agents.rows["a"].left, w.agents.rows["a"].due_at) == (True, None)


def test_an_agent_that_comes_back_while_it_is_a_tombstone_is_itself_again(w: Watched) -> None:
    registered(w, "a", session="s1")
    task_id = on(w, "a")
    w.tasks.hidden.add("agent#a")
    w.use_cases.agents.leave("a", tenant=TENANT)
    registered(w, "a", session="s2")
    w.tasks.hidden.clear()
    w.run(seconds=6)
    task = row(w, task_id)
    assert task.last is not None
    assert (task.last.outcome, task.token, slots(w)) == (Outcome.SUPERSEDED, 2, {"a": 1})


def test_leaving_while_another_deletes_the_row_is_not_found(w: Watched) -> None:
    registered(w, "a")
    agents = w.use_cases.agents
    w.agents.depart = lambda agent_id, now: None  # type: ignore[method-assign]
    with pytest.raises(NotFound):
        agents.leave("a", tenant=TENANT)


def test_polling_renews_the_lease_once_half_of_it_is_over(w: Watched) -> None:
    lease = registered(w, "a").lease_until
    w.clock.advance(seconds=15)
    poll(w)
    assert w.agents.rows["a"].lease_until == lease
    w.clock.advance(seconds=1)
    poll(w)
    assert w.agents.rows["a"].lease_until == w.clock() + 30_000
    assert w.metrics.total("agent_heartbeats_total") == 0


def test_more_than_a_page_of_held_tasks_is_freed(w: Watched) -> None:
    registered(w, "a", slots=250, **BUSY)
    ids = [submitted(w) for _ in range(250)]
    w.drain()
    assert slots(w) == {"a": 250}
    w.use_cases.agents.leave("a", tenant=TENANT)
    w.run(seconds=20)
    assert {row(w, task_id).status for task_id in ids} == {Status.PENDING}


def test_what_one_look_cannot_free_the_next_does(w: Watched) -> None:
    registered(w, "a", slots=1_100, **BUSY)
    for _ in range(1_100):
        submitted(w)
        w.drain()
    looked_at: list[str] = []
    w.use_cases.looking.sweeping.free(
        w.agents.rows["a"], Outcome.RELEASED, lambda task: bool(looked_at.append(task.task_id))
    )
    assert len(set(looked_at)) == 1_000  # however much it holds, one look is bounded
    w.queue.drop = True
    w.use_cases.agents.leave("a", tenant=TENANT)
    assert slots(w)["a"] > 0
    while "a" in w.agents.rows:
        w.clock.advance(seconds=5)
        w.use_cases.looking.look(Aggregate.AGENT, "a")


def test_an_agent_that_is_buried_while_it_is_looked_at_stays_buried(w: Watched) -> None:
    registered(w, "a")
    task_id = on(w, "a")
    w.tasks.meanwhile.first(lambda: w.agents.rows.pop("a"))
    w.agents.buried.add("a")
    w.use_cases.agents.leave("a", tenant=TENANT)
    assert (w.agents.rows, row(w, task_id).status) == ({}, Status.PENDING)


def test_the_new_sessions_work_stays_when_the_old_ones_is_freed_late(w: Watched) -> None:
    registered(w, "a", session="s1", slots=2)
    old = on(w, "a")
    w.tasks.hidden.add("agent#a")
    registered(w, "a", session="s2", slots=2)
    new = submitted(w)
    assert given(sync(w, session="s2", free_slots=1)) == [new]
    w.tasks.hidden.clear()
    w.run(seconds=6)
    last = row(w, old).last
    assert last is not None
    assert (row(w, new).token, last.outcome) == (1, Outcome.SUPERSEDED)


def test_a_held_back_agent_is_suspended_whatever_it_says(w: Watched) -> None:
    registered(w, "a")
    w.agents.rows["a"] = replace(w.agents.rows["a"], hold_until=w.clock() + 20_000)
    task_id = submitted(w)
    assert beat(w, "a", Wish.ACTIVE).status(w.clock()) is AgentStatus.SUSPENDED
    assert poll(w) == []
    w.run(seconds=20)
    beat(w, "a")
    assert poll(w) == [task_id]


def test_an_agents_queue_url_is_its_own_business(w: Watched) -> None:
    agent, is_new = w.use_cases.agents.register(
        "a",
        Profile(display_name="A", capabilities=("report",), delivery=Delivery.SQS),
        tenant=TENANT,
        max_concurrency=1,
        session_id=None,
        descriptions={},
    )
    assert is_new
    assert agent.profile.queue_url == "https://sqs.test/a"
