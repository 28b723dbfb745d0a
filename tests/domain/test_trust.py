"""Trust: forward-decayed sums equal the direct formula, whatever the order they came in."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import trust
from chalicelib.domain.task import Attempt, Outcome
from chalicelib.domain.trust import EPOCH_MS, HALF_LIFE_MS, PRIOR_WEIGHT, Posterior

START = EPOCH_MS + 30 * 24 * 3_600_000
EVENTS = st.lists(
    st.tuples(st.sampled_from(["report", "draw+"]), st.booleans(), st.integers(0, 10 * HALF_LIFE_MS)),
    max_size=30,
)
Event = tuple[str, bool, int]


def attempt(outcome: Outcome, *, started: bool = True) -> Attempt:
    return Attempt(
        attempt=0,
        token=1,
        agent_id="a",
        assigned_at=START,
        started_at=START if started else None,
        ended_at=START,
        outcome=outcome,
    )


def sums(events: list[Event]) -> dict[str, float]:
    found: dict[str, float] = {}
    for capability, good, after in events:
        key = capability + ("+" if good else "-")
        found[key] = found.get(key, 0.0) + trust.weight(START + after)
    return found


def directly(events: list[Event], capability: str | None, now: int) -> tuple[float, float]:
    """Each event counts a half for every half-life since."""
    total = {True: PRIOR_WEIGHT / 2, False: PRIOR_WEIGHT / 2}
    for name, good, after in events:
        if capability in (None, name):
            total[good] += 0.5 ** ((now - START - after) / HALF_LIFE_MS)
    return total[True], total[False]


@given(EVENTS, st.sampled_from(["report", "draw+", "other", None]), st.integers(0, HALF_LIFE_MS))
def test_the_sums_give_the_direct_formula(events: list[Event], capability: str | None, later: int) -> None:
    now = START + 10 * HALF_LIFE_MS + later
    found = trust.posterior(sums(events), capability, now=now)
    alpha, beta = directly(events, capability, now)
    assert found.alpha == pytest.approx(alpha)
    assert found.beta == pytest.approx(beta)
    assert 0 < found.mean < 1


@given(EVENTS, st.randoms(use_true_random=False))
def test_order_does_not_matter(events: list[Event], chance: object) -> None:
    other = list(events)
    chance.shuffle(other)  # type: ignore[attr-defined]
    one, two = sums(events), sums(other)
    assert one.keys() == two.keys()
    assert all(one[key] == pytest.approx(two[key]) for key in one)


@given(EVENTS)
def test_a_success_raises_trust_and_a_fault_lowers_it(events: list[Event]) -> None:
    now = START + 10 * HALF_LIFE_MS
    before = trust.posterior(sums(events), "report", now=now).mean
    assert (
        trust.posterior(sums([*events, ("report", True, 10 * HALF_LIFE_MS)]), "report", now=now).mean > before
    )
    assert (
        trust.posterior(sums([*events, ("report", False, 10 * HALF_LIFE_MS)]), "report", now=now).mean
        < before
    )


def test_what_is_old_is_forgotten_by_halves() -> None:
    ten = sums([("report", True, 0)] * 10)
    assert trust.posterior(ten, "report", now=START).effective_results == pytest.approx(10)
    assert trust.posterior(ten, "report", now=START + HALF_LIFE_MS).effective_results == pytest.approx(5)
    assert trust.posterior(ten, "draw", now=START).mean == 0.5


def test_a_posterior_over_all_capabilities_counts_each() -> None:
    both = sums([("report", True, 0), ("draw+", False, 0)])
    assert trust.posterior(both, None, now=START).effective_results == pytest.approx(2)


def test_the_score_is_the_mean() -> None:
    assert Posterior(3, 1).mean == 0.75


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.TIMEOUT, Outcome.AGENT_LOST])
def test_faults_of_the_agent_are_charged(outcome: Outcome) -> None:
    charged = trust.verdict(attempt(outcome), "report", now=START)
    assert charged is not None
    assert (charged.capability, charged.good, charged.bad) == ("report", 0.0, trust.weight(START))


def test_a_success_is_credited() -> None:
    charged = trust.verdict(attempt(Outcome.COMPLETED), "report", now=START)
    assert charged is not None
    assert (charged.good, charged.bad) == (trust.weight(START), 0.0)


@pytest.mark.parametrize(
    "outcome", [Outcome.RELEASED, Outcome.NOT_STARTED, Outcome.SUPERSEDED, Outcome.CANCELLED]
)
def test_what_is_nobodys_fault_is_charged_to_nobody(outcome: Outcome) -> None:
    assert trust.verdict(attempt(outcome), "report", now=START) is None


def test_losing_what_was_not_begun_is_not_charged() -> None:
    assert trust.verdict(attempt(Outcome.AGENT_LOST, started=False), "report", now=START) is None


def test_a_million_events_stay_within_what_dynamodb_holds_for_seven_years() -> None:
    assert trust.weight(EPOCH_MS + 7 * 365 * 24 * 3_600_000) * 1e6 < 9.9e125
