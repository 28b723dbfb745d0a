"""Routing: only those who may, the better of them more often, and a reason for everybody else."""

import random
from collections import Counter
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import routing, trust
from chalicelib.domain.agent import Agent, AgentStatus, Profile, Wish
from chalicelib.domain.content import Content
from chalicelib.domain.routing import Strategy
from chalicelib.domain.task import Attempt, Outcome, Task

NOW = 1_800_000_000_000


def task(**changes: object) -> Task:
    return Task(
        task_id="t",
        tenant="acme",
        client_id="c",
        created_at=NOW,
        task_type="work",
        capability="report",
        document=Content("h", inline="{}"),
        **changes,  # type: ignore[arg-type]
    )


def agent(agent_id: str, *, good: float = 0, bad: float = 0, **changes: object) -> Agent:
    scale = trust.weight(NOW)
    plain = Agent(
        agent_id=agent_id,
        tenant="acme",
        profile=Profile(display_name=agent_id, capabilities=("report",)),
        registered_at=NOW,
        max_concurrency=4,
        lease_until=NOW + 30_000,
        evidence={"report+": good * scale, "report-": bad * scale},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def lost_by(agent_id: str) -> Attempt:
    return Attempt(
        attempt=0,
        token=1,
        agent_id=agent_id,
        assigned_at=NOW,
        started_at=NOW,
        ended_at=NOW,
        outcome=Outcome.AGENT_LOST,
    )


def choose(wanted: Task, *candidates: Agent, seed: int = 1, are_all: bool = True) -> routing.Choice:
    chance = random.Random(seed)
    return routing.choose(wanted, candidates, now=NOW, chance=chance, are_all=are_all)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tenant": "other"}, "of another tenant"),
        ({"profile": Profile(display_name="a", capabilities=("draw",))}, "lacks report"),
        ({"lease_until": NOW}, "offline"),
        ({"wish": Wish.DRAINING}, "draining"),
        ({"hold_until": NOW + 1}, "suspended"),
        ({"in_flight": 4}, "full: holds 4 of 4"),
        ({"good": 1, "bad": 5}, "trust 0.30 is below 0.50"),
    ],
)
def test_who_may_not_have_it_hears_why(changes: dict[str, object], reason: str) -> None:
    refused = agent("a", **changes)  # type: ignore[arg-type]
    assert routing.why_not(refused, task(min_trust=0.5), now=NOW) == reason
    choice = choose(task(min_trust=0.5), refused)
    assert choice.agent is None
    assert choice.considered == (routing.Candidate("a", None, reason),)


AGENTS = st.lists(
    st.builds(
        agent,
        st.sampled_from(list("abcdefgh")),
        good=st.floats(0, 50),
        bad=st.floats(0, 50),
        tenant=st.sampled_from(["acme", "acme", "other"]),
        wish=st.sampled_from(Wish),
        in_flight=st.integers(0, 4),
        lease_until=st.sampled_from([NOW - 1, NOW + 1]),
    ),
    max_size=8,
    unique_by=lambda a: a.agent_id,
)
TASKS = st.builds(
    task,
    strategy=st.sampled_from([s.value for s in Strategy]),
    min_trust=st.none() | st.floats(0, 1),
    last=st.none() | st.builds(lost_by, st.sampled_from("abc")),
)


@given(TASKS, AGENTS, st.integers(0, 99), st.booleans())
def test_whoever_is_chosen_may_have_it_and_somebody_is_if_anybody_may(
    wanted: Task, candidates: list[Agent], seed: int, are_all: bool
) -> None:
    choice = choose(wanted, *candidates, seed=seed, are_all=are_all)
    eligible = [a for a in candidates if routing.why_not(a, wanted, now=NOW) is None]
    others = [a for a in eligible if not routing.lost_it(a.agent_id, wanted)]
    assert choice.agent is None or choice.agent in eligible
    if others:
        assert choice.agent in others
        best = {a.agent_id for a in others if a.status(NOW) is AgentStatus.ACTIVE}
        assert not best or choice.agent.agent_id in best  # type: ignore[union-attr]
    assert {c.agent_id for c in choice.considered} == {a.agent_id for a in candidates}
    for looked_at in choice.considered:
        assert (looked_at.score is None) == (looked_at.why_not is not None)
    if choice.agent is not None:
        assert choice.considered[0].agent_id == choice.agent.agent_id


def test_the_degraded_are_chosen_last() -> None:
    weak, well = agent("weak", good=50, wish=Wish.DEGRADED), agent("well", bad=5, in_flight=3)
    for strategy in Strategy:
        assert choose(task(strategy=strategy.value), weak, well).agent is well
    assert choose(task(), weak).agent is weak


def test_least_loaded_takes_the_emptiest_by_share() -> None:
    half = agent("half", in_flight=2)
    emptier = agent("emptier", in_flight=3, max_concurrency=10)
    assert choose(task(strategy="least_loaded"), half, emptier).agent is emptier


def test_highest_trust_takes_the_most_trusted() -> None:
    assert choose(task(strategy="highest_trust"), agent("a", good=3), agent("b", good=4)).agent is not None
    for seed in range(20):
        best = agent("b", good=4)
        assert choose(task(strategy="highest_trust"), agent("a", good=3), best, seed=seed).agent is best


def test_ties_are_broken_by_chance() -> None:
    for strategy in Strategy:
        twins = (agent("a"), agent("b"))
        choices = [choose(task(strategy=strategy.value), *twins, seed=seed) for seed in range(40)]
        assert {choice.considered[0].agent_id for choice in choices} == {"a", "b"}


def test_the_better_gets_most_and_a_newcomer_its_share() -> None:
    fleet = (agent("good", good=90, bad=10), agent("bad", good=5, bad=95), agent("new"))
    share = Counter(choose(task(), *fleet, seed=seed).agent.agent_id for seed in range(2_000))  # type: ignore[union-attr]
    assert share["bad"] < 0.01 * 2_000
    assert share["new"] > 0.05 * 2_000
    assert share["good"] > share["new"]


def test_load_counts_against_equals() -> None:
    full, free = agent("full", good=50, in_flight=3), agent("free", good=50)
    share = Counter(choose(task(), full, free, seed=seed).agent.agent_id for seed in range(500))  # type: ignore[union-attr]
    assert share["free"] > 450


def test_those_not_drawn_say_so() -> None:
    choice = choose(task(), *(agent(name) for name in "abcd"))
    assert sorted(str(c.why_not) for c in choice.considered) == ["None", "None", "not drawn", "not drawn"]


def test_what_an_agent_was_lost_with_goes_to_another_while_one_could() -> None:
    wanted = task(last=lost_by("a"))
    loser, full, gone = agent("a"), agent("b", in_flight=4), agent("c", lease_until=NOW)
    assert choose(wanted, loser, full).agent is None
    assert choose(wanted, loser, full).considered[0].why_not in {
        "was lost with this task, or did not start it",
        "full: holds 4 of 4",
    }
    assert choose(wanted, loser, gone).agent is loser
    assert choose(wanted, loser).agent is loser
    assert choose(wanted, loser, are_all=False).agent is None


def test_what_an_agent_did_not_start_goes_to_another_while_one_could() -> None:
    wanted = task(last=replace(lost_by("a"), started_at=None, outcome=Outcome.NOT_STARTED))
    assert choose(wanted, agent("a"), agent("b")).agent == agent("b")
    assert choose(wanted, agent("a")).agent == agent("a")


def test_only_a_loss_counts_against_the_same_agent() -> None:
    ended = replace(lost_by("a"), outcome=Outcome.ERROR)
    assert not routing.lost_it("a", task(last=ended))
    assert not routing.lost_it("a", task())
    assert not routing.lost_it("b", task(last=lost_by("a")))
