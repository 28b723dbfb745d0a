"""Random expressions under every policy, near clock changes of any zone, checked against the oracle."""

from functools import cache

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.cron import describe_next, parse
from chalicelib.domain.dst import DstPolicy, Fold, Gap
from chalicelib.domain.zones import _names
from tests.domain.vectors import catalogue, oracle
from tests.domain.vectors.oracle import DAY

pytestmark = pytest.mark.uncounted
MINUTE_MS = 60_000
COMPARED = 25  # runs of one example
ODD = (*dict.fromkeys(span.zone for span in catalogue.SPANS), "Africa/Cairo", "Asia/Beirut", "America/Havana")


@cache
def changes(zone: str, year: int) -> list[int]:
    """The minutes of UTC in a year at which the clocks change."""
    days = oracle.minutes(zone, catalogue.year_start(year), catalogue.year_start(year + 1), DAY)
    return [
        change
        for day in oracle.changes(days)
        for change in oracle.changes(oracle.minutes(zone, day - DAY - 1, day + 1))
    ]


def listed(values: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    """Plain values: a time of day."""
    return st.lists(values, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found)))


near_changes = st.sampled_from((*range(5), 12, 22, 23))
times = st.one_of(
    st.tuples(listed(st.integers(0, 59)), listed(near_changes)).map(" ".join),
    st.sampled_from(("0-59/7 0-3", "0 0-23", "*/20 *", "30 *", "*/15 1,2", "15,*/30 0-4", "10 */2")),
)
days = st.one_of(st.just("* * *"), st.sampled_from(("* * SUN,SAT", "1-14 * 0", "*/2 * *", "* 3,4,9-12 5-7")))


@settings(max_examples=200, deadline=None)
@given(
    text=st.tuples(times, days).map(" ".join),
    zone=st.one_of(st.sampled_from(ODD), st.sampled_from(sorted(_names()))),
    year=st.integers(2008, 2030),
    nth=st.integers(0, 3),
    policy=st.sampled_from(catalogue.POLICIES),
    since=st.integers(-DAY // 2, 90),
)
@example("0 12 * * *", "Pacific/Apia", 2011, 2, ("skip", "first"), -DAY // 2)
@example("0 12 * * *", "Pacific/Apia", 2011, 2, ("next", "first"), -DAY // 2)
@example("0,30 0-23 * * *", "Pacific/Kwajalein", 1993, 0, ("next", "both"), -30)
@example("0 0-23 * * SAT", "Pacific/Kwajalein", 1993, 0, ("skip", "both"), -30)
@example("15 0-4 * * *", "Antarctica/Troll", 2027, 0, ("next", "both"), -200)
@example("45 1 * * *", "Australia/Lord_Howe", 2027, 0, ("next", "both"), -30)
@example("0 0 * * *", "America/Santiago", 2027, 0, ("skip", "first"), -30)
def test_near_a_clock_change_the_runs_are_those_that_the_policy_defines(
    text: str, zone: str, year: int, nth: int, policy: tuple[str, str], since: int
) -> None:
    assume(changes(zone, year))
    change = changes(zone, year)[nth % len(changes(zone, year))]
    start, end = change + since, change + DAY + 120
    expected = oracle.runs(text, oracle.due(text, oracle.minutes(zone, start, end)), *policy)
    meant = DstPolicy(Gap(policy[0]), Fold(policy[1]))
    found = describe_next(parse(text), zone, start * MINUTE_MS - 1, COMPARED, meant)
    assert all(slot % MINUTE_MS == 0 for slot in found)
    assert [at for slot in found if (at := slot // MINUTE_MS) < end] == expected[:COMPARED]
