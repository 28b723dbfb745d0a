"""An agent's status is a pure function of its wish, its hold, its lease and the time."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain.agent import (
    IDLE_LOOK_MS,
    SUPERSEDED_SWEEP_MS,
    SWEEP_AGAIN_MS,
    Agent,
    AgentStatus,
    Profile,
    Wish,
)

NOW = 1_800_000_000_000


def agent(**changes: object) -> Agent:
    plain = Agent(
        agent_id="a",
        tenant="acme",
        profile=Profile(display_name="A", capabilities=("report",)),
        registered_at=NOW,
        lease_until=NOW + 30_000,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("wish", list(Wish))
def test_it_is_what_it_says_while_its_lease_lasts(wish: Wish) -> None:
    assert agent(wish=wish).status(NOW).value == wish.value
    assert agent(wish=wish).status(NOW + 29_999).value == wish.value
    assert agent(wish=wish).status(NOW + 30_000) is AgentStatus.OFFLINE


def test_a_hold_counts_until_its_end_whatever_it_says_and_less_than_being_gone() -> None:
    held = agent(hold_until=NOW + 10)
    assert held.status(NOW) is AgentStatus.SUSPENDED
    assert held.status(NOW + 10) is AgentStatus.ACTIVE
    assert replace(held, left=True).status(NOW) is AgentStatus.OFFLINE
    assert replace(held, wish=Wish.OFFLINE).status(NOW) is AgentStatus.OFFLINE


@pytest.mark.parametrize("wish", list(Wish))
def test_a_drain_stands_above_what_it_says_and_below_being_held_or_gone(wish: Wish) -> None:
    drained = agent(wish=wish, drained_at=NOW - 1)
    assert drained.status(NOW) is (AgentStatus.OFFLINE if wish is Wish.OFFLINE else AgentStatus.DRAINING)
    assert not drained.is_taking(NOW)
    assert drained.status(NOW + 30_000) is AgentStatus.OFFLINE
    lively = replace(drained, wish=Wish.ACTIVE, hold_until=NOW + 10)
    assert lively.status(NOW) is AgentStatus.SUSPENDED
    assert lively.status(NOW + 10) is AgentStatus.DRAINING


def test_it_starts_afresh_under_another_session_or_after_it_left() -> None:
    first = agent(session_id="s1")
    assert not agent(session_id="s1").starts_afresh(first)
    assert agent(session_id="s2").starts_afresh(first)
    assert agent(session_id="s1").starts_afresh(agent())
    assert agent(session_id="s1").starts_afresh(replace(first, left=True))


@given(
    drained=st.none() | st.just(NOW),
    wish=st.sampled_from(Wish),
    hold=st.none() | st.integers(NOW - 9, NOW + 9),
    lease=st.integers(NOW - 9, NOW + 9),
    left=st.booleans(),
)
def test_only_the_active_and_the_degraded_take_work_and_only_the_offline_lose_it(
    wish: Wish, hold: int | None, lease: int, left: bool, drained: int | None
) -> None:
    one = agent(wish=wish, hold_until=hold, lease_until=lease, left=left, drained_at=drained)
    status = one.status(NOW)
    assert one.is_taking(NOW) == (status in {AgentStatus.ACTIVE, AgentStatus.DEGRADED})
    assert one.is_losing_its_tasks(NOW) == (status is AgentStatus.OFFLINE)


def test_a_lease_outlives_two_lost_heartbeats() -> None:
    assert Profile(display_name="A", capabilities=(), heartbeat_ms=4_000).lease_ms == 12_000


def test_free_slots_are_never_negative() -> None:
    assert agent(max_concurrency=2, in_flight=1).free_slots == 1
    assert agent(max_concurrency=1, in_flight=3).free_slots == 0


def test_an_idle_agent_is_looked_at_seldom() -> None:
    assert agent().next_look(NOW) == NOW + IDLE_LOOK_MS


def test_one_that_holds_work_is_looked_at_when_its_lease_ends_and_never_at_once() -> None:
    assert agent(in_flight=1).next_look(NOW) == NOW + 30_000
    assert agent(in_flight=1).next_look(NOW + 29_900) == NOW + 30_900


def test_one_that_is_gone_is_looked_at_until_it_holds_nothing() -> None:
    assert agent(in_flight=1, left=True).next_look(NOW) == NOW + SWEEP_AGAIN_MS
    assert agent(lease_until=NOW).next_look(NOW) is None


def test_one_that_was_superseded_is_looked_at_often_for_a_minute() -> None:
    one = agent(superseded_at=NOW, lease_until=NOW + 300_000)
    assert one.next_look(NOW + 1) == NOW + 1 + SWEEP_AGAIN_MS
    assert one.next_look(NOW + SUPERSEDED_SWEEP_MS) == NOW + SUPERSEDED_SWEEP_MS + IDLE_LOOK_MS


def test_a_newcomer_is_trusted_by_half() -> None:
    assert agent().trust("report", now=NOW).mean == 0.5
