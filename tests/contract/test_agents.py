"""Agents: registered once, changed attribute by attribute, gone only when they hold nothing."""

from dataclasses import replace

import pytest

from chalicelib.domain.agent import Agent, Profile, Wish
from chalicelib.domain.errors import LostRace, NotFound
from chalicelib.domain.quarantine import Streak
from tests.contract.implementations import Stores
from tests.contract.test_claims import claimed, row
from tests.contract.values import MATH, NOW, TENANT, a_task, an_agent

LATER = NOW + 1_000


def candidates(stores: Stores, capability: str = "math") -> list[str]:
    return stores.agents.candidates(TENANT, capability, start=None, limit=100)


def capable(stores: Stores, capability: str = "math") -> tuple[str, ...]:
    return stores.agents.with_capability(TENANT, capability, limit=100, cursor=None).items


def test_the_first_registration_wins_and_the_second_sees_it(stores: Stores) -> None:
    assert stores.agents.add(an_agent(), {"math": {"level": 1}}) is None
    second = an_agent(capabilities=("text",), session_id="another")
    assert stores.agents.add(second, {}) == an_agent()
    assert row(stores) == an_agent()
    assert capable(stores, "text") == ()


def test_registering_again_renews_profile_session_and_lease_and_keeps_the_rest(stores: Stores) -> None:
    first = an_agent(
        capabilities=("math", "text"),
        session_id="session-1",
        in_flight=2,
        evidence={f"{MATH}+": 3.5},
        streak=Streak(7, 2, NOW),
        hold_until=NOW + 9,
        left=True,
        listed=False,
        seq=7,
    )
    stores.agents.add(first, {"math": "old"})
    again = an_agent(
        capabilities=("math", "maps"),
        session_id="session-2",
        registered_at=LATER,
        lease_until=LATER + 30_000,
        last_heartbeat=LATER,
        max_concurrency=4,
        wish=Wish.DEGRADED,
        superseded_at=LATER,
        due_at=LATER + 5_000,
    )
    fresh = stores.agents.reregister(again, was=first, descriptions={"math": "new"})
    kept = {
        "in_flight": 2,
        "evidence": {f"{MATH}+": 3.5},
        "streak": Streak(7, 2, NOW),
        "hold_until": NOW + 9,
        "registered_at": NOW,
        "listed": True,
    }
    assert fresh == replace(again, **kept)
    assert row(stores) == fresh
    assert stores.agents.capabilities(fresh) == [("math", "new"), ("maps", None)]
    assert (capable(stores, "text"), candidates(stores, "text")) == ((), [])
    assert candidates(stores, "maps") == ["agent-1"]


def test_registering_again_may_clear_session_and_clock(stores: Stores) -> None:
    first = an_agent(session_id="session-1", superseded_at=NOW)
    stores.agents.add(first, {})
    again = replace(first, session_id=None, superseded_at=None, due_at=None)
    assert stores.agents.reregister(again, was=first, descriptions={}) == again
    assert row(stores) == again


def test_a_session_that_came_between_is_not_overwritten(stores: Stores) -> None:
    first = an_agent(session_id="session-1")
    stores.agents.add(first, {})
    second = replace(first, session_id="session-2")
    stores.agents.reregister(second, was=first, descriptions={})
    with pytest.raises(LostRace):
        stores.agents.reregister(replace(first, session_id="session-3"), was=first, descriptions={})
    assert row(stores) == second


def test_an_unknown_agent_cannot_be_registered_again(stores: Stores) -> None:
    with pytest.raises(LostRace):
        stores.agents.reregister(an_agent(), was=an_agent(), descriptions={})
    assert stores.agents.get("agent-1") is None


def test_a_heartbeat_renews_the_lease_by_the_profile_of_the_row(stores: Stores) -> None:
    slow = Profile(display_name="slow", capabilities=("math",), heartbeat_ms=60_000)
    agent = an_agent(profile=slow, in_flight=1, seq=3)
    stores.agents.add(agent, {})
    beaten = replace(agent, lease_until=LATER + 180_000, last_heartbeat=LATER)
    assert stores.agents.beat("agent-1", tenant=TENANT, now=LATER, wish=None) == beaten
    assert row(stores) == beaten
    drained = stores.agents.beat("agent-1", tenant=TENANT, now=LATER, wish=Wish.DRAINING)
    assert drained == replace(beaten, wish=Wish.DRAINING)


@pytest.mark.parametrize("agent", [None, an_agent(left=True), an_agent(tenant="other")])
def test_who_is_unknown_left_or_anothers_has_no_heartbeat(stores: Stores, agent: Agent | None) -> None:
    if agent is not None:
        stores.agents.add(agent, {})
    with pytest.raises(NotFound):
        stores.agents.beat("agent-1", tenant=TENANT, now=LATER, wish=None)
    assert stores.agents.get("agent-1") == agent


def test_the_next_look_is_set_only_on_the_agent_as_it_was_seen(stores: Stores) -> None:
    agent = an_agent()
    stores.agents.add(agent, {})
    assert stores.agents.rearm(agent, LATER)
    assert row(stores) == replace(agent, due_at=LATER)
    assert stores.agents.rearm(agent, None)
    assert row(stores) == replace(agent, due_at=None)
    for change in ({"in_flight": 1}, {"lease_until": LATER}, {"superseded_at": NOW}):
        assert not stores.agents.rearm(replace(agent, **change), LATER), change
    assert not stores.agents.rearm(an_agent("agent-none"), LATER)
    assert row(stores) == replace(agent, due_at=None)
    assert stores.agents.get("agent-none") is None


def test_a_departed_agent_is_a_tombstone_in_the_clock(stores: Stores) -> None:
    agent = an_agent(in_flight=1)
    stores.agents.add(agent, {})
    gone = replace(agent, left=True, due_at=LATER)
    assert stores.agents.depart("agent-1", now=LATER) == gone
    assert row(stores) == gone
    assert stores.agents.depart("agent-none", now=LATER) is None
    assert stores.agents.get("agent-none") is None


def test_a_tombstone_is_buried_when_it_holds_nothing(stores: Stores) -> None:
    agent = an_agent(capabilities=("math", "text"))
    stores.agents.add(agent, {})
    stores.agents.depart("agent-1", now=LATER)
    stores.agents.bury(agent)
    assert stores.agents.get("agent-1") is None
    assert [capable(stores, name) for name in ("math", "text")] == [(), ()]
    assert candidates(stores) == []
    stores.agents.bury(agent)


@pytest.mark.parametrize("agent", [an_agent(), an_agent(left=True, in_flight=1)])
def test_who_lives_or_holds_work_is_not_buried(stores: Stores, agent: Agent) -> None:
    stores.agents.add(agent, {})
    stores.agents.bury(agent)
    assert row(stores) == agent
    assert capable(stores) == ("agent-1",)


def test_a_tombstone_still_hands_back_and_takes_nothing(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(), {})
    claimed(stores, an_agent())
    stores.agents.depart("agent-1", now=LATER)
    assert row(stores).in_flight == 1
    assert stores.agents.rearm(row(stores), LATER + 5_000)


def test_a_drain_is_a_mark_that_signs_of_life_leave_and_an_undrain_takes_away(stores: Stores) -> None:
    agent = an_agent(in_flight=1, session_id="session-1")
    stores.agents.add(agent, {})
    drained = replace(agent, drained_at=NOW, drain_reason="new disk")
    assert stores.agents.drain("agent-1", tenant=TENANT, now=NOW, reason="new disk") == drained
    assert stores.agents.drain("agent-1", tenant=TENANT, now=LATER, reason=None) == drained
    assert row(stores) == drained
    assert stores.agents.beat("agent-1", tenant=TENANT, now=NOW, wish=Wish.ACTIVE) == drained
    synced = stores.agents.sync(
        "agent-1", tenant=TENANT, session_id="session-1", ack=0, now=NOW, wish=Wish.ACTIVE
    )
    assert synced == replace(drained, seq=1)
    other = stores.agents.drain("agent-1", tenant=TENANT, now=LATER, reason="new rack")
    assert (other.drained_at, other.drain_reason) == (NOW, "new rack")
    assert stores.agents.undrain("agent-1", tenant=TENANT) == replace(agent, seq=1)
    assert stores.agents.undrain("agent-1", tenant=TENANT) == row(stores) == replace(agent, seq=1)


@pytest.mark.parametrize("agent", [None, an_agent(left=True), an_agent(tenant="other")])
def test_who_is_unknown_left_or_anothers_is_neither_drained_nor_undrained(
    stores: Stores, agent: Agent | None
) -> None:
    if agent is not None:
        stores.agents.add(agent, {})
    with pytest.raises(NotFound):
        stores.agents.drain("agent-1", tenant=TENANT, now=NOW, reason=None)
    with pytest.raises(NotFound):
        stores.agents.undrain("agent-1", tenant=TENANT)
    assert stores.agents.get("agent-1") == agent


@pytest.mark.parametrize(
    ("again", "stays"),
    [({"session_id": "session-1"}, True), ({"session_id": "session-2"}, False), ({}, False)],
)
def test_a_drain_outlives_an_update_but_not_a_restart(
    stores: Stores, again: dict[str, str], stays: bool
) -> None:
    """Also one that the registration did not see when it read the row."""
    first = an_agent(session_id="session-1", request="print")
    stores.agents.add(first, {})
    stores.agents.drain("agent-1", tenant=TENANT, now=NOW, reason="new disk")
    fresh = stores.agents.reregister(an_agent(**again), was=first, descriptions={})
    assert (fresh.drained_at, fresh.drain_reason) == ((NOW, "new disk") if stays else (None, None))
    assert row(stores) == fresh
    assert fresh.request == "print"


def test_a_drain_does_not_outlive_a_departure(stores: Stores) -> None:
    first = an_agent(session_id="session-1", left=True, drained_at=NOW, drain_reason="new disk")
    stores.agents.add(first, {})
    fresh = stores.agents.reregister(an_agent(session_id="session-1"), was=first, descriptions={})
    assert (fresh.drained_at, fresh.drain_reason) == (None, None)
