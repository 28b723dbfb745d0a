"""An agent that calls a task hopeless which another then completes: the one verdict that is charged later."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import trust
from chalicelib.domain.agent import Agent
from chalicelib.domain.task import Status, Task
from chalicelib.services.retrying import Edited
from tests.contract.values import REPORT

from .doing import TENANT, complete, fail, registered, row, start, submitted
from .redoing import Killed, killed, retry
from .worlds import Watched, watched

STEADY = {"heartbeat_ms": 600_000}


def hopeless(w: Watched, **asked: object) -> str:
    """The id of a task that agent "a", the only one then, would not even try again."""
    registered(w, "a", **STEADY)
    task_id = submitted(w, **asked)
    w.drain()
    start(w, task_id)
    fail(w, task_id, error="cannot be done", retryable=False)
    return task_id


def begun(w: Watched, task_id: str, agent_id: str = "b", edited: Edited | None = None) -> Task:
    """Its retry, which this agent has started."""
    made = retry(w, task_id, edited=edited)
    w.clock.advance(seconds=2)
    w.drain()
    assert row(w, made.task_id).status is Status.ASSIGNED
    return start(w, made.task_id, agent_id=agent_id)


def ended(w: Watched, task_id: str, agent_id: str = "b", edited: Edited | None = None) -> Task:
    """Its retry, just completed."""
    made = begun(w, task_id, agent_id, edited)
    return complete(w, made.task_id, agent_id=agent_id, result=1)


def done(w: Watched, task_id: str, agent_id: str = "b", edited: Edited | None = None) -> Task:
    """Its retry, completed, when all that followed from that has happened."""
    made = ended(w, task_id, agent_id, edited)
    w.drain()
    return row(w, made.task_id)


def score(w: Watched, agent_id: str = "a") -> float:
    return w.agents.rows[agent_id].trust("report", now=w.clock()).mean


def test_it_is_charged_once_for_this_client_and_the_history_says_why(w: Watched) -> None:
    task_id = hopeless(w)
    assert score(w) == 0.5
    registered(w, "b", **STEADY)
    after = done(w, task_id)
    assert (after.unsettled, after.lease) == (False, None)
    assert score(w) == pytest.approx(2 / 5)
    part = trust.part_of("client", "a")
    assert list(w.agents.rows["a"].evidence) == [f"{REPORT}-{part}"]
    (told,) = w.use_cases.trusting.history("a", tenant=TENANT, limit=9, cursor=None).items
    assert (told.event.cause, told.event.task_id, told.event.client_id) == ("disproved", task_id, "client")
    assert told.event.reason == f"called task {task_id} hopeless, and b completed it as {after.task_id}"
    assert (told.before.mean, told.after.mean) == (0.5, pytest.approx(2 / 5))


def test_it_goes_to_another_agent_while_there_is_one(w: Watched) -> None:
    task_id = hopeless(w)
    registered(w, "b", slots=1, **STEADY)
    for _ in range(5):
        busy = submitted(w)
        w.clock.advance(seconds=2)
        w.drain()
        held = row(w, busy).lease
        assert held is not None
        start(w, busy, agent_id=held.agent_id)
        complete(w, busy, agent_id=held.agent_id)
    assert done(w, task_id).last.agent_id == "b"  # type: ignore[union-attr]


def test_an_agent_that_does_it_after_all_is_not_charged(w: Watched) -> None:
    task_id = hopeless(w)
    done(w, task_id, agent_id="a")
    assert score(w) > 0.5


def test_other_input_says_nothing_of_the_verdict(w: Watched) -> None:
    task_id = hopeless(w, input_data={"n": "x"})
    registered(w, "b", **STEADY)
    done(w, task_id, edited=Edited({"n": 1}))
    assert score(w) == 0.5


def test_an_agent_of_the_client_itself_disproves_nothing(w: Watched) -> None:
    task_id = hopeless(w)
    registered(w, "b", owner="client", **STEADY)
    done(w, task_id)
    assert score(w) == 0.5


def test_a_retry_that_fails_too_says_nothing(w: Watched) -> None:
    task_id = hopeless(w, max_retries=0)
    registered(w, "b", **STEADY)
    made = begun(w, task_id)
    fail(w, made.task_id, agent_id="b", error="no")
    w.drain()
    assert not row(w, made.task_id).unsettled
    assert score(w) == 0.5


def test_an_error_that_was_charged_at_once_is_not_charged_again(w: Watched) -> None:
    registered(w, "a", **STEADY)
    task_id = submitted(w, max_retries=0)
    w.drain()
    start(w, task_id)
    fail(w, task_id, error="boom")
    before = score(w)
    registered(w, "b", **STEADY)
    assert not row(w, retry(w, task_id).task_id).awaited
    assert score(w) == before


def test_who_is_cut_off_before_the_mark_is_cleared_charges_once(w: Watched) -> None:
    task_id = hopeless(w)
    registered(w, "b", **STEADY)
    made = ended(w, task_id)
    w.tasks.meanwhile.first(killed)
    with pytest.raises(Killed):
        w.use_cases.settling.settle(made.task_id)
    assert row(w, made.task_id).unsettled
    w.run(seconds=120)
    assert not row(w, made.task_id).unsettled
    assert score(w) == pytest.approx(2 / 5, abs=1e-4)


class Leaving:
    """Agents of which one is read, and is gone a moment later."""

    def __init__(self, w: Watched) -> None:
        self._rows = w.agents.rows

    def get(self, agent_id: str) -> Agent | None:
        return self._rows.pop(agent_id, None)


@pytest.mark.parametrize("gone", ["the task", "the agent", "the agent meanwhile"])
def test_what_is_gone_is_charged_to_nobody(gone: str) -> None:
    w = watched()
    task_id = hopeless(w)
    registered(w, "b", **STEADY)
    made = ended(w, task_id)
    settling, agent = w.use_cases.settling, w.agents.rows["a"]
    if gone == "the task":
        del w.tasks.rows[task_id]
    elif gone == "the agent":
        del w.agents.rows["a"]
    else:
        agents: Any = Leaving(w)
        settling = replace(settling, agents=agents)
    settling.settle(made.task_id)
    assert not row(w, made.task_id).unsettled
    assert (w.trust.made, agent.evidence) == ({}, {})


def test_a_cancelled_task_that_nobody_had_is_retried_without_a_verdict(w: Watched) -> None:
    task_id = submitted(w)
    w.use_cases.cancelling.cancel(task_id, tenant=TENANT, reason=None)
    assert not row(w, retry(w, task_id).task_id).awaited
