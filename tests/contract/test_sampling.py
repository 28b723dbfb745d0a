"""Candidates are a fair sample of the rows as they lie in the store, after churn too.

Nothing is left to luck: a sample begins at a place drawn evenly from the lottery, so an agent's share of the
draws is how often it is met from starts that lie evenly over all of it, to within one in their number.
"""

import math
import random
from collections import Counter

import pytest

from chalicelib.services.roster import FRESH_MS, SAMPLE, Roster
from tests.contract.implementations import Stores
from tests.contract.values import NOW, TENANT, an_agent
from tests.fakes import FakeClock

AGENTS = 200
STARTS = 150
DRAWS = 1_000  # per agent, in what is promised: no share more than twice another's over so many
SURE = 4.0  # standard deviations: of 200 agents one in a hundred runs has one beyond
NOISE = SURE / math.sqrt(DRAWS)  # of the number of times that an agent is drawn, relative
FAIR = 2 * (1 - NOISE) / (1 + NOISE)  # the ratio of true shares that keeps those drawn within 2


class Evenly(random.Random):
    """One start after the other, evenly over the lottery."""

    def __init__(self) -> None:
        super().__init__(0)
        self._count = 0

    def random(self) -> float:
        self._count += 1
        return (self._count - 0.5) / STARTS % 1


def met(stores: Stores) -> Counter[str]:
    """How often each agent is in a sample."""
    clock = FakeClock(NOW)
    roster = Roster(stores.agents, clock, Evenly())
    found: Counter[str] = Counter()
    for _ in range(STARTS):
        clock.advance(ms=FRESH_MS)
        sample = roster.candidates(TENANT, "math")
        assert len(set(sample)) == SAMPLE  # whoever is in it is drawn as likely as any other
        found.update(sample)
    return found


def churned(stores: Stores, chance: random.Random) -> set[str]:
    """Two in five leave, as many come, others go offline and come back. The ids that are there in the end."""
    there = [f"agent-{number}" for number in range(AGENTS)]
    gone = chance.sample(there, AGENTS * 2 // 5)
    for agent_id in gone:
        left = stores.agents.depart(agent_id, now=NOW)
        assert left is not None
        stores.agents.bury(left)
    come = [f"agent-{AGENTS + number}" for number in range(len(gone))]
    for agent_id in come:
        stores.agents.add(an_agent(agent_id), {})
    stayed = sorted(set(there) - set(gone))
    for agent_id in chance.sample(stayed, 60):
        for listed in (False, True):
            stores.agents.set_listed(an_agent(agent_id), listed=listed)
    return {*stayed, *come}


@pytest.mark.parametrize("implementation", ["fakes", "engine"], indirect=True, scope="package")
def test_no_agent_of_two_hundred_is_met_twice_as_often_as_another_after_churn_too(stores: Stores) -> None:
    for number in range(AGENTS):
        stores.agents.add(an_agent(f"agent-{number}"), {})
    there = {f"agent-{number}" for number in range(AGENTS)}
    for churns in range(2):
        if churns:
            there = churned(stores, random.Random(9))
        found = met(stores)
        assert found.keys() == there
        assert max(found.values()) + 1 <= FAIR * (min(found.values()) - 1)
