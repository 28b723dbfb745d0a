"""A drained agent gets nothing new, keeps what it has, and only a restart or its undraining lifts that."""

import pytest

from chalicelib.domain.agent import Agent, AgentStatus, Delivery, Wish
from chalicelib.domain.errors import NotFound
from chalicelib.domain.task import Outcome, Status

from .doing import (
    CAPABILITY,
    TENANT,
    beat,
    complete,
    given,
    poll,
    registered,
    row,
    start,
    submitted,
    sync,
)
from .worlds import Watched


def drain(w: Watched, agent_id: str = "a", *, reason: str | None = None) -> Agent:
    return w.use_cases.draining.drain(agent_id, tenant=TENANT, reason=reason)


def undrain(w: Watched, agent_id: str = "a") -> Agent:
    return w.use_cases.draining.undrain(agent_id, tenant=TENANT)


def status(w: Watched, agent_id: str = "a") -> AgentStatus:
    return w.agents.rows[agent_id].status(w.clock())


def candidates(w: Watched) -> list[str]:
    return w.agents.candidates(TENANT, CAPABILITY, start=None, limit=9)


def test_no_sign_of_life_lifts_it(w: Watched) -> None:
    registered(w, session="s1")
    assert drain(w, reason="new disk").status(w.clock()) is AgentStatus.DRAINING
    for wish in (Wish.ACTIVE, Wish.DEGRADED, None):
        beat(w, wish=wish)
        assert status(w) is AgentStatus.DRAINING
    answer = sync(w, wish=Wish.ACTIVE, free_slots=1)
    assert answer.agent.status(w.clock()) is AgentStatus.DRAINING
    assert (w.agents.rows["a"].drain_reason, w.agents.rows["a"].listed) == ("new disk", False)


def test_it_leaves_the_candidates_at_once_and_comes_back_at_once(w: Watched) -> None:
    registered(w)
    drain(w)
    assert candidates(w) == []
    beat(w, wish=Wish.ACTIVE)
    assert candidates(w) == []
    undrain(w)
    assert candidates(w) == ["a"]


def test_it_gets_nothing_by_dispatch_poll_or_sync(w: Watched) -> None:
    registered(w, slots=3, session="s1")
    drain(w)
    task_id = submitted(w)
    w.drain()
    assert poll(w) == []
    assert given(sync(w, free_slots=3)) == []
    assert row(w, task_id).status is Status.PENDING


def test_a_drain_that_comes_between_choice_and_claim_prevents_the_claim(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    w.tasks.meanwhile.first(lambda: drain(w))
    w.drain()
    assert row(w, task_id).status is Status.PENDING
    assert w.agents.rows["a"].in_flight == 0


def test_what_it_holds_it_keeps_beyond_the_lease_it_had_and_finishes(w: Watched) -> None:
    registered(w, session="s1")
    task_id = submitted(w)
    assert given(sync(w, free_slots=1)) == [task_id]
    start(w, task_id)
    drain(w)
    w.run(seconds=120, each=lambda: beat(w))
    assert row(w, task_id).status is Status.ACTIVE
    complete(w, task_id)
    assert (row(w, task_id).status, w.agents.rows["a"].in_flight) == (Status.COMPLETED, 0)


def test_what_it_was_given_before_still_reaches_it(w: Watched) -> None:
    registered(w, session="s1")
    task_id = submitted(w)
    w.drain()
    drain(w)
    assert given(sync(w, free_slots=1)) == [task_id]
    assert row(w, task_id).status is Status.ASSIGNED


def test_it_keeps_no_silent_agent_alive(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    w.clock.advance(seconds=29)
    lease = w.agents.rows["a"].lease_until
    assert drain(w).lease_until == lease
    w.run(seconds=10)
    assert status(w) is AgentStatus.OFFLINE
    last = row(w, task_id).last
    assert last is not None
    assert last.outcome is Outcome.AGENT_LOST


def test_draining_twice_keeps_the_first_time_and_the_reason_unless_there_is_another(w: Watched) -> None:
    registered(w)
    first = drain(w, reason="new disk")
    w.clock.advance(seconds=5)
    again = drain(w)
    assert (again.drained_at, again.drain_reason) == (first.drained_at, "new disk")
    assert drain(w, reason="new rack").drain_reason == "new rack"


def test_undraining_offers_work_to_an_agent_with_a_queue(w: Watched) -> None:
    agent = registered(w, delivery=Delivery.SQS, session="s1")
    w.drain()
    drain(w)
    task_id = submitted(w)
    w.drain()
    assert row(w, task_id).status is Status.PENDING
    undrain(w)
    w.drain()
    assert row(w, task_id).status is Status.ASSIGNED
    assert agent.profile.queue_url is not None
    assert [m["task_id"] for m in w.agent_queues.messages[agent.profile.queue_url]] == [task_id]


def test_undraining_does_not_overrule_what_the_agent_says(w: Watched) -> None:
    registered(w)
    beat(w, wish=Wish.DRAINING)
    drain(w)
    assert undrain(w).status(w.clock()) is AgentStatus.DRAINING
    assert candidates(w) == []
    beat(w, wish=Wish.ACTIVE)
    assert candidates(w) == ["a"]


def test_undraining_one_that_was_not_drained_is_fine(w: Watched) -> None:
    registered(w)
    assert undrain(w).status(w.clock()) is AgentStatus.ACTIVE


def test_another_session_is_not_drained_and_the_same_one_still_is(w: Watched) -> None:
    registered(w, session="s1")
    drain(w, reason="new disk")
    registered(w, session="s1")
    registered(w)
    assert (status(w), candidates(w)) == (AgentStatus.DRAINING, [])
    registered(w, session="s2")
    assert (status(w), candidates(w)) == (AgentStatus.ACTIVE, ["a"])
    assert w.agents.rows["a"].drain_reason is None


def test_a_drain_that_comes_between_an_updates_read_and_write_stays(w: Watched) -> None:
    registered(w, session="s1")
    w.agents.meanwhile.first(lambda: drain(w))
    registered(w, session="s1")
    assert status(w) is AgentStatus.DRAINING


def test_one_that_left_comes_back_undrained(w: Watched) -> None:
    registered(w)
    submitted(w)
    w.drain()
    drain(w)
    w.agents.rows["a"] = w.agents.depart("a", now=w.clock()) or w.agents.rows["a"]
    registered(w)
    assert status(w) is AgentStatus.ACTIVE


def test_gone_and_suspended_are_said_before_drained(w: Watched) -> None:
    registered(w)
    drain(w)
    w.clock.advance(seconds=31)
    assert status(w) is AgentStatus.OFFLINE
    beat(w)
    assert status(w) is AgentStatus.DRAINING


@pytest.mark.parametrize("act", [drain, undrain])
def test_an_unknown_agent_can_be_neither(w: Watched, act: object) -> None:
    with pytest.raises(NotFound):
        act(w, "nobody")  # type: ignore[operator]
    registered(w, "theirs", tenant="other")
    with pytest.raises(NotFound):
        act(w, "theirs")  # type: ignore[operator]
