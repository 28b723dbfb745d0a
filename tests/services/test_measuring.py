"""The gauges of a tick: told, and kept for whoever scrapes."""

from itertools import pairwise

from chalicelib.services.measuring import MOST_SCORES, spread

from .doing import registered, submitted
from .worlds import Watched


def test_what_was_measured_is_kept_and_told(w: Watched) -> None:
    registered(w, "a", capabilities=("none",))
    submitted(w)
    w.clock.advance(seconds=4)
    found = w.use_cases.measuring.measure()
    assert w.stats.gauges() == found
    told = {name: value for name, value, labels in w.metrics.counted if not labels}
    assert told["tasks_queue_depth"] == found.waiting == 1
    assert told["tasks_oldest_waiting_ms"] == found.oldest_waiting_ms == 4_000
    assert told["tasks_waiting_without_agent"] == found.waiting_without_agent == 1
    assert told["agent_trust_score"] == 0.5
    assert told["doctor_findings"] == found.findings == 0


def test_agents_that_left_have_no_say_in_the_distribution_of_trust(w: Watched) -> None:
    registered(w, "a", capabilities=("none",))
    w.use_cases.agents.leave("a", tenant="acme")
    w.use_cases.measuring.measure()
    assert "agent_trust_score" not in {name for name, _, _ in w.metrics.counted}


def test_more_values_than_a_line_holds_are_sampled_evenly() -> None:
    few = [0.1, 0.2]
    assert spread(few, most=MOST_SCORES) == few
    many = spread(range(1_000), most=MOST_SCORES)
    assert (len(many), many[0], many[-1]) == (MOST_SCORES, 0, 999)
    assert max(b - a for a, b in pairwise(many)) <= 12
