"""Candidates are a fair sample of a fleet, after churn too, and the index follows who may take work."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.domain.agent import Wish
from chalicelib.services.ports import AgentStore
from chalicelib.services.roster import FRESH_MS, HEAD_FRESH_MS, LOTTERY, SAMPLE, Roster
from tests.contract.values import NOW, TENANT, an_agent
from tests.fakes import FakeAgents, FakeClock

AGENTS = 200
DRAWN = 4
A_SAMPLE = 5  # dispatches in a second


def fleet(count: int, *, seed: int = 3) -> FakeAgents:
    agents = FakeAgents(random.Random(seed))
    for number in range(count):
        agents.add(an_agent(f"agent-{number}"), {})
    return agents


def shares(agents: AgentStore, draws: int, *, seed: int = 5) -> Counter[str]:
    """How often each is drawn, a new sample every few dispatches."""
    clock, chance = FakeClock(NOW), random.Random(seed)
    roster = Roster(agents, clock, chance)
    drawn: Counter[str] = Counter()
    for dispatch in range(draws // DRAWN):
        if dispatch % A_SAMPLE == 0:
            clock.advance(ms=FRESH_MS)
        drawn.update(chance.sample(roster.candidates(TENANT, "math"), DRAWN))
    return drawn


def churn(agents: FakeAgents, chance: random.Random) -> int:
    """Agents leave, come, go offline and come back, a few rounds of it. How many are listed in the end."""
    number = len(agents.rows)
    for _ in range(5):
        for agent_id in chance.sample(sorted(agents.rows), 40):
            agents.depart(agent_id, now=NOW)
            agents.bury(agents.rows[agent_id])
        for _ in range(40):
            agents.add(an_agent(f"agent-{number}"), {})
            number += 1
        for agent_id in chance.sample(sorted(agents.rows), 60):
            agents.set_listed(agents.rows[agent_id], listed=False)
        for agent_id in sorted(agents.rows):
            if not agents.rows[agent_id].listed:
                agents.set_listed(agents.rows[agent_id], listed=True)
    return len(agents.rows)


@pytest.mark.parametrize("rounds", [0, 1])
def test_no_agent_of_two_hundred_is_drawn_twice_as_often_as_another(rounds: int) -> None:
    agents = fleet(AGENTS)
    for _ in range(rounds):
        assert churn(agents, random.Random(9)) == AGENTS
    drawn = shares(agents, 1_000 * AGENTS)
    assert drawn.keys() == agents.rows.keys()
    assert max(drawn.values()) <= 2 * min(drawn.values())


def test_a_small_fleet_is_read_whole_with_one_call_a_second() -> None:
    drawn = shares(fleet(30), 30 * 100)
    assert max(drawn.values()) <= 2 * min(drawn.values())


class Counted(FakeAgents):
    """Notes from where it was read."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance)
        self.starts: list[int | None] = []

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        self.starts.append(start)
        return super().candidates(tenant, capability, start=start, limit=limit)


class Last(random.Random):
    """Always draws the last place of the lottery."""

    def random(self) -> float:
        return 1 - 1 / LOTTERY


def test_the_way_around_the_end_is_a_second_call_once_a_minute_at_most() -> None:
    agents, clock = Counted(random.Random(1)), FakeClock(NOW)
    for number in range(SAMPLE + 1):
        agents.add(an_agent(f"agent-{number}"), {})
    roster = Roster(agents, clock, Last())
    end = LOTTERY - 1
    for seconds, starts in ((0, [None, end]), (1, [end]), (58, [end]), (1, [end, None]), (1, [end])):
        clock.advance(seconds=seconds)
        assert len(roster.candidates(TENANT, "math")) == SAMPLE
        assert agents.starts == starts
        agents.starts.clear()
    assert HEAD_FRESH_MS == 60_000


def test_a_fleet_that_shrank_is_read_whole_again() -> None:
    agents, clock = Counted(random.Random(1)), FakeClock(NOW)
    for number in range(SAMPLE):
        agents.add(an_agent(f"agent-{number}"), {})
    roster = Roster(agents, clock, Last())
    roster.candidates(TENANT, "math")
    agents.capability_rows = dict(list(agents.capability_rows.items())[:9])
    for starts in ([LOTTERY - 1, None], [None]):
        clock.advance(seconds=60)
        agents.starts.clear()
        assert len(roster.candidates(TENANT, "math")) == 9
        assert agents.starts == starts


def test_whoever_may_take_no_work_leaves_the_sample_and_the_full_stay() -> None:
    agents, clock = fleet(3), FakeClock(NOW)
    roster = Roster(agents, clock, random.Random(1))
    agents.beat("agent-0", tenant=TENANT, now=NOW, wish=Wish.OFFLINE)
    agents.set_listed(agents.rows["agent-0"], listed=False)
    agents.rows["agent-1"] = replace(agents.rows["agent-1"], in_flight=1)
    assert set(roster.candidates(TENANT, "math")) == {"agent-1", "agent-2"}
