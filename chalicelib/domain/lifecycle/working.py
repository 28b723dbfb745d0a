"""Transitions of a task that an agent gets, begins and goes on with."""

from dataclasses import replace

from chalicelib.domain import queueing
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.task import Lease, Status, Task
from chalicelib.domain.timers import MAX_START_MS, REDELIVER_MS, sooner

from .moves import held_lease, moved, next_version


def assigned(
    task: Task,
    *,
    agent_id: str,
    session_id: str | None,
    now: int,
    start_within_ms: int,
    by_queue: bool = False,
    delivered_seq: int | None = None,
    explanation: str | None = None,
    own: bool = False,
    probe: bool = False,
) -> Task:
    """Given to an agent under the next lease token; it must start within min(timeout, 60 s, its own wish).

    From its line, or from outside it when its wait (not_before, backoff) is over.
    """
    if task.status is Status.PENDING and not task.may_run(now):
        raise IllegalMove(f"task {task.task_id} stands in no line: it may not run yet")
    waited = task.due_at if task.in_line else None
    start_by = now + min(task.timeout_ms, MAX_START_MS, start_within_ms)
    redeliver_at = now + REDELIVER_MS if by_queue else None
    lease = Lease(
        agent_id=agent_id,
        token=task.token + 1,
        assigned_at=now,
        start_by=start_by,
        session_id=session_id,
        delivered_seq=delivered_seq,
        by_queue=by_queue,
        redeliver_at=redeliver_at,
        own=own or None,
        probe=probe or None,
    )
    return moved(
        task,
        Status.ASSIGNED,
        token=lease.token,
        lease=lease,
        queue_key=queueing.inbox(agent_id),
        queue_order=queueing.order(task.place, task.priority),
        ready_at=None,
        due_at=sooner(waited, start_by if redeliver_at is None else min(redeliver_at, start_by)),
        explanation=explanation,
    )


def delivered(task: Task, *, seq: int) -> Task:
    """A sync answer carries it for the first time."""
    return next_version(task, lease=replace(held_lease(task), delivered_seq=seq))


def redelivered(task: Task, *, now: int) -> Task:
    """Announced once more to the agent's queue, under the same token."""
    lease = held_lease(task)
    again = replace(lease, deliveries=lease.deliveries + 1, redeliver_at=now + REDELIVER_MS)
    return next_version(task, lease=again, due_at=min(now + REDELIVER_MS, lease.start_by))


def started(task: Task, *, now: int) -> Task:
    """Its agent began: the timeout runs from here."""
    lease = replace(held_lease(task), started_at=now, deadline=now + task.timeout_ms, redeliver_at=None)
    return moved(task, Status.ACTIVE, lease=lease, due_at=sooner(task.due_at, now + task.timeout_ms))


def progressed(task: Task, progress: float) -> Task:
    """Its agent says how far it is (0 to 1)."""
    return next_version(task, progress=progress)
