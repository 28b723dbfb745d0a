"""What rows alone tell: each invariant of a state is broken on purpose, and names the row and the number."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.invariants import OF_STATE, RowKind, Snapshot, Violation, violations
from chalicelib.domain.invariants.violation import moment
from chalicelib.domain.schedule import ScheduleStatus
from chalicelib.domain.task import RETENTION_S, FailureKind, Status
from tests.contract.values import NOW, a_schedule, an_agent, in_line
from tests.domain.lived import BACKS_OFF, DROPPED, LATE, MINUTE, OVER, RUNS, WAITS, lived

RIGHT = lived().snapshot()
SCHEDULE = "schedule-1"
FIRST, SECOND = NOW + MINUTE, NOW + 2 * MINUTE
FIRST_TASK, SECOND_TASK = (run.task_id for run in RIGHT.executions)
LONG_AGO = NOW - RETENTION_S * 1000


def task(task_id: str, **changes: Any) -> Snapshot:
    return replace(RIGHT, tasks={**RIGHT.tasks, task_id: replace(RIGHT.tasks[task_id], **changes)})


def without(*task_ids: str, of: Snapshot = RIGHT) -> Snapshot:
    return replace(of, tasks={k: v for k, v in of.tasks.items() if k not in task_ids})


def agent(**changes: Any) -> Snapshot:
    return replace(RIGHT, agents={"agent": replace(RIGHT.agents["agent"], **changes)})


def schedule(**changes: Any) -> Snapshot:
    return replace(RIGHT, schedules={SCHEDULE: replace(RIGHT.schedules[SCHEDULE], **changes)})


def run(slot: int, **changes: Any) -> Snapshot:
    runs = [replace(r, **changes) if r.slot == slot else r for r in RIGHT.executions]
    return replace(RIGHT, executions=runs)


def gave_up(status: ExecutionStatus, *, of: Snapshot = RIGHT) -> Snapshot:
    """With a slot that has no task, after the others."""
    slot = SECOND + 60_000
    passed = replace(
        RIGHT.executions[1], slot=slot, task_id=None, status=status, executed_at=slot, ended_at=slot
    )
    return replace(of, executions=[*of.executions, passed])


def asked_for(*, executed_at: int, of: Snapshot = RIGHT) -> Snapshot:
    """As if somebody had asked for the second run, one millisecond off its whole second."""
    second = replace(RIGHT.executions[1], slot=SECOND + 1, executed_at=executed_at)
    made = replace(RIGHT.tasks[SECOND_TASK], slot=SECOND + 1)
    return replace(of, executions=[RIGHT.executions[0], second], tasks={**of.tasks, SECOND_TASK: made})


def twin() -> Snapshot:
    second = replace(RIGHT.tasks[SECOND_TASK], task_id="twin")
    return replace(RIGHT, tasks={**RIGHT.tasks, "twin": second})


PAUSED = {"status": ScheduleStatus.PAUSED, "next_slot": None}
BROKEN: dict[str, tuple[int, str, Callable[[], Snapshot]]] = {
    "held under an old token": (4, RUNS, lambda: task(RUNS, token=9)),
    "held by nobody": (4, RUNS, lambda: task(RUNS, lease=None, queue_key=None, queue_order=None)),
    "held though it is over": (4, OVER, lambda: task(OVER, lease=RIGHT.tasks[RUNS].lease)),
    "in the wrong place": (4, RUNS, lambda: task(RUNS, queue_key="wait#acme#math#0")),
    "in line without an order": (4, WAITS, lambda: task(WAITS, queue_order=None)),
    "in no line": (4, WAITS, lambda: task(WAITS, queue_key=None)),
    "in line though it backs off": (4, BACKS_OFF, lambda: task(BACKS_OFF, queue_key="wait#acme#math#0")),
    "ended under a token that was never given": (5, OVER, lambda: task(OVER, token=0)),
    "ended under the token that is held": (5, RUNS, lambda: task(RUNS, token=1)),
    "over without an end": (6, OVER, lambda: task(OVER, ended_at=None)),
    "open with an end": (6, RUNS, lambda: task(RUNS, ended_at=NOW)),
    "completed without a result": (6, OVER, lambda: task(OVER, result=None)),
    "failed with a result": (6, LATE, lambda: task(LATE, result=in_line("1"))),
    "failed for no reason": (6, LATE, lambda: task(LATE, failure=None)),
    "open and failed": (6, WAITS, lambda: task(WAITS, failure=FailureKind.ERROR)),
    "a lease that the clock does not watch": (7, RUNS, lambda: task(RUNS, due_at=None)),
    "a lease that the clock watches late": (7, RUNS, lambda: task(RUNS, due_at=NOW + 99 * MINUTE)),
    "a backoff that the clock does not watch": (7, BACKS_OFF, lambda: task(BACKS_OFF, due_at=None)),
    "an expiry that the clock does not watch": (7, WAITS, lambda: task(WAITS, expires_at=NOW, due_at=None)),
    "a mark that the clock does not watch": (7, OVER, lambda: task(OVER, unsettled=True)),
    "over and still due": (7, OVER, lambda: task(OVER, due_at=1)),
    "an agent that nobody watches": (7, "agent", lambda: agent(due_at=None)),
    "an agent that is watched late": (7, "agent", lambda: agent(due_at=NOW + 99 * MINUTE)),
    "an attempt too many": (8, BACKS_OFF, lambda: task(BACKS_OFF, attempt=4)),
    "an attempt below none": (8, BACKS_OFF, lambda: task(BACKS_OFF, attempt=-1)),
    "a rescue too many": (8, RUNS, lambda: task(RUNS, rescues=3)),
    "a fourth rescue": (8, LATE, lambda: task(LATE, rescues=4)),
    "a slot before its time": (10, f"{SCHEDULE}#{FIRST}", lambda: run(FIRST, executed_at=FIRST - 1)),
    "a run long before it was asked for": (
        10,
        f"{SCHEDULE}#{SECOND + 1}",
        lambda: asked_for(executed_at=SECOND - 1),
    ),
    "two tasks of one slot": (10, "twin", twin),
    "an execution without its task": (10, f"{SCHEDULE}#{SECOND}", lambda: without(SECOND_TASK)),
    "an execution that ended without its task": (10, f"{SCHEDULE}#{FIRST}", lambda: without(FIRST_TASK)),
    "a task without its execution": (10, FIRST_TASK, lambda: replace(RIGHT, executions=())),
    "an active schedule before no slot": (10, SCHEDULE, lambda: schedule(next_slot=None)),
    "a slot that the cron does not have": (10, SCHEDULE, lambda: schedule(next_slot=SECOND + 1)),
    "a slot after the last of its runs": (10, SCHEDULE, lambda: schedule(max_runs=2)),
    "a cron that makes no sense": (10, SCHEDULE, lambda: schedule(cron="no * * * *")),
    "a paused schedule before a slot": (11, SCHEDULE, lambda: schedule(status=ScheduleStatus.PAUSED)),
    "a slot after the pause": (
        11,
        f"{SCHEDULE}#{SECOND}",
        lambda: schedule(**PAUSED, updated_at=SECOND - 1),
    ),
    "a result after it was cancelled": (11, DROPPED, lambda: task(DROPPED, result=in_line("1"))),
    "a slot in use that nobody has": (12, "agent", lambda: agent(in_flight=7)),
    "a slot in use that is not counted": (12, "agent", lambda: agent(in_flight=0)),
    "a holder that is gone": (12, RUNS, lambda: replace(RIGHT, agents={})),
    "a holder of another tenant": (12, RUNS, lambda: agent(tenant="other")),
    "a task of another tenant than its schedule": (12, FIRST_TASK, lambda: schedule(tenant="other")),
    "a run that is not counted": (12, SCHEDULE, lambda: schedule(total_runs=1)),
    "a skipped slot that is not counted": (12, SCHEDULE, lambda: gave_up(ExecutionStatus.SKIPPED)),
    "a missed slot that is not counted": (12, SCHEDULE, lambda: gave_up(ExecutionStatus.MISSED)),
    "a schedule that waits for a run that is over": (12, SCHEDULE, lambda: schedule(open_runs=(FIRST_TASK,))),
    "a schedule that waits for nothing at all": (12, SCHEDULE, lambda: schedule(cancelling=("gone",))),
    "a slot before its place in the window": (
        10,
        f"{SCHEDULE}#{SECOND}",
        lambda: run(SECOND, spread_ms=3_600_000),
    ),
    "a failed run that is not counted": (
        12,
        SCHEDULE,
        lambda: run(FIRST, status=ExecutionStatus.FAILED),
    ),
    "another outcome than the task's": (
        12,
        f"{SCHEDULE}#{FIRST}",
        lambda: run(FIRST, status=ExecutionStatus.FAILED),
    ),
    "an outcome that was never told": (
        12,
        f"{SCHEDULE}#{FIRST}",
        lambda: run(FIRST, status=ExecutionStatus.PENDING, ended_at=None),
    ),
    "an outcome before the task's": (
        12,
        f"{SCHEDULE}#{SECOND}",
        lambda: run(SECOND, status=ExecutionStatus.COMPLETED),
    ),
}


def test_what_is_right_is_not_found() -> None:
    assert violations(RIGHT) == []


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_found_with_its_number_and_row(name: str) -> None:
    number, row_id, broken = BROKEN[name]
    found = violations(broken())
    assert (number, row_id) in {(v.number, v.row_id) for v in found}, found
    assert all(v.text and v.advice for v in found)


def test_each_check_finds_something() -> None:
    """None of them is there for nothing."""
    silent = [
        check.__name__
        for check in OF_STATE
        if not any(list(check(broken())) for _, _, broken in BROKEN.values())
    ]
    assert silent == []


RIGHT_TOO: dict[str, Callable[[], Snapshot]] = {
    "nothing at all": lambda: Snapshot(now=NOW),
    "an execution whose task was deleted after 30 days": lambda: without(
        FIRST_TASK, of=run(FIRST, ended_at=LONG_AGO)
    ),
    "a task whose execution was deleted before it": lambda: replace(
        task(FIRST_TASK, ended_at=LONG_AGO), executions=[RIGHT.executions[1]]
    ),
    "a schedule that counts more than is kept": lambda: schedule(total_runs=99, failed_runs=9),
    "slots that were given up": lambda: gave_up(ExecutionStatus.SKIPPED, of=schedule(skipped_runs=1)),
    "a schedule whose last slots wait": lambda: schedule(next_slot=None, waiting=(SECOND + 60_000,)),
    "a schedule that waits for an open run": lambda: replace(
        schedule(open_runs=(SECOND_TASK,)), executions=run(SECOND, is_watched=True).executions
    ),
    "a schedule that was deleted": lambda: replace(RIGHT, schedules={}),
    "a schedule made anew under its old id": lambda: schedule(total_runs=0, created_at=SECOND + 1),
    "a pause at its last slot": lambda: schedule(**PAUSED, updated_at=SECOND),
    "a run that was asked for while paused": lambda: asked_for(
        executed_at=SECOND, of=schedule(**PAUSED, updated_at=SECOND - 1)
    ),
    "the last of a number of runs": lambda: schedule(max_runs=3),
    "a run that was asked for of a task without a slot": lambda: task(WAITS, schedule_id=SCHEDULE),
    "an outcome that is about to be told": lambda: replace(
        task(FIRST_TASK, unsettled=True, due_at=NOW),
        executions=run(FIRST, status=ExecutionStatus.PENDING, ended_at=None).executions,
    ),
    "an agent that holds nothing and is not watched": lambda: Snapshot(
        now=NOW, agents={"idle": an_agent("idle", due_at=None)}
    ),
    "an agent that is lost and looked at again soon": lambda: agent(lease_until=0, due_at=RIGHT.now + 5_000),
    "two schedules": lambda: replace(RIGHT, schedules={**RIGHT.schedules, "b": a_schedule("b")}),
}


@pytest.mark.parametrize("name", RIGHT_TOO)
def test_what_only_looks_wrong_is_not_found(name: str) -> None:
    assert violations(RIGHT_TOO[name]()) == []


def test_a_day_before_retention_ends_its_task_must_be_there() -> None:
    almost = run(FIRST, ended_at=RIGHT.now - RETENTION_S * 1000 + 1_000)
    assert [v.number for v in violations(without(FIRST_TASK, of=almost))] == [10]


def test_a_violation_is_one_line_with_all_that_it_knows() -> None:
    violation = Violation(4, RowKind.TASK, "task-1", "is\nwrong", "put it\n right")
    assert str(violation) == "4: task task-1 is wrong (to do: put it right)"


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(None, "never"), (NOW + 5, "2027-01-15 08:00:00.005Z"), (10**18, "1000000000000000000 ms")],
)
def test_moments_are_shown_as_people_read_them(milliseconds: int | None, shown: str) -> None:
    assert moment(milliseconds) == shown


def test_what_to_do_about_an_open_task_is_not_what_to_do_about_one_that_is_over() -> None:
    (open_one,) = (v for v in violations(task(WAITS, queue_order=None)) if v.number == 4)
    (over,) = (v for v in violations(task(OVER, queue_key="x")) if v.number == 4)
    assert "cancel it (DELETE /aitp/tasks/waits)" in open_one.advice
    assert "on condition that `version` is still 4" in over.advice


def test_a_cancelled_task_keeps_its_lease_until_its_holder_hears() -> None:
    assert RIGHT.tasks[DROPPED].status is Status.CANCELLED
    assert RIGHT.tasks[DROPPED].lease is not None
    assert violations(RIGHT) == []
