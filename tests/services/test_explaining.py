"""Explaining: the router is asked and nothing changes, at a cost that does not grow."""

from collections import Counter
from typing import Any

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.services.explaining import Explanation
from chalicelib.services.roster import FRESH_MS
from tests.domain.fleets import task as a_would_be_task

from .doing import TENANT, beat, complete, poll, registered, start, submitted
from .worlds import Watched

STEADY = {"heartbeat_ms": 600_000}


def explained(w: Watched, task_id: str) -> Explanation:
    before = (dict(w.tasks.rows), dict(w.agents.rows), list(w.queue.sent))
    found = w.use_cases.explaining.explain(task_id, tenant=TENANT)
    assert (dict(w.tasks.rows), dict(w.agents.rows), list(w.queue.sent)) == before
    return found


def test_an_unknown_task_and_another_tenants_cannot_be_told_apart(w: Watched) -> None:
    task_id = submitted(w)
    for known, tenant in ((task_id, "other"), ("none", TENANT)):
        with pytest.raises(NotFound):
            w.use_cases.explaining.explain(known, tenant=tenant)


def test_a_held_task_waits_for_nobody(w: Watched) -> None:
    registered(w, **STEADY)
    task_id = submitted(w)
    w.drain()
    found = explained(w, task_id)
    assert (found.cause.reason, found.choice, found.ahead) == ("held", None, None)


def test_nobody_has_the_capability(w: Watched) -> None:
    registered(w, capabilities=("draw",), **STEADY)
    assert explained(w, submitted(w)).cause.reason == "no_agent"


def test_those_that_went_offline_are_looked_at_too(w: Watched) -> None:
    registered(w, "a")
    registered(w, "left")
    w.use_cases.agents.leave("left", tenant=TENANT)
    task_id = submitted(w, max_retries=0)
    w.tasks.meanwhile.pending.clear()
    w.drain()
    w.run(seconds=120)
    found = explained(w, task_id)
    assert found.cause.reason == "offline"
    assert found.choice is not None
    assert [c.agent_id for c in found.choice.considered] == ["a"]


def test_all_full_says_when_one_is_likely_free_and_how_many_are_before(w: Watched) -> None:
    registered(w, **STEADY)
    quick = submitted(w)
    w.drain()
    start(w, quick)
    w.clock.advance(seconds=4)
    complete(w, quick)
    held, first, second = (submitted(w, queue_timeout_ms=600_000) for _ in range(3))
    w.clock.advance(ms=FRESH_MS)
    w.drain()
    assert poll(w) == [held]
    found = explained(w, second)
    assert (found.cause.reason, found.ahead) == ("all_full", 1)
    assert found.next_free_ms == 4_000
    assert explained(w, first).ahead == 0
    w.tasks.hidden.add(found.task.queue_key or "")
    assert explained(w, first).ahead is None


def test_somebody_free_is_named(w: Watched) -> None:
    task_id = submitted(w)
    w.drain()
    registered(w, **STEADY)
    w.clock.advance(ms=FRESH_MS)
    found = explained(w, task_id)
    assert found.cause.reason == "ready"
    assert found.choice is not None
    assert found.choice.agent is not None
    assert found.choice.agent.agent_id == "a"


def test_a_would_be_task_is_tried_without_a_trace(w: Watched) -> None:
    registered(w, "a", **STEADY)
    registered(w, "b", **STEADY)
    before = dict(w.tasks.rows)
    found, shares = w.use_cases.explaining.tried(a_would_be_task(), draws=200)
    assert found.cause.reason == "ready"
    assert shares == {name: pytest.approx(0.5, abs=0.1) for name in ("a", "b")}
    assert w.tasks.rows == before
    nobody, none = w.use_cases.explaining.tried(a_would_be_task(capability="draw"), draws=5)
    assert (nobody.cause.reason, none) == ("no_agent", {})


def test_it_reads_the_same_for_a_large_fleet(w: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def cost(fleet: int) -> Counter[str]:
        for n in range(fleet):
            registered(w, f"a{n}", **STEADY)
        w.clock.advance(ms=FRESH_MS)
        task_id = submitted(w)
        calls: Counter[str] = Counter()
        for store, names in ((w.agents, ("get_many", "candidates")), (w.tasks, ("get", "standing"))):
            for name in names:
                monkeypatch.setattr(store, name, counting(getattr(store, name), calls, name))
        explained(w, task_id)
        monkeypatch.undo()
        return calls

    cost(1)  # a fleet that was never read is read from anywhere, around the end
    assert cost(2) == cost(60) == {"get": 1, "candidates": 1, "get_many": 1, "standing": 1}


def counting(call: Any, calls: Counter[str], name: str) -> Any:
    def counted(*args: Any, **kwargs: Any) -> Any:
        calls[name] += 1
        return call(*args, **kwargs)

    return counted


def test_an_agent_that_beats_again_is_candidate_again(w: Watched) -> None:
    registered(w, "a")
    w.run(seconds=120)
    beat(w, "a")
    w.clock.advance(ms=FRESH_MS)
    assert explained(w, submitted(w)).cause.reason == "ready"


def test_a_few_are_drawn_first_as_a_dispatch_does_and_then_all(w: Watched) -> None:
    for n in range(30):
        registered(w, f"a{n}", tags=("gpu",) if n < 8 else (), **STEADY)
    found, shares = w.use_cases.explaining.tried(a_would_be_task(), draws=300)
    assert found.choice is not None
    assert len(found.choice.considered) == 4
    assert len(shares) == 24
    found, _ = w.use_cases.explaining.tried(a_would_be_task(required_tags=("none",)), draws=1)
    assert found.cause.text == "of 24 agents looked at none may have it now: 24 without a required tag"
