"""Pulling: a doubted agent leaves work to those who would do it, and a newcomer or a lone agent does not."""

import random

import pytest

from chalicelib.domain import routing
from chalicelib.domain.agent import Agent
from tests.contract.values import NOW
from tests.domain.fleets import agent, task


def taken(puller: Agent, *others: Agent, draws: int = 2_000) -> float:
    """The share of its pulls that an agent takes."""
    chance = random.Random(2)
    backs = [routing.stands_back(puller, others, task(), now=NOW, chance=chance) for _ in range(draws)]
    return 1 - sum(backs) / draws


@pytest.mark.parametrize(
    ("results", "doubted"),
    [((0, 0), False), ((0, 3), False), ((0, 5), True), ((40, 60), True), ((50, 50), False), ((98, 2), False)],
)
def test_who_surely_fails_more_than_it_does_is_doubted(results: tuple[int, int], doubted: bool) -> None:
    good, bad = results
    assert routing.is_doubted(agent("a", good=good, bad=bad), "report", now=NOW) is doubted


def test_doubt_is_about_one_capability() -> None:
    assert not routing.is_doubted(agent("a", bad=50), "draw", now=NOW)


def test_a_doubted_agent_takes_what_the_square_of_its_chances_leaves_it() -> None:
    rival = agent("good", good=9_600, bad=400)
    assert taken(agent("bad", good=2, bad=96), rival) < 0.01
    assert taken(agent("weak", good=4_000, bad=6_000), rival) == pytest.approx((0.4 / 0.96) ** 2, abs=0.03)


def test_it_takes_all_where_nobody_else_could_have_it() -> None:
    others = (agent("gone", lease_until=NOW), agent("else", capabilities=("draw",)))
    assert taken(agent("bad", bad=96), *others) == 1
    assert taken(agent("bad", bad=96)) == 1


def test_a_rival_that_is_full_now_counts() -> None:
    assert taken(agent("bad", good=2, bad=96), agent("good", good=96, in_flight=4)) < 0.01
