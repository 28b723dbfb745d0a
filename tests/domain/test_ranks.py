"""Ranks on the leaderboards: whole steps of the lower bound, written anew only when they are off by much."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from chalicelib.domain import trust
from tests.contract.values import REPORT
from tests.domain.test_agent import NOW, agent

ONE = trust.weight(NOW)


def test_a_newcomer_has_none() -> None:
    assert agent().new_ranks(NOW) is None


@given(st.floats(0, 60), st.floats(0, 60), st.integers(0, 50))
def test_a_stored_rank_is_close_enough_or_written_anew(good: float, bad: float, stored: int) -> None:
    known = agent(evidence={f"{REPORT}+": good * ONE, f"{REPORT}-": bad * ONE}, ranks=(stored, stored))
    bound = known.trust("report", now=NOW).lower_bound
    fresh = known.new_ranks(NOW)
    rank = stored if fresh is None else fresh[1]
    assert abs(rank * trust.RANK_STEP - bound) <= trust.RANK_SLACK * trust.RANK_STEP + 1e-9
    assert bound <= trust.highest(rank) + 1e-9
    assert replace(known, ranks=(rank, rank)).new_ranks(NOW) is None


@given(st.floats(0, 50), st.floats(0, 50), st.integers(0, 30 * trust.HALF_LIFE_MS))
def test_forgetting_lifts_nobody_above_what_a_reader_reckons_with(
    good: float, bad: float, later: int
) -> None:
    known = agent(evidence={f"{REPORT}+": good * ONE, f"{REPORT}-": bad * ONE})
    ranks = known.new_ranks(NOW)
    assert ranks is not None
    assert known.trust("report", now=NOW + later).lower_bound <= trust.highest(ranks[1])


def test_ranks_of_other_capabilities_than_it_has_now_are_written_anew() -> None:
    known = agent(evidence={f"{REPORT}+": ONE}, ranks=(9,))
    fresh = known.new_ranks(NOW)
    assert fresh is not None
    assert len(fresh) == 2
