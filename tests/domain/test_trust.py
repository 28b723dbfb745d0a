"""Trust: forward-decayed sums equal the direct formula, whatever the order they came in."""

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import reduce

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import trust
from chalicelib.domain.task import Attempt, Outcome
from chalicelib.domain.trust import (
    ADMIN_PART,
    CLIENT_CAP,
    CLIENT_PARTS,
    EPOCH_MS,
    HALF_LIFE_MS,
    PRIOR_WEIGHT,
    Evidence,
    Posterior,
)
from tests.contract.values import REPORT, a_task

START = EPOCH_MS + 30 * 24 * 3_600_000
OF_SIX_DIGITS = 1e-5  # two weights, of which each is off by half a unit of its sixth digit at most
NAMES = ["report", "draw+", "x-1"]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.booleans(),
        st.integers(0, 10 * HALF_LIFE_MS),
        st.sampled_from([*CLIENT_PARTS, ADMIN_PART]),
    ),
    max_size=30,
)
MANY = st.dictionaries(
    st.sampled_from([f"{REPORT}{sign}{part}" for sign in "+-" for part in (*CLIENT_PARTS, ADMIN_PART)]),
    st.floats(0, 1e4).map(lambda results: results * trust.weight(START)),
)
SHAPES = st.floats(2, 1e4)
Event = tuple[str, bool, int, str]


def attempt(outcome: Outcome, *, started: bool = True, **more: bool) -> Attempt:
    return Attempt(
        attempt=0,
        token=1,
        agent_id="a",
        assigned_at=START,
        started_at=START if started else None,
        ended_at=START,
        outcome=outcome,
        **more,
    )


def judged(ended: Attempt, **asked: str) -> Evidence | None:
    return trust.verdict(ended, replace(a_task(), capability="report", **asked))


def sums(events: list[Event]) -> Mapping[str, float]:
    found: Mapping[str, float] = {}
    for capability, good, after, part in events:
        amount = trust.weight(START + after)
        added = (
            Evidence(capability, good=amount, part=part) if good else Evidence(capability, 0, amount, part)
        )
        found = added.added_to(found)
    return found


def directly(events: list[Event], capability: str | None, now: int) -> tuple[float, float]:
    """Each event counts a half for every half-life since."""
    total = {True: PRIOR_WEIGHT / 2, False: PRIOR_WEIGHT / 2}
    for name, good, after, _ in events:
        if capability in (None, name):
            total[good] += 0.5 ** ((now - START - after) / HALF_LIFE_MS)
    return total[True], total[False]


@given(EVENTS, st.sampled_from([*NAMES, "x", "other", None]), st.integers(0, HALF_LIFE_MS))
def test_the_sums_give_the_direct_formula(events: list[Event], capability: str | None, later: int) -> None:
    now = START + 10 * HALF_LIFE_MS + later
    found = trust.posterior(sums(events), capability, now=now)
    alpha, beta = directly(events, capability, now)
    assert found.alpha == pytest.approx(alpha, rel=OF_SIX_DIGITS)
    assert found.beta == pytest.approx(beta, rel=OF_SIX_DIGITS)


@given(MANY, st.integers(0, 20 * HALF_LIFE_MS))
def test_trust_lies_between_nothing_and_all(evidence: dict[str, float], later: int) -> None:
    found = trust.posterior(evidence, "report", now=START + later)
    assert 0 < found.lower_bound < found.mean < 1
    assert found.assured in (found.mean, found.lower_bound)


@given(EVENTS, st.randoms(use_true_random=False))
def test_order_does_not_matter(events: list[Event], chance: object) -> None:
    other = list(events)
    chance.shuffle(other)  # type: ignore[attr-defined]
    one, two = sums(events), sums(other)
    assert one.keys() == two.keys()
    assert all(one[key] == pytest.approx(two[key]) for key in one)


@given(MANY, st.sampled_from([*CLIENT_PARTS, ADMIN_PART]), st.floats(0.01, 5))
def test_a_success_never_lowers_trust_and_a_fault_never_raises_it(
    evidence: dict[str, float], part: str, results: float
) -> None:
    amount = results * trust.weight(START)
    before = trust.posterior(evidence, "report", now=START)
    better = trust.posterior(Evidence("report", amount, 0, part).added_to(evidence), "report", now=START)
    worse = trust.posterior(Evidence("report", 0, amount, part).added_to(evidence), "report", now=START)
    slack = 1e-9
    assert better.alpha >= before.alpha - slack
    assert better.beta <= before.beta + slack
    assert worse.alpha <= before.alpha + slack
    assert worse.beta >= before.beta - slack
    assert worse.mean <= before.mean + slack
    assert before.mean <= better.mean + slack
    assert worse.lower_bound <= before.lower_bound + slack
    assert before.lower_bound <= better.lower_bound + slack


@given(EVENTS)
def test_a_success_raises_trust_and_a_fault_lowers_it(events: list[Event]) -> None:
    now = START + 10 * HALF_LIFE_MS
    before = trust.posterior(sums(events), "report", now=now).mean
    good, bad = ("report", True, 10 * HALF_LIFE_MS, ""), ("report", False, 10 * HALF_LIFE_MS, "")
    assert trust.posterior(sums([*events, good]), "report", now=now).mean > before
    assert trust.posterior(sums([*events, bad]), "report", now=now).mean < before


@given(EVENTS)
def test_trust_forgets_with_its_half_life(events: list[Event]) -> None:
    now = START + 10 * HALF_LIFE_MS
    fresh = trust.posterior(sums(events), "report", now=now)
    old = trust.posterior(sums(events), "report", now=now + HALF_LIFE_MS)
    assert old.effective_results == pytest.approx(
        fresh.effective_results / 2, rel=2 * OF_SIX_DIGITS, abs=1e-6
    )
    assert abs(old.mean - 0.5) <= abs(fresh.mean - 0.5) + 1e-9


def test_a_posterior_over_all_capabilities_counts_each() -> None:
    both = sums([("report", True, 0, ""), ("draw+", False, 0, "2")])
    assert trust.posterior(both, None, now=START).effective_results == pytest.approx(2)


def test_the_score_is_the_mean() -> None:
    assert Posterior(3, 1).mean == 0.75


def exact_chance(x: float, alpha: int, beta: int) -> float:
    """The chance that a Beta of whole shapes lies below x: a tail of the binomial distribution."""
    n = alpha + beta - 1
    return sum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(alpha, n + 1))


@pytest.mark.parametrize("alpha", [2, 3, 7, 12, 40, 102])
@pytest.mark.parametrize("beta", [2, 3, 7, 12, 40, 102])
def test_the_lower_bound_is_the_quantile_to_half_a_hundredth(alpha: int, beta: int) -> None:
    bound = Posterior(alpha, beta).lower_bound
    assert exact_chance(bound - 0.005, alpha, beta) < 0.05 < exact_chance(bound + 0.005, alpha, beta)


@given(SHAPES, SHAPES, st.floats(0.01, 10))
def test_the_lower_bound_rises_with_successes_and_falls_with_faults(
    alpha: float, beta: float, more: float
) -> None:
    bound = Posterior(alpha, beta).lower_bound
    assert Posterior(alpha + more, beta).lower_bound > bound > Posterior(alpha, beta + more).lower_bound


def test_a_minimum_is_held_against_the_mean_until_enough_is_known() -> None:
    assert Posterior(11.9, 2).assured == Posterior(11.9, 2).mean
    assert Posterior(12, 2).assured == Posterior(12, 2).lower_bound


def test_one_client_counts_for_no_more_than_its_cap_at_the_rate_it_saw() -> None:
    now = trust.weight(START)
    found = trust.posterior({f"{REPORT}+1": 900 * now, f"{REPORT}-1": 100 * now}, "report", now=START)
    assert found.effective_results == pytest.approx(CLIENT_CAP)
    assert found.alpha == pytest.approx(2 + 0.9 * CLIENT_CAP)


def test_a_client_that_fails_an_agent_ten_thousand_times_does_not_silence_the_others() -> None:
    now = trust.weight(START)
    honest = {f"{REPORT}{sign}{part}": n * now for part in "123" for sign, n in (("+", 49.0), ("-", 1.0))}
    spammed = trust.posterior({**honest, f"{REPORT}-": 10_000 * now}, "report", now=START)
    assert spammed.mean == pytest.approx((2 + 147) / (4 + 150 + CLIENT_CAP))


def test_what_an_admin_adds_counts_in_full() -> None:
    given_ = {f"{REPORT}+{ADMIN_PART}": 100 * trust.weight(START)}
    assert trust.posterior(given_, "report", now=START).effective_results == pytest.approx(100)


def test_clients_are_spread_over_the_parts_of_each_agent_anew() -> None:
    clients = [f"client-{n}" for n in range(200)]
    parts = [trust.part_of(client, "agent") for client in clients]
    assert {parts.count(part) > 30 for part in CLIENT_PARTS} == {True}
    assert parts != [trust.part_of(client, "another") for client in clients]


CHARGED = [Outcome.ERROR, Outcome.TIMEOUT, Outcome.AGENT_LOST]


@pytest.mark.parametrize("outcome", CHARGED)
def test_faults_of_the_agent_are_charged(outcome: Outcome) -> None:
    part = trust.part_of("client", "a")
    expected = Evidence("report", bad=trust.weight(START), part=part, at=START)
    assert judged(attempt(outcome), client_id="client") == expected
    assert judged(attempt(outcome, probe=True), client_id="client") == replace(expected, of_probe=True)
    assert judged(attempt(outcome, own=True), client_id="client") == expected


def test_a_success_is_credited() -> None:
    expected = Evidence("report", good=trust.weight(START), part=trust.part_of("c", "a"), at=START)
    assert judged(attempt(Outcome.COMPLETED), client_id="c") == expected


def test_success_at_the_tasks_of_its_own_owner_is_not() -> None:
    assert judged(attempt(Outcome.COMPLETED, own=True)) is None


UNCHARGED = [
    attempt(Outcome.RELEASED),
    attempt(Outcome.NOT_STARTED, started=False),
    attempt(Outcome.SUPERSEDED),
    attempt(Outcome.CANCELLED),
    attempt(Outcome.ERROR, hopeless=True),
    attempt(Outcome.AGENT_LOST, started=False),
]


@pytest.mark.parametrize("ended", UNCHARGED, ids=lambda ended: ended.outcome.value)
def test_what_is_nobodys_fault_is_charged_to_nobody(ended: Attempt) -> None:
    assert judged(ended) is None


@given(st.lists(st.sampled_from(UNCHARGED)), MANY)
def test_no_sequence_of_what_is_the_clients_fault_changes_trust(
    endings: list[Attempt], evidence: dict[str, float]
) -> None:
    def after(sums: Mapping[str, float], ended: Attempt) -> Mapping[str, float]:
        charged = judged(ended)
        return sums if charged is None else charged.added_to(sums)

    assert reduce(after, endings, evidence) == evidence


def test_a_million_events_stay_within_what_dynamodb_holds_for_seven_years() -> None:
    assert trust.weight(EPOCH_MS + 7 * 365 * 24 * 3_600_000) * 1e6 < 9.9e125


def test_a_weight_has_few_digits() -> None:
    weights = [Decimal(repr(trust.weight(START + n * 86_400_000))) for n in range(400)]
    assert {len(weight.normalize().as_tuple().digits) for weight in weights} <= set(range(7))


def test_the_time_of_successes_is_a_mean_in_which_the_latest_count_most() -> None:
    sums: dict[str, float] = {}
    assert trust.response_ms(sums, "report") is None
    for ended_at, took_ms in ((START, 1_000), (START + HALF_LIFE_MS, 400)):
        ended = replace(attempt(Outcome.COMPLETED), assigned_at=ended_at - took_ms, ended_at=ended_at)
        evidence = trust.verdict(ended, a_task(capability="report"))
        assert evidence is not None
        sums = evidence.added_to(sums)
    assert trust.response_ms(sums, "report") == pytest.approx((1_000 + 2 * 400) / 3, abs=0.01)
    assert trust.response_ms(sums, "draw") is None
    assert trust.posterior(sums, None, now=START) == trust.posterior(sums, "report", now=START)


def test_failures_have_no_time() -> None:
    ended = replace(attempt(Outcome.ERROR), assigned_at=START - 100)
    evidence = trust.verdict(ended, a_task(capability="report"))
    assert evidence is not None
    assert trust.response_ms(evidence.added_to({}), "report") is None


def test_capabilities_are_told_apart_by_short_names_that_hold_no_sign() -> None:
    stems = {trust.stem(f"capability-{number}") for number in range(100)}
    assert len(stems) == 100
    assert all(len(stem) == 4 and stem.isalnum() for stem in stems)
    assert trust.stem("report") == trust.stem("report") != trust.stem("report+")
