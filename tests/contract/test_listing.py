"""Who is listed may be chosen; who is capable is known either way."""

from dataclasses import replace

from tests.contract.implementations import Stores
from tests.contract.test_agents import candidates, capable
from tests.contract.test_claims import row
from tests.contract.values import TENANT, an_agent


def test_who_is_not_listed_is_capable_but_no_candidate(stores: Stores) -> None:
    agent = an_agent(capabilities=("math", "text"))
    stores.agents.add(agent, {"math": "sums"})
    stores.agents.set_listed(agent, listed=False)
    assert row(stores) == replace(agent, listed=False)
    assert [candidates(stores, name) for name in ("math", "text")] == [[], []]
    assert capable(stores) == ("agent-1",)
    assert stores.agents.capabilities(agent) == [("math", "sums"), ("text", None)]
    stores.agents.set_listed(agent, listed=True)
    assert row(stores) == agent
    assert [candidates(stores, name) for name in ("math", "text")] == [["agent-1"]] * 2


def test_listing_who_is_gone_leaves_nothing_behind(stores: Stores) -> None:
    for listed in (True, False):
        stores.agents.set_listed(an_agent(), listed=listed)
    assert stores.agents.get("agent-1") is None
    assert (capable(stores), candidates(stores)) == ((), [])


def test_candidates_stand_in_one_order_that_a_start_cuts(stores: Stores) -> None:
    for n in range(12):
        stores.agents.add(an_agent(f"agent-{n:02}"), {})
    stores.agents.add(an_agent("agent-foreign", tenant="other"), {})
    everyone = candidates(stores)
    assert sorted(everyone) == [f"agent-{n:02}" for n in range(12)]
    assert stores.agents.candidates(TENANT, "math", start=None, limit=5) == everyone[:5]
    assert stores.agents.candidates(TENANT, "math", start=0, limit=100) == everyone
    half = stores.agents.candidates(TENANT, "math", start=2**30, limit=100)
    assert half == everyone[len(everyone) - len(half) :]
    assert stores.agents.candidates(TENANT, "math", start=2**31, limit=100) == []


def test_many_agents_come_in_the_order_asked_each_once(stores: Stores) -> None:
    ids = [f"agent-{n}" for n in range(110)]
    for agent_id in ids:
        stores.agents.add(an_agent(agent_id, capabilities=()), {})
    asked = [*reversed(ids), "agent-none", ids[5]]
    assert [agent.agent_id for agent in stores.agents.get_many(asked)] == ids[::-1]


def test_an_agent_may_have_many_capabilities(stores: Stores) -> None:
    names = tuple(f"skill-{n}" for n in range(110))
    agent = an_agent(capabilities=names)
    stores.agents.add(agent, {names[-1]: "last"})
    assert stores.agents.capabilities(agent)[-1] == (names[-1], "last")
    assert len(stores.agents.capabilities(agent)) == 110
