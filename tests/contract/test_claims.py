"""Assigning: the task's row and the agent's, both or none."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import lifecycle
from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.errors import LostRace
from chalicelib.domain.quarantine import Streak
from chalicelib.services.ports import AgentUnavailable
from tests.contract.implementations import Stores
from tests.contract.values import NOW, a_task, an_agent, held


def claimed(stores: Stores, agent: Agent, *, was: int = 1, now: int = NOW) -> None:
    stores.tasks.assign(held(a_task(), agent, now=now), was=was, agent=agent, now=now)


def row(stores: Stores, agent_id: str = "agent-1") -> Agent:
    agent = stores.agents.get(agent_id)
    assert agent is not None
    return agent


def test_a_claim_takes_a_slot_and_arms_the_clock_for_the_end_of_the_lease(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(), {})
    claimed(stores, an_agent())
    assert stores.tasks.get("task-1") == held(a_task(), an_agent())
    assert row(stores) == replace(
        an_agent(), in_flight=1, due_at=an_agent().lease_until, last_assigned_at=NOW
    )


def test_a_claim_arms_an_agent_that_stood_outside_the_clock(stores: Stores) -> None:
    agent = an_agent(due_at=None)
    stores.tasks.add(a_task())
    stores.agents.add(agent, {})
    claimed(stores, agent)
    assert row(stores).due_at == agent.lease_until


def test_a_claim_leaves_a_nearer_look_at_its_time(stores: Stores) -> None:
    agent = an_agent(due_at=NOW + 5_000)
    stores.tasks.add(a_task())
    stores.agents.add(agent, {})
    claimed(stores, agent)
    assert row(stores).due_at == NOW + 5_000


@pytest.mark.parametrize("moved_to", [None, NOW + 600_000])
def test_a_claim_does_not_trust_a_look_that_was_put_off_meanwhile(
    stores: Stores, moved_to: int | None
) -> None:
    seen = an_agent(due_at=NOW + 5_000)
    stores.tasks.add(a_task())
    stores.agents.add(seen, {})
    assert stores.agents.rearm(seen, moved_to)
    with pytest.raises(AgentUnavailable):
        claimed(stores, seen)
    assert row(stores).in_flight == 0
    claimed(stores, row(stores))
    assert row(stores).due_at == seen.lease_until


UNAVAILABLE: dict[str, dict[str, Any]] = {
    "full": {"in_flight": 1},
    "over full": {"in_flight": 3},
    "offline by its lease": {"lease_until": NOW},
    "offline by its wish": {"wish": Wish.OFFLINE},
    "draining": {"wish": Wish.DRAINING},
    "drained": {"drained_at": NOW},
    "suspended": {"hold_until": NOW + 1},
    "departed": {"left": True},
    "in quarantine": {"streak": Streak(faults=5, last_at=NOW - 29_999)},
    "on probation meanwhile": {"streak": Streak(faults=5, last_at=0)},
    "of another session": {"session_id": "session-2"},
    "without a session any more": {"session_id": None},
}


@pytest.mark.parametrize("why", UNAVAILABLE)
def test_an_agent_that_is_unavailable_by_now_gets_nothing(stores: Stores, why: str) -> None:
    seen = an_agent(session_id="session-1")
    stands = replace(seen, **UNAVAILABLE[why])
    stores.tasks.add(a_task())
    stores.agents.add(stands, {})
    with pytest.raises(AgentUnavailable):
        claimed(stores, seen)
    assert stores.tasks.get("task-1") == a_task()
    assert row(stores) == stands


PROBATION = Streak(faults=6, failed_probes=1, last_at=NOW - 60_000)
CHANGED: dict[str, dict[str, Any]] = {
    "holding a probe": {"in_flight": 1},
    "failing again": {"streak": replace(PROBATION, faults=7)},
    "well again": {"streak": Streak()},
}


def test_an_agent_on_probation_is_given_one_task(stores: Stores) -> None:
    agent = an_agent(max_concurrency=4, streak=PROBATION)
    stores.tasks.add(a_task())
    stores.agents.add(agent, {})
    claimed(stores, agent)
    assert row(stores).in_flight == 1


@pytest.mark.parametrize("how", CHANGED)
def test_an_agent_on_probation_gets_nothing_when_it_changed(stores: Stores, how: str) -> None:
    seen = an_agent(max_concurrency=4, streak=PROBATION)
    stores.tasks.add(a_task())
    stores.agents.add(replace(seen, **CHANGED[how]), {})
    with pytest.raises(AgentUnavailable):
        claimed(stores, seen)


def test_an_agent_whose_rest_is_not_over_gets_nothing(stores: Stores) -> None:
    resting = an_agent(streak=replace(PROBATION, last_at=NOW - 59_999))
    stores.tasks.add(a_task())
    stores.agents.add(resting, {})
    with pytest.raises(AgentUnavailable):
        claimed(stores, resting)


def test_an_agent_that_is_gone_gets_nothing(stores: Stores) -> None:
    stores.tasks.add(a_task())
    with pytest.raises(AgentUnavailable):
        claimed(stores, an_agent())
    assert stores.tasks.get("task-1") == a_task()


AVAILABLE: dict[str, dict[str, Any]] = {
    "degraded": {"wish": Wish.DEGRADED},
    "no longer suspended": {"hold_until": NOW},
    "with more slots than it was seen with": {"max_concurrency": 2, "in_flight": 1},
    "not listed": {"listed": False},
    "short of quarantine": {"streak": Streak(faults=4, last_at=NOW)},
}


@pytest.mark.parametrize("how", AVAILABLE)
def test_an_agent_that_may_take_work_gets_it(stores: Stores, how: str) -> None:
    stands = replace(an_agent(session_id="session-1"), **AVAILABLE[how])
    stores.tasks.add(a_task())
    stores.agents.add(stands, {})
    claimed(stores, an_agent(session_id="session-1"))
    assert row(stores).in_flight == stands.in_flight + 1


def test_one_of_two_claims_for_a_task_wins(stores: Stores) -> None:
    stores.tasks.add(a_task())
    first, second = an_agent("agent-1"), an_agent("agent-2")
    stores.agents.add(first, {})
    stores.agents.add(second, {})
    claimed(stores, first)
    with pytest.raises(LostRace):
        claimed(stores, second)
    assert stores.tasks.get("task-1") == held(a_task(), first)
    assert row(stores, "agent-2") == second


def test_a_lost_race_for_a_full_agent_is_a_lost_race(stores: Stores) -> None:
    stores.tasks.add(lifecycle.parked(a_task()))
    stores.agents.add(an_agent(in_flight=1), {})
    with pytest.raises(LostRace):
        claimed(stores, an_agent())


def test_a_task_that_is_not_there_cannot_be_claimed(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with pytest.raises(LostRace):
        claimed(stores, an_agent())
    assert row(stores).in_flight == 0


def test_slots_are_counted_to_the_last(stores: Stores) -> None:
    agent = an_agent(max_concurrency=3)
    stores.agents.add(agent, {})
    taken = 0
    for n in range(5):
        task = a_task(f"task-{n}")
        stores.tasks.add(task)
        try:
            stores.tasks.assign(held(task, agent), was=1, agent=agent, now=NOW)
            taken += 1
        except AgentUnavailable:
            break
    assert taken == 3
    assert row(stores).in_flight == 3
