"""Sync on the agent's row: one number per answer, one session at a time."""

from dataclasses import replace

import pytest

from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.errors import NotFound, StaleSync, Superseded
from tests.contract.implementations import Stores
from tests.contract.test_claims import row
from tests.contract.values import NOW, TENANT, an_agent

LATER = NOW + 1_000


def synced(stores: Stores, *, session_id: str = "session-1", ack: int = 0, wish: Wish | None = None) -> Agent:
    return stores.agents.sync("agent-1", tenant=TENANT, session_id=session_id, ack=ack, now=LATER, wish=wish)


def test_a_sync_renews_the_lease_and_takes_the_next_number(stores: Stores) -> None:
    agent = an_agent(session_id="session-1", seq=4, acked=2, in_flight=1)
    stores.agents.add(agent, {})
    expected = replace(agent, lease_until=LATER + 30_000, last_heartbeat=LATER, seq=5, acked=4)
    assert synced(stores, ack=4) == expected
    assert row(stores) == expected
    assert synced(stores, ack=4, wish=Wish.DRAINING) == replace(expected, seq=6, wish=Wish.DRAINING)


def test_an_agent_without_a_session_gets_that_of_its_first_sync(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    assert synced(stores).session_id == "session-1"
    with pytest.raises(Superseded):
        synced(stores, session_id="session-2")


@pytest.mark.parametrize("ack", [0, 2, 3, 7, 100])
def test_an_ack_lies_within_what_was_acknowledged_and_what_was_answered(stores: Stores, ack: int) -> None:
    agent = an_agent(session_id="session-1", seq=6, acked=3)
    stores.agents.add(agent, {})
    if ack == 3:
        assert synced(stores, ack=ack).seq == 7
        return
    with pytest.raises(StaleSync):
        synced(stores, ack=ack)
    assert row(stores) == agent


def test_another_session_is_told_that_it_was_superseded(stores: Stores) -> None:
    agent = an_agent(session_id="session-2")
    stores.agents.add(agent, {})
    with pytest.raises(Superseded):
        synced(stores)
    assert row(stores) == agent


@pytest.mark.parametrize(
    "agent",
    [
        None,
        an_agent(left=True),
        an_agent(tenant="other"),
        an_agent(tenant="other", session_id="session-2", acked=9, seq=9),
    ],
)
def test_who_is_unknown_left_or_anothers_cannot_sync(stores: Stores, agent: Agent | None) -> None:
    if agent is not None:
        stores.agents.add(agent, {})
    with pytest.raises(NotFound):
        synced(stores)
    assert stores.agents.get("agent-1") == agent


def test_the_session_is_looked_at_before_the_number(stores: Stores) -> None:
    stores.agents.add(an_agent(session_id="session-2", acked=5, seq=5), {})
    with pytest.raises(Superseded):
        synced(stores, ack=0)
