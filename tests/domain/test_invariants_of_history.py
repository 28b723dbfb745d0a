"""What only a history tells: each such invariant is broken on purpose, and names the row and the number."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.agent import Agent
from chalicelib.domain.invariants import OF_HISTORY, History, Snapshot, Step, violations
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.task import RETENTION_S, Status, Task
from tests.contract.values import NOW, in_line
from tests.domain.lived import BACKS_OFF, OVER, RUNS, WAITS, lived

PAST = lived()
NOW_THERE, BEFORE = PAST.snapshot(), PAST.history()
Told = tuple[Snapshot, History]


def step(before: Task | None, after: Task) -> Told:
    """As if this write had followed."""
    return (
        replace(NOW_THERE, tasks={**NOW_THERE.tasks, after.task_id: after}),
        replace(BEFORE, steps=[*BEFORE.steps, Step(after.task_id, before, after, NOW_THERE.now)]),
    )


def following(task_id: str, **changes: Any) -> Told:
    row = NOW_THERE.tasks[task_id]
    return step(row, replace(row, **{"version": row.version + 1} | changes))


def rows(tasks: dict[str, Task]) -> Told:
    return replace(NOW_THERE, tasks=tasks), BEFORE


def claimed(agent: Agent | None = None, **before: Any) -> Told:
    first = BEFORE.claims[0]
    wrong = first._replace(agent=agent or first.agent, before=replace(first.before, **before))
    return NOW_THERE, replace(BEFORE, claims=[wrong, *BEFORE.claims[1:]])


def counting(**counts: float) -> Told:
    return NOW_THERE, replace(BEFORE, counted={**(BEFORE.counted or {}), **counts})


def schedule(**changes: Any) -> Told:
    changed = {k: replace(v, **changes) for k, v in NOW_THERE.schedules.items()}
    return replace(NOW_THERE, schedules=changed), BEFORE


def evidence(**sums: float) -> Told:
    agent = NOW_THERE.agents["agent"]
    changed = replace(agent, evidence={k.replace("_good", "+"): v for k, v in sums.items()})
    return replace(NOW_THERE, agents={"agent": changed}), BEFORE


def streak(*counts: int) -> Told:
    changed = replace(NOW_THERE.agents["agent"], streak=Streak(*counts))
    return replace(NOW_THERE, agents={"agent": changed}), BEFORE


T = NOW_THERE.tasks
LEASE = T[RUNS].lease
assert LEASE is not None
RESULT = in_line("another")
BROKEN: dict[str, tuple[int, str, Callable[[], Told]]] = {
    "a task is gone": (1, OVER, lambda: rows({k: v for k, v in T.items() if k != OVER})),
    "a row differs from what was written": (
        1,
        RUNS,
        lambda: rows({**T, RUNS: replace(T[RUNS], priority=9)}),
    ),
    "a row that nobody wrote": (1, "new", lambda: rows({**T, "new": replace(T[WAITS], task_id="new")})),
    "a task was put twice": (2, RUNS, lambda: step(None, T[RUNS])),
    "a write changes what was asked for": (2, RUNS, lambda: following(RUNS, capability="draw")),
    "a move that the graph does not have": (
        3,
        WAITS,
        lambda: following(WAITS, status=Status.COMPLETED),
    ),
    "a version that stands still": (3, RUNS, lambda: following(RUNS, version=T[RUNS].version, progress=0.5)),
    "a write over a row that was not read": (
        3,
        RUNS,
        lambda: step(replace(T[RUNS], version=1), replace(T[RUNS], version=99)),
    ),
    "a task that begins in the middle": (3, "new", lambda: step(None, replace(T[RUNS], task_id="new"))),
    "a token that grows without a claim": (5, WAITS, lambda: following(WAITS, token=1)),
    "a claim without a new token": (
        5,
        WAITS,
        lambda: following(WAITS, status=Status.ASSIGNED, lease=replace(LEASE, token=0)),
    ),
    "an end of what was not held": (
        5,
        RUNS,
        lambda: following(RUNS, lease=None, last=None, status=Status.PENDING),
    ),
    "an end under another token": (
        5,
        RUNS,
        lambda: following(RUNS, lease=None, last=T[RUNS].last, status=Status.PENDING),
    ),
    "an assignment out of nowhere": (5, WAITS, lambda: following(WAITS, last=T[OVER].last)),
    "a change of hands without a claim": (
        5,
        RUNS,
        lambda: following(RUNS, lease=replace(LEASE, agent_id="thief")),
    ),
    "a second end": (
        6,
        OVER,
        lambda: (
            NOW_THERE,
            replace(
                BEFORE,
                steps=[
                    *BEFORE.steps,
                    Step(OVER, T[OVER], replace(T[OVER], status=Status.PENDING), NOW),
                    Step(OVER, replace(T[OVER], status=Status.PENDING), T[OVER], NOW),
                ],
            ),
        ),
    ),
    "a result that changes": (6, OVER, lambda: following(OVER, result=RESULT)),
    "an attempt charged for nothing": (8, WAITS, lambda: following(WAITS, attempt=1)),
    "two attempts charged at once": (
        8,
        BACKS_OFF,
        lambda: following(BACKS_OFF, attempt=3, last=replace(T[BACKS_OFF].last, token=7)),  # type: ignore[type-var]
    ),
    "a rescue for nothing": (8, WAITS, lambda: following(WAITS, rescues=1)),
    "a rescue that is not counted": (
        8,
        RUNS,
        lambda: following(RUNS, lease=None, last=T[RUNS].last and replace(T[RUNS].last, token=2)),
    ),
    "more retries than were allowed": (8, BACKS_OFF, lambda: following(BACKS_OFF, attempt=9)),
    "more rescues than anybody gets": (8, RUNS, lambda: following(RUNS, rescues=4)),
    "back in line before its time": (
        8,
        BACKS_OFF,
        lambda: (
            NOW_THERE,
            replace(
                BEFORE,
                steps=[
                    *BEFORE.steps,
                    Step(BACKS_OFF, T[BACKS_OFF], replace(T[BACKS_OFF], ready_at=None, version=9), NOW),
                ],
            ),
        ),
    ),
    "given to an agent that is full": (
        9,
        RUNS,
        lambda: claimed(replace(BEFORE.claims[0].agent, in_flight=9)),
    ),
    "given while it was not in line": (9, RUNS, lambda: claimed(queue_key=None)),
    "given after it expired": (9, RUNS, lambda: claimed(expires_at=NOW)),
    "a count too many": (12, "tasks_completed_total", lambda: counting(tasks_completed_total=9)),
    "an assignment not counted": (12, "tasks_assigned_total", lambda: counting(tasks_assigned_total=0)),
    "a retry not counted": (12, "tasks_retried_total", lambda: counting(tasks_retried_total=0)),
    "a timeout not counted": (12, "tasks_timed_out_total", lambda: counting(tasks_timed_out_total=0)),
    "a creation not counted": (12, "tasks_created_total", lambda: counting(tasks_created_total=0)),
    "a run too many": (12, "schedule-1", lambda: schedule(total_runs=3)),
    "a failed run too many": (12, "schedule-1", lambda: schedule(failed_runs=1)),
    "trust out of nowhere": (12, "agent", lambda: evidence(math_good=9.0)),
    "trust of another kind": (12, "agent", lambda: evidence(draw_good=9.0)),
    "trust that was lost": (12, "agent", evidence),
    "a quarantine out of nowhere": (12, "agent", lambda: streak(5, 0, NOW)),
    "a probe out of nowhere": (12, "agent", lambda: streak(0, 1, NOW)),
}


def test_what_went_right_is_not_found() -> None:
    assert violations(NOW_THERE, BEFORE) == []


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_found_with_its_number_and_row(name: str) -> None:
    number, row_id, broken = BROKEN[name]
    found = violations(*broken())
    assert (number, row_id) in {(v.number, v.row_id) for v in found}, found
    assert all(v.text and v.advice for v in found)


def test_each_check_finds_something() -> None:
    """None of them is there for nothing."""
    silent = [
        check.__name__
        for check in OF_HISTORY
        if not any(list(check(*broken())) for _, _, broken in BROKEN.values())
    ]
    assert silent == []


def test_plain_tuples_make_a_history_too() -> None:
    plain = History(
        steps=[tuple(step_) for step_ in BEFORE.steps],  # type: ignore[misc]
        claims=[tuple(claim) for claim in BEFORE.claims],  # type: ignore[misc]
        counted=BEFORE.counted,
    )
    assert violations(NOW_THERE, plain) == []
    assert [v.number for v in violations(replace(NOW_THERE, agents={}), plain)] == [12, 12]


def test_nothing_is_said_of_metrics_when_nobody_counted() -> None:
    told, past = counting(tasks_created_total=0)
    assert violations(told, replace(past, counted=None)) == []


def test_the_evidence_of_an_agent_that_was_deleted_is_not_expected() -> None:
    told, past = evidence()
    assert violations(told, replace(past, buried=frozenset({"agent"}))) == []


def test_evidence_is_weighed_a_moment_after_the_end_that_it_is_of() -> None:
    sums = NOW_THERE.agents["agent"].evidence
    heavier = {name: weight * 1.00001 for name, weight in sums.items()}
    agents = {"agent": replace(NOW_THERE.agents["agent"], evidence=heavier)}
    assert violations(replace(NOW_THERE, agents=agents), BEFORE) == []


def test_a_task_may_be_deleted_30_days_after_its_end() -> None:
    gone, _ = rows({k: v for k, v in T.items() if k != OVER})
    ended = T[OVER].ended_at
    assert ended is not None
    later = replace(gone, now=ended + RETENTION_S * 1000)
    assert not [v for v in violations(later, BEFORE) if v.number == 1]
    assert [v for v in violations(replace(later, now=later.now - 1_000), BEFORE) if v.number == 1]
