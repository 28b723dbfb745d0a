"""Routing: only those who may, the better of them more often, and a reason for everybody else."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import routing
from chalicelib.domain.agent import Agent, AgentStatus, Wish
from chalicelib.domain.ids import mark
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.routing import By, Reason, Strategy
from chalicelib.domain.task import Outcome, Task
from tests.contract.values import NOW
from tests.domain.fleets import AGENTS, TASKS, Fixed, agent, eligible, lost_by, task


def choose(wanted: Task, *candidates: Agent, seed: int = 1, are_all: bool = True) -> routing.Choice:
    chance = random.Random(seed)
    return routing.choose(wanted, candidates, now=NOW, chance=chance, are_all=are_all)


PICKY = task(min_trust=0.5, capability_version=">=1.2,<2", required_tags=("gpu", "eu"))
RESTS = Streak(faults=5, last_at=NOW)
FIT: dict[str, Any] = {"tags": ("eu", "gpu"), "versions": {"report": "1.4"}}


@pytest.mark.parametrize(
    ("changes", "reason", "text"),
    [
        ({"tenant": "other"}, Reason.OTHER_TENANT, "of another tenant"),
        ({"capabilities": ("draw",)}, Reason.LACKS_CAPABILITY, "lacks report"),
        ({"versions": {}}, Reason.VERSION, "registered no version; >=1.2,<2 is asked for"),
        ({"versions": {"report": "2.1"}}, Reason.VERSION, "version 2.1 is not >=1.2,<2"),
        ({"tags": ("eu",)}, Reason.TAGS, "lacks the tag gpu"),
        ({"lease_until": NOW - 2_500}, Reason.OFFLINE, "offline: its lease ended 2 s ago"),
        ({"wish": Wish.OFFLINE, "lease_until": NOW - 2_500}, Reason.OFFLINE, "offline"),
        ({"left": True, "lease_until": 0}, Reason.OFFLINE, "offline"),
        ({"wish": Wish.DRAINING}, Reason.DRAINING, "draining"),
        ({"hold_until": NOW + 1}, Reason.SUSPENDED, "suspended for 1 s more"),
        ({"hold_until": NOW + 60_000, "streak": RESTS}, Reason.SUSPENDED, "suspended for 60 s more"),
        ({"hold_until": NOW - 1, "streak": RESTS}, Reason.SUSPENDED, "suspended for 30 s more"),
        ({"good": 1, "bad": 5}, Reason.BELOW_MIN_TRUST, "trust 0.30 is below 0.50"),
        ({"in_flight": 4}, Reason.FULL, "full: holds 4 of 4"),
    ],
)
def test_who_may_not_have_it_hears_why(changes: dict[str, Any], reason: Reason, text: str) -> None:
    refused = agent("a", **FIT | changes)
    assert routing.why_not(refused, PICKY, now=NOW) == (reason, text)
    assert str(routing.why_not(refused, PICKY, now=NOW)) == text
    choice = choose(PICKY, refused)
    assert choice.agent is None
    assert choice.considered == (routing.Candidate("a", None, routing.Refusal(reason, text)),)
    assert routing.why_not(agent("a", **FIT), PICKY, now=NOW) is None


@given(TASKS, AGENTS, st.integers(0, 99), st.booleans())
def test_whoever_is_chosen_may_have_it_and_somebody_is_if_anybody_may(
    wanted: Task, candidates: list[Agent], seed: int, are_all: bool
) -> None:
    choice = choose(wanted, *candidates, seed=seed, are_all=are_all)
    able = eligible(candidates, wanted)
    others = [a for a in able if not routing.had_it(a.agent_id, wanted)]
    assert choice.agent is None or choice.agent in able
    if others:
        assert choice.agent in others
        best = {a.agent_id for a in others if a.status(NOW) is AgentStatus.ACTIVE}
        assert not best or choice.agent.agent_id in best  # type: ignore[union-attr]


@given(TASKS, AGENTS, st.integers(0, 99), st.booleans())
def test_the_explanation_names_every_candidate_once_with_a_score_or_a_reason(
    wanted: Task, candidates: list[Agent], seed: int, are_all: bool
) -> None:
    choice = choose(wanted, *candidates, seed=seed, are_all=are_all)
    assert Counter(c.agent_id for c in choice.considered) == Counter(a.agent_id for a in candidates)
    for looked_at in choice.considered:
        assert (looked_at.score is None) == (looked_at.why_not is not None)
    scores = [c.score for c in choice.considered if c.score is not None]
    assert scores == sorted(scores, reverse=True)
    if choice.agent is not None:
        assert choice.considered[0].agent_id == choice.agent.agent_id


def test_the_degraded_are_chosen_last() -> None:
    weak, well = agent("weak", good=50, wish=Wish.DEGRADED), agent("well", bad=5, in_flight=3)
    for strategy in Strategy:
        choice = choose(task(strategy=strategy.value), weak, well)
        assert choice.agent is well
        assert choice.considered[1].why_not == (Reason.DEGRADED, "degraded, and others are well")
    assert choose(task(), weak).agent is weak


def test_those_with_most_of_the_preferred_tags_are_chosen_first() -> None:
    wanted = task(preferred_tags=("eu", "gpu"))
    both, one, none = agent("both", tags=("gpu", "eu"), bad=9), agent("one", tags=("gpu",)), agent("none")
    choice = choose(wanted, none, one, both)
    assert choice.agent is both
    assert {c.why_not for c in choice.considered[1:]} == {
        (Reason.PREFERRED_TAGS, "has fewer of the preferred tags")
    }
    assert choose(wanted, none, one).agent is one
    assert choose(wanted, none).agent is none


def test_all_that_were_drawn_are_compared() -> None:
    choice = choose(task(), *(agent(name) for name in "abcd"))
    assert all(c.score is not None for c in choice.considered)


def test_those_passed_over_for_a_turn_say_so() -> None:
    choice = routing.choose(task(), [agent("a"), agent("b")], now=NOW, chance=Fixed(0.0))
    assert choice.by is By.TURN
    assert choice.considered[1].why_not == (Reason.NOT_DRAWN, "not drawn")


def test_what_an_agent_was_lost_with_goes_to_another_while_one_could() -> None:
    wanted = task(last=lost_by("a"))
    loser, full, gone = agent("a"), agent("b", in_flight=4), agent("c", lease_until=NOW)
    assert choose(wanted, loser, full).agent is None
    assert {c.why_not.reason for c in choose(wanted, loser, full).considered if c.why_not} == {
        Reason.LOST_IT,
        Reason.FULL,
    }
    assert choose(wanted, loser, gone).agent is loser
    assert choose(wanted, loser).agent is loser
    assert choose(wanted, loser, are_all=False).agent is None


def test_what_an_agent_did_not_start_goes_to_another_while_one_could() -> None:
    wanted = task(last=replace(lost_by("a"), started_at=None, outcome=Outcome.NOT_STARTED))
    assert choose(wanted, agent("a"), agent("b")).agent == agent("b")
    assert choose(wanted, agent("a")).agent == agent("a")


def test_what_agents_failed_goes_to_one_that_has_not_while_one_could() -> None:
    wanted = task(failed_by=(mark("a"), mark("b")))
    choice = choose(wanted, agent("a", good=99), agent("b", good=99), agent("c", bad=9))
    assert choice.agent == agent("c", bad=9)
    assert {c.why_not for c in choice.considered[1:]} == {(Reason.FAILED_IT, "failed this task before")}
    assert choose(wanted, agent("a"), agent("b")).agent is not None


def test_only_a_loss_or_a_failure_counts_against_the_same_agent() -> None:
    ended = replace(lost_by("a"), outcome=Outcome.RELEASED)
    assert not routing.had_it("a", task(last=ended))
    assert not routing.had_it("a", task())
    assert not routing.had_it("b", task(last=lost_by("a"), failed_by=(mark("c"),)))


def test_one_choice_in_200_goes_to_the_longest_without_work() -> None:
    fleet = [agent(name, good=500, last_assigned_at=NOW - 1_000) for name in "abc"]
    fleet.append(agent("failed", bad=500, last_assigned_at=NOW - 50_000))
    chance = random.Random(5)
    choices = [routing.choose(task(), fleet, now=NOW, chance=chance) for _ in range(4_000)]
    turns = [choice for choice in choices if choice.by is By.TURN]
    assert {choice.considered[0].agent_id for choice in turns} == {"failed"}
    assert 10 <= len(turns) <= 32  # 20 expected; 2.7 standard deviations
    assert all(choice.agent != fleet[3] for choice in choices if choice.by is By.SCORE)


def test_a_pulled_task_is_explained_by_its_agent() -> None:
    choice = routing.pulled(agent("a"), task(strategy="least_loaded"))
    assert (choice.agent, choice.by, choice.strategy) == (agent("a"), By.PULL, Strategy.LEAST_LOADED)
    assert choice.considered == (routing.Candidate("a", None),)


def test_an_agent_that_rested_is_probed_with_one_task() -> None:
    rested = agent("rested", bad=50, streak=Streak(faults=5, last_at=NOW - 30_000))
    fleet = [agent("well", good=500), rested]
    chance = random.Random(5)
    choices = [routing.choose(task(), fleet, now=NOW, chance=chance) for _ in range(1_000)]
    probes = [choice for choice in choices if choice.by is By.PROBE]
    assert 75 <= len(probes) <= 125
    assert all(choice.agent is rested for choice in probes)
    assert choose(task(), replace(rested, in_flight=1)).considered[0].why_not == (
        Reason.FULL,
        "full: holds 1 of 1",
    )


def test_an_agent_that_rests_is_not_taken() -> None:
    rests = agent("rests", streak=Streak(faults=5, last_at=NOW - 29_999))
    assert choose(task(), rests).considered[0].why_not == (Reason.SUSPENDED, "suspended for 1 s more")
