"""Routing's rules on both sides: the same agents are passed over, whether work is pushed or pulled."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.task import Status
from chalicelib.domain.trust import weight
from chalicelib.services.roster import FRESH_MS
from tests.contract.values import REPORT

from .doing import fail, poll, registered, row, start, submitted
from .worlds import Watched, watched

STEADY = {"heartbeat_ms": 600_000}


@pytest.fixture
def w() -> Watched:
    """Its agents have results that they did not earn here."""
    return watched()


def told(w: Watched, task_id: str) -> dict[str, Any]:
    """The explanation kept on the task."""
    said: dict[str, Any] = json.loads(row(w, task_id).explanation or "{}")
    return said


def judged(w: Watched, agent_id: str, *, good: float = 0, bad: float = 0) -> None:
    """It has these results behind it."""
    sums = {f"{REPORT}+a": good * weight(w.clock()), f"{REPORT}-a": bad * weight(w.clock())}
    w.agents.rows[agent_id] = replace(w.agents.rows[agent_id], evidence=sums)


@pytest.mark.parametrize("pulled", [False, True])
@pytest.mark.parametrize(
    "asked", [{"required_tags": ("gpu",)}, {"capability_version": ">=1.2,<2"}, {"min_trust": 0.7}]
)
def test_only_an_agent_that_fits_gets_it(w: Watched, asked: dict[str, Any], pulled: bool) -> None:
    if pulled:
        task_id = submitted(w, **asked)
        w.drain()
    registered(w, "plain", versions={"report": "2.0"}, **STEADY)
    registered(w, "fit", tags=("gpu",), versions={"report": "1.4"}, **STEADY)
    judged(w, "fit", good=50)
    if not pulled:
        w.clock.advance(ms=FRESH_MS)
        task_id = submitted(w, **asked)
        w.drain()
    assert poll(w, "plain") == []
    assert poll(w, "fit") == [task_id]
    assert told(w, task_id)["by"] == ("pull" if pulled else "score")


@pytest.mark.parametrize("pulled", [False, True])
def test_what_an_agent_failed_goes_to_another_even_if_that_is_full_now(w: Watched, pulled: bool) -> None:
    registered(w, "a", **STEADY)
    task_id = submitted(w)
    w.drain()
    registered(w, "b", **STEADY)
    w.clock.advance(ms=FRESH_MS)
    busy = submitted(w)
    w.drain()
    assert poll(w, "b") == [busy]
    start(w, task_id)
    fail(w, task_id)
    w.run(seconds=5)
    if pulled:
        assert poll(w, "a") == []
    assert row(w, task_id).status is Status.PENDING
    start(w, busy, agent_id="b")
    fail(w, busy, agent_id="b", retryable=False)
    assert poll(w, "b") == [task_id]


def test_what_the_only_agent_failed_it_gets_again(w: Watched) -> None:
    registered(w, "a", **STEADY)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    fail(w, task_id)
    w.run(seconds=5)
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_doubted_agent_leaves_the_line_to_others(w: Watched) -> None:
    task_ids = [submitted(w) for _ in range(3)]
    w.drain()
    registered(w, "bad", slots=9, **STEADY)
    judged(w, "bad", bad=500)
    registered(w, "good", slots=9, **STEADY)
    judged(w, "good", good=500)
    w.clock.advance(ms=FRESH_MS)
    assert poll(w, "bad") == []
    assert sorted(poll(w, "good")) == task_ids
    assert told(w, task_ids[0]) == {
        "strategy": "trust_weighted",
        "by": "pull",
        "candidates": [{"agent_id": "good", "score": None, "reason": None, "why_not": None}],
    }


def test_a_doubted_agent_that_is_alone_works_on(w: Watched) -> None:
    task_id = submitted(w)
    w.drain()
    registered(w, "bad", **STEADY)
    judged(w, "bad", bad=500)
    assert poll(w, "bad") == [task_id]


def test_last_assignments_are_remembered_whoever_gave(w: Watched) -> None:
    registered(w, "a", slots=2, **STEADY)
    submitted(w)
    w.drain()
    assert w.agents.rows["a"].last_assigned_at == w.clock()
    w.clock.advance(seconds=9)
    submitted(w)
    poll(w, "a")
    assert w.agents.rows["a"].last_assigned_at == w.clock()
