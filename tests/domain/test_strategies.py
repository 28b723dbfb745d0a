"""Strategies: what each prefers, and that its shares are those of its formula."""

import random
from collections import Counter
from math import sqrt

import pytest

from chalicelib.domain import routing
from chalicelib.domain.agent import Agent
from chalicelib.domain.routing import SCORED_BY, Strategy
from chalicelib.domain.routing.choice import TURN_SHARE
from tests.contract.values import NOW
from tests.domain.fleets import Fixed, agent, task


def chosen(strategy: Strategy, *fleet: Agent, seed: int = 1) -> str | None:
    choice = routing.choose(task(strategy=strategy.value), fleet, now=NOW, chance=random.Random(seed))
    return None if choice.agent is None else choice.agent.agent_id


def shares(*fleet: Agent, draws: int = 4_000, seed: int = 3) -> dict[str, float]:
    chance = random.Random(seed)
    picks = (routing.choose(task(), fleet, now=NOW, chance=chance).agent for _ in range(draws))
    count = Counter(agent.agent_id for agent in picks if agent is not None)
    return {agent.agent_id: count[agent.agent_id] / draws for agent in fleet}


def scores(strategy: Strategy, *fleet: Agent) -> dict[str, float | None]:
    choice = routing.choose(task(strategy=strategy.value), fleet, now=NOW, chance=Fixed())
    return {looked_at.agent_id: looked_at.score for looked_at in choice.considered}


def test_every_strategy_is_described() -> None:
    assert SCORED_BY.keys() == set(Strategy)


def test_least_loaded_takes_the_emptiest_by_share() -> None:
    half = agent("half", in_flight=2)
    emptier = agent("emptier", in_flight=3, max_concurrency=10)
    assert chosen(Strategy.LEAST_LOADED, half, emptier) == "emptier"
    assert scores(Strategy.LEAST_LOADED, half, emptier) == {"emptier": 0.7, "half": 0.5}


def test_highest_trust_takes_the_most_trusted() -> None:
    for seed in range(20):
        assert chosen(Strategy.HIGHEST_TRUST, agent("a", good=3), agent("b", good=4), seed=seed) == "b"


def test_round_robin_takes_the_longest_without_work() -> None:
    fleet = [agent(name, last_assigned_at=NOW - ago) for name, ago in (("a", 10), ("b", 3_000), ("c", 200))]
    assert chosen(Strategy.ROUND_ROBIN, *fleet) == "b"
    assert scores(Strategy.ROUND_ROBIN, *fleet) == {"b": 3.0, "c": 0.2, "a": 0.01}


def test_round_robin_counts_the_wait_of_a_newcomer_from_its_registration() -> None:
    old, new = agent("old", last_assigned_at=NOW - 500), agent("new", registered_at=NOW - 200)
    assert chosen(Strategy.ROUND_ROBIN, old, new) == "old"


def test_fastest_response_takes_the_one_with_most_successes_per_second() -> None:
    quick, slow = agent("quick", good=46, took_ms=500), agent("slow", good=46, took_ms=5_000)
    hasty = agent("hasty", good=3, bad=43, took_ms=100)
    assert chosen(Strategy.FASTEST_RESPONSE, slow, quick) == "quick"
    assert scores(Strategy.FASTEST_RESPONSE, quick, slow, hasty) == {
        "quick": 1.92,
        "hasty": 1.0,
        "slow": 0.192,
    }


def test_who_never_succeeded_counts_as_quick_as_the_quickest_and_no_more_trusted_than_it_is() -> None:
    quick, new = agent("quick", good=46, took_ms=500), agent("new")
    assert scores(Strategy.FASTEST_RESPONSE, quick, new) == {"quick": 1.92, "new": 1.0}
    assert scores(Strategy.FASTEST_RESPONSE, new, agent("failed", bad=16)) == {"new": 0.5, "failed": 0.1}


def test_a_success_in_no_time_is_no_division_by_zero() -> None:
    assert chosen(Strategy.FASTEST_RESPONSE, agent("a", good=4, took_ms=0), agent("b")) is not None


@pytest.mark.parametrize("strategy", Strategy)
def test_ties_are_broken_by_chance(strategy: Strategy) -> None:
    assert {chosen(strategy, agent("a"), agent("b"), seed=seed) for seed in range(40)} == {"a", "b"}


def test_the_shares_follow_theta_to_the_fourth_over_load() -> None:
    """Of Beta posteriors so sharp that theta is their mean, whoever has the higher score has it all."""
    better, worse = agent("better", good=9_000, bad=1_000), agent("worse", good=8_000, bad=2_000)
    assert shares(better, worse)["better"] == pytest.approx(1, abs=0.01)
    half = agent("half", good=9_000, bad=1_000, in_flight=2)  # 0.656 / 1.5 > 0.410
    assert shares(half, worse)["half"] == pytest.approx(1, abs=0.01)
    busy = agent("busy", good=9_000, bad=1_000, in_flight=3)  # 0.656 / 1.75 < 0.410
    assert shares(busy, worse)["busy"] == pytest.approx(0, abs=0.01)


def test_the_score_falls_with_the_root_of_the_time_which_for_a_newcomer_is_the_usual_one() -> None:
    """At the mean of each posterior: 0.96, 0.96 and a newcomer's 0.5."""
    fleet = agent("quick", good=46, took_ms=500), agent("slow", good=46, took_ms=1_500), agent("new")
    assert scores(Strategy.TRUST_WEIGHTED, *fleet) == {
        "quick": pytest.approx(0.96**4 / sqrt(0.5), abs=0.001),
        "slow": pytest.approx(0.96**4 / sqrt(1.5), abs=0.001),
        "new": pytest.approx(0.5**4, abs=0.001),
    }


def test_the_shares_of_uncertain_agents_are_those_of_their_posteriors() -> None:
    """theta_a > theta_b of Beta(4, 2) and Beta(2, 4) has a chance that can be summed over a grid."""
    share = shares(agent("a", good=2), agent("b", bad=2), draws=8_000)["a"]
    exact = TURN_SHARE + (1 - TURN_SHARE) * _beaten(4, 2, 2, 4)  # both waited as long: a turn is the first's
    assert share == pytest.approx(exact, abs=4 * sqrt(0.25 / 8_000))


def _beaten(a: int, b: int, c: int, d: int, steps: int = 400) -> float:
    """P(X > Y) for X ~ Beta(a, b), Y ~ Beta(c, d)."""
    grid = [(n + 0.5) / steps for n in range(steps)]
    x = [p ** (a - 1) * (1 - p) ** (b - 1) for p in grid]
    y = [p ** (c - 1) * (1 - p) ** (d - 1) for p in grid]
    below = [sum(y[:n]) + y[n] / 2 for n in range(steps)]
    return sum(px * py for px, py in zip(x, below, strict=True)) / (sum(x) * sum(y))


def test_equals_share_equally() -> None:
    found = shares(*(agent(name, good=500) for name in "abcd"), draws=8_000)
    assert all(share == pytest.approx(0.25, abs=0.02) for share in found.values())


def test_the_better_gets_most_and_a_newcomer_its_share() -> None:
    found = shares(agent("good", good=90, bad=10), agent("bad", good=5, bad=95), agent("new"))
    assert found["bad"] < 0.01
    assert found["new"] > 0.02
    assert found["good"] > found["new"]


def test_load_counts_against_equals() -> None:
    assert shares(agent("full", good=50, in_flight=3), agent("free", good=50))["free"] > 0.9


def test_a_newcomer_starts_slowly_while_others_are_free() -> None:
    """With one task in hand its one slot is full; with results behind it its slots count."""
    old = agent("old", good=90, bad=10, in_flight=2)
    idle, started = (shares(old, agent("new", in_flight=n))["new"] for n in (0, 2))
    assert idle > 0.02
    assert started < 0.01
    trusted = shares(old, agent("new", good=90, bad=10, in_flight=2))["new"]
    assert trusted == pytest.approx(0.5, abs=0.05)


def test_a_newcomer_is_not_left_idle_when_it_is_alone() -> None:
    assert chosen(Strategy.TRUST_WEIGHTED, agent("new", in_flight=3)) == "new"
