"""The invariants themselves: each is broken on purpose, and says so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.content import Content
from chalicelib.domain.schedule import ScheduleStatus
from chalicelib.domain.task import Outcome, Status, Task

from . import invariants
from .doing import complete, fail, registered, row, scheduled, start, submitted
from .invariants import Snapshot, snapshot, violations
from .worlds import Watched, watched


@pytest.fixture
def s() -> Snapshot:
    """A world in which much happened, all of it right: task 1 runs, 2 is over, 3 backs off, 4 waits."""
    w = watched()
    registered(w, "agent", slots=3, heartbeat_ms=600_000)
    ids = [submitted(w) for _ in range(3)]
    w.drain()
    for task_id in ids:
        start(w, task_id, agent_id="agent")
    complete(w, ids[1], agent_id="agent", result=1)
    fail(w, ids[2], agent_id="agent")
    submitted(w, capability="draw")
    scheduled(w)
    w.run(seconds=60)
    _running_and_more(w, ids)
    found = snapshot(w)
    assert violations(found) == []
    return found


def _running_and_more(w: Watched, ids: list[str]) -> None:
    w.run(seconds=1)
    start(w, ids[2], agent_id="agent")
    fail(w, ids[2], agent_id="agent", retry_after_ms=99_000)


RUNS, OVER, WAITS_OUTSIDE, IN_LINE = "task-0001", "task-0002", "task-0003", "task-0004"


def with_row(s: Snapshot, task_id: str, **changes: Any) -> Snapshot:
    """As if the last write had been this."""
    row_ = replace(s.tasks[task_id], **changes)
    return with_step(s, s.tasks[task_id], row_)


def with_step(s: Snapshot, before: Task | None, after: Task) -> Snapshot:
    """As if this write had followed."""
    return replace(
        s,
        tasks={**s.tasks, after.task_id: after},
        history=[*s.history, (after.task_id, before, after)],
        written_at=[*s.written_at, s.now],
    )


def next_of(s: Snapshot, task_id: str, **changes: Any) -> Snapshot:
    return with_row(s, task_id, version=s.tasks[task_id].version + 1, **changes)


def with_agent(s: Snapshot, **changes: Any) -> Snapshot:
    return replace(s, agents={"agent": replace(s.agents["agent"], **changes)})


def without(s: Snapshot, task_id: str) -> Snapshot:
    return replace(s, tasks={k: v for k, v in s.tasks.items() if k != task_id})


def first_claim(s: Snapshot, **changes: Any) -> Snapshot:
    return replace(s, claims=[replace(s.claims[0], **changes)])


def schedule_of(s: Snapshot, **changes: Any) -> Snapshot:
    return replace(s, schedules={k: replace(v, **changes) for k, v in s.schedules.items()})


RESULT = Content("hash", inline="1")
BROKEN: dict[str, tuple[str, Callable[[Snapshot], Snapshot]]] = {
    "a task is gone": ("1:", lambda s: without(s, OVER)),
    "a row differs from what was written": (
        "1:",
        lambda s: replace(s, tasks={**s.tasks, RUNS: replace(s.tasks[RUNS], priority=9)}),
    ),
    "a task was put twice": ("2:", lambda s: with_step(s, None, s.tasks[RUNS])),
    "a write changes what was asked for": ("2:", lambda s: next_of(s, RUNS, priority=9)),
    "a move that the graph does not have": ("3:", lambda s: next_of(s, IN_LINE, status=Status.COMPLETED)),
    "a version that stands still": ("3:", lambda s: with_row(s, RUNS, progress=0.5)),
    "a write over a row that was not read": (
        "3:",
        lambda s: with_step(s, replace(s.tasks[RUNS], version=1), replace(s.tasks[RUNS], version=99)),
    ),
    "a task that begins in the middle": (
        "3:",
        lambda s: with_step(s, None, replace(s.tasks[RUNS], task_id="new")),
    ),
    "held under an old token": ("4:", lambda s: next_of(s, RUNS, token=9)),
    "held by nobody": ("4:", lambda s: next_of(s, RUNS, lease=None)),
    "in two places": ("4:", lambda s: next_of(s, RUNS, queue_key="wait#acme#report#0")),
    "a token that grows without a claim": ("5:", lambda s: next_of(s, IN_LINE, token=1)),
    "an end of what was not held": (
        "5:",
        lambda s: next_of(s, RUNS, lease=None, last=None, status=Status.PENDING),
    ),
    "an attempt out of nowhere": ("5:", lambda s: next_of(s, IN_LINE, last=s.tasks[OVER].last)),
    "a change of hands without a claim": (
        "5:",
        lambda s: next_of(s, RUNS, lease=replace(s.tasks[RUNS].lease, agent_id="thief")),  # type: ignore[type-var]
    ),
    "a second end": (
        "6:",
        lambda s: next_of(next_of(s, OVER, status=Status.PENDING), OVER, status=Status.FAILED),
    ),
    "a result that changes": ("6:", lambda s: next_of(s, OVER, result=RESULT)),
    "a lease that the clock does not watch": ("7:", lambda s: next_of(s, RUNS, due_at=None)),
    "a backoff that the clock does not watch": ("7:", lambda s: next_of(s, WAITS_OUTSIDE, due_at=None)),
    "a mark that the clock does not watch": ("7:", lambda s: next_of(s, OVER, unsettled=True)),
    "a row that is over and still due": ("7:", lambda s: next_of(s, OVER, due_at=1)),
    "an agent that nobody watches": ("7:", lambda s: with_agent(s, due_at=None)),
    "an attempt too many": ("8:", lambda s: next_of(s, WAITS_OUTSIDE, attempt=4)),
    "an attempt charged for nothing": ("8:", lambda s: next_of(s, IN_LINE, attempt=1)),
    "a rescue for nothing": ("8:", lambda s: next_of(s, IN_LINE, rescues=1)),
    "back in line before its time": (
        "8:",
        lambda s: next_of(s, WAITS_OUTSIDE, ready_at=None, queue_key="wait#acme#report#0", queue_order=1),
    ),
    "given to an agent that could not": (
        "9:",
        lambda s: first_claim(s, agent=replace(s.claims[0].agent, in_flight=3)),
    ),
    "given while it was not in line": (
        "9:",
        lambda s: first_claim(s, before=replace(s.claims[0].before, queue_key=None)),
    ),
    "two tasks of one slot": (
        "10:",
        lambda s: with_step(
            s, None, replace(next(t for t in s.tasks.values() if t.slot), task_id="twin", version=1)
        ),
    ),
    "a result after it was cancelled": (
        "11:",
        lambda s: next_of(s, IN_LINE, status=Status.CANCELLED, result=RESULT),
    ),
    "a slot after the pause": (
        "11:",
        lambda s: schedule_of(s, status=ScheduleStatus.PAUSED, updated_at=1),
    ),
    "a slot that is never freed": ("12:", lambda s: with_agent(s, in_flight=3)),
    "a holder that is gone": ("12:", lambda s: replace(s, agents={})),
    "a count too many": (
        "12:",
        lambda s: replace(s, counted={**s.counted, "tasks_completed_total": 2}),
    ),
    "a run that is not counted": ("12:", lambda s: schedule_of(s, total_runs=0)),
    "an execution without its task": ("12:", lambda s: without(s, s.executions[0].task_id)),
    "trust out of nowhere": ("12:", lambda s: with_agent(s, evidence={"report+": 9.0})),
}


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_found(s: Snapshot, name: str) -> None:
    number, broken = BROKEN[name]
    found = violations(broken(s))
    assert any(violation.startswith(number) for violation in found), found


def test_a_check_fails_in_words() -> None:
    w = watched()
    task_id = submitted(w)
    w.tasks.rows[task_id] = replace(row(w, task_id), status=Status.COMPLETED)
    with pytest.raises(AssertionError, match="is not what was written"):
        invariants.check(w)


def test_a_released_attempt_counts_a_rescue_only_while_it_ran() -> None:
    w = watched()
    registered(w, "agent", heartbeat_ms=600_000)
    task_id = submitted(w)
    w.drain()
    w.use_cases.holding.release(task_id, agent_id="agent", token=1, tenant="acme")
    last = row(w, task_id).last
    assert last is not None
    assert last.outcome is Outcome.RELEASED
    assert violations(snapshot(w)) == []
