"""Routing in virtual time keeps its promises, also where free agents pull."""

from dataclasses import replace
from functools import cache

import pytest

from chalicelib.domain.routing import Strategy
from tests.sim.picture import Line, Panel, drawn
from tests.sim.results import Result, averaged, percentile, simulated, turned
from tests.sim.running import Run
from tests.sim.scenario import BAD, GOOD, MINUTE_S, PLAIN, TURNING

pytestmark = [pytest.mark.uncounted, pytest.mark.xdist_group("sim")]  # one process, which plays each run once

BRIEF = replace(PLAIN, seconds=8 * MINUTE_S, work_s=25.0)
OTHERS = [strategy for strategy in Strategy if strategy is not Strategy.TRUST_WEIGHTED]
SEEDS = range(4)


@cache
def played(strategy: Strategy) -> Result:
    """The plain scenario with a few seeds; `make sim` averages over sixteen."""
    return averaged([simulated(PLAIN, strategy.value, seed) for seed in SEEDS])


def test_the_bad_get_next_to_nothing_newcomers_a_start_and_clients_what_they_wait_for() -> None:
    found = played(Strategy.TRUST_WEIGHTED)
    assert found.to_bad < 0.01
    assert found.to_new >= 0.05
    assert found.success >= 0.94
    assert found.wait_p95 < 10


@pytest.mark.parametrize("other", OTHERS)
def test_no_other_strategy_has_as_much_success_for_its_waits_and_delays(other: Strategy) -> None:
    default = played(Strategy.TRUST_WEIGHTED)
    assert played(other).per_wait < default.per_wait
    assert played(other).per_delay < default.per_delay


def test_an_agent_that_turns_bad_is_out_within_thirty_tasks_and_back_within_an_hour_of_healing() -> None:
    turning = replace(
        TURNING, seconds=75 * MINUTE_S, work_s=60.0, turning=((8 * MINUTE_S, BAD), (15 * MINUTE_S, GOOD))
    )
    turn = turned(Run(turning, "trust_weighted", 1).played(), turning)
    assert turn.given_while_bad < 0.01 or turn.after_thirty < 0.01
    assert turn.back > 0.5


def test_where_all_work_is_pulled_a_doubted_agent_stands_back() -> None:
    """Half as much work again as the fleet can do."""
    crowded = replace(BRIEF, load=1.5, new=0)
    found = simulated(crowded, "trust_weighted", 1)
    assert found.pulled > 0.5
    assert found.to_bad < 0.03


def test_stale_rows_and_churn_do_not_break_it() -> None:
    found = simulated(replace(BRIEF, stale_s=5.0, churn_per_hour=30.0), "trust_weighted", 1)
    assert found.success > 0.9


def test_percentiles_are_of_the_ordered() -> None:
    assert [percentile(range(100), at) for at in (0, 50, 95, 100)] == [0, 50, 95, 99]


def test_the_picture_holds_every_line_mark_and_name() -> None:
    svg = drawn([Panel("a < b", [Line("x", [(0, 1), (5, 9)])], 10, marks=[(4, "now")])])
    assert "a &lt; b" in svg
    assert svg.count("<polyline") == 7
    assert ">now<" in svg
