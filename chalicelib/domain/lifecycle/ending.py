"""Transitions that end an assignment, or the task."""

from dataclasses import replace
from typing import Any

from chalicelib.domain.content import Content
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.ids import mark
from chalicelib.domain.task import Attempt, FailureKind, Outcome, Status, Task
from chalicelib.domain.timers import ANNOUNCE_AGAIN_MS, announced_by, sooner

from .moves import held_lease, lined_up, moved, next_version

MAX_RESCUES = 3
MAX_MARKS = 8  # of agents that failed a task: its row stays small


def _ended(
    task: Task, outcome: Outcome, *, now: int, error: str | None = None, hopeless: bool = False
) -> dict[str, Any]:
    """The fields that change when the current assignment ends."""
    lease = held_lease(task)
    last = Attempt(
        attempt=task.attempt,
        token=lease.token,
        agent_id=lease.agent_id,
        assigned_at=lease.assigned_at,
        started_at=lease.started_at,
        ended_at=now,
        outcome=outcome,
        error=error,
        own=lease.own,
        probe=lease.probe,
        hopeless=hopeless or None,
    )
    return {"lease": None, "last": last, "queue_key": None, "queue_order": None, "progress": None}


def _over(task: Task, *, now: int) -> dict[str, Any]:
    due_at = sooner(task.due_at, now + ANNOUNCE_AGAIN_MS) if task.awaited else None
    return {"ended_at": now, "unsettled": task.awaited, "due_at": due_at, "ready_at": None}


def completed(task: Task, *, result: Content, now: int) -> Task:
    """Done, with this result, for good."""
    ended = _ended(task, Outcome.COMPLETED, now=now)
    good = {"result": result, "progress": 1.0, "error": None}  # an earlier attempt's error is in its attempt
    return moved(task, Status.COMPLETED, **{**ended, **_over(task, now=now), **good})


def failed(
    task: Task,
    kind: FailureKind,
    *,
    error: str,
    now: int,
    chance: float,
    retryable: bool = True,
    retry_after_ms: int | None = None,
) -> Task:
    """An attempt ended in error or timeout: back off and try again, or over when the retries are spent."""
    if task.status is Status.ASSIGNED:
        raise IllegalMove(f"task {task.task_id} cannot go from ASSIGNED to FAILED: it has not begun")
    outcome = Outcome.TIMEOUT if kind is FailureKind.TIMEOUT else Outcome.ERROR
    ended = _ended(task, outcome, now=now, error=error, hopeless=not retryable)
    ended["failed_by"] = _marked(task)
    if not retryable or task.attempt >= task.max_retries:
        return moved(task, Status.FAILED, **ended, **_over(task, now=now), error=error, failure=kind)
    wait = task.retry.delay_ms(task.attempt + 1, chance=chance)
    ready_at = now + max(wait, retry_after_ms or 0)
    return moved(
        task,
        Status.PENDING,
        **ended,
        attempt=task.attempt + 1,
        ready_at=ready_at,
        due_at=ready_at,
        error=error,
    )


def _marked(task: Task) -> tuple[str, ...]:
    """With its holder among those that failed it."""
    holder = mark(held_lease(task).agent_id)
    return (*(known for known in task.failed_by if known != holder), holder)[-MAX_MARKS:]


def freed(task: Task, outcome: Outcome, *, now: int, error: str | None = None) -> Task:
    """Its holder gave it back or is gone. Before the start nothing is consumed; after it, a rescue is."""
    ended = _ended(task, outcome, now=now, error=error)
    due_at = sooner(task.due_at, announced_by(task, now))
    if task.status is Status.ACTIVE:
        if task.rescues + 1 >= MAX_RESCUES:
            reason = f"its agent was lost or let go of it {MAX_RESCUES} times while it ran"
            over = _over(task, now=now)
            return moved(
                task,
                Status.FAILED,
                **ended,
                **over,
                rescues=task.rescues + 1,
                error=reason,
                failure=FailureKind.AGENT_LOST,
            )
        ended["rescues"] = task.rescues + 1
    return moved(task, Status.PENDING, **{**ended, **lined_up(task), "due_at": due_at})


def expired(task: Task, *, now: int) -> Task:
    """It waited longer than its client wished."""
    if task.lease is not None:
        raise IllegalMove(f"task {task.task_id} is {task.status}: only what waits expires")
    error = "no agent took it before it expired"
    gone = {"queue_key": None, "queue_order": None, "error": error, "failure": FailureKind.EXPIRED}
    return moved(task, Status.FAILED, **gone, **_over(task, now=now))


def cancelled(task: Task, *, now: int, reason: str | None) -> Task:
    """Cancelled at once for the caller. A holder keeps the slot until it hears, or until its time is over."""
    over = _over(task, now=now) | {"error": reason or "cancelled by its client"}
    if task.lease is None:
        return moved(task, Status.CANCELLED, **over, queue_key=None, queue_order=None)
    over["due_at"] = sooner(over["due_at"] if task.awaited else task.due_at, task.lease.ends_at)
    # Its assignment is not announced again: that would hand out what nobody wants any more.
    return moved(task, Status.CANCELLED, **over, lease=replace(task.lease, redeliver_at=None))


def let_go(task: Task, *, now: int) -> Task:
    """The holder of a cancelled task heard, or its time is over: the slot is free."""
    if task.status is not Status.CANCELLED:
        raise IllegalMove(f"task {task.task_id} is {task.status}: only what is CANCELLED is let go of so")
    ended = _ended(task, Outcome.CANCELLED, now=now)
    return next_version(task, **ended, due_at=task.due_at if task.unsettled else None)


def settled(task: Task) -> Task:
    """Everyone who waited for the outcome knows it."""
    return next_version(task, unsettled=False, due_at=task.lease.ends_at if task.lease else None)
