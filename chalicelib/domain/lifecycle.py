"""The named transitions of a task: each takes a task and returns the next one, one version on."""

from dataclasses import fields, replace
from typing import Any

from . import queueing
from .content import Content
from .errors import IllegalMove
from .ids import mark
from .task import MOVES, Attempt, FailureKind, Lease, Outcome, Status, Task
from .timers import ANNOUNCE_AGAIN_MS, MAX_START_MS, REDELIVER_MS, announced_by, sooner

MAX_RESCUES = 3
MAX_MARKS = 8  # of agents that failed a task: its row stays small
_NAMES = tuple(f.name for f in fields(Task))
_ASKED = _NAMES[: _NAMES.index("status")]  # what was asked for stands before what became of it


def _next(task: Task, **changes: Any) -> Task:
    return replace(task, version=task.version + 1, **changes)


def _moved(task: Task, to: Status, **changes: Any) -> Task:
    if to not in MOVES[task.status]:
        raise IllegalMove(f"task {task.task_id} cannot go from {task.status} to {to}")
    return _next(task, status=to, **changes)


def _lined_up(task: Task) -> dict[str, Any]:
    return {
        "queue_key": queueing.line(task.tenant, task.capability),
        "queue_order": queueing.order(task.place, task.priority),
        "ready_at": None,
    }


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


def held_lease(task: Task) -> Lease:
    """The task's lease; raises IllegalMove when nobody holds it."""
    if task.lease is None:
        raise IllegalMove(f"task {task.task_id} is {task.status} and held by nobody")
    return task.lease


def submitted(task: Task, *, now: int) -> Task:
    """A new task, in line, or outside it until `not_before`."""
    if task.not_before is not None and task.not_before > now:
        return replace(task, ready_at=task.not_before, due_at=task.not_before)
    return replace(task, due_at=announced_by(task, now), **_lined_up(task))


def placed(task: Task, *, tag: int, behind: bool, is_parked: bool = False) -> Task:
    """A task that was not written yet, at its place in line: see domain.turns.

    Parked at once where others wait already: an agent with a free slot looks there, so the clock need not.
    """
    placed_ = replace(task, tag=None if tag == task.place else tag, behind=behind)
    if not task.in_line:
        return placed_
    return replace(placed_, due_at=task.expires_at if is_parked else task.due_at, **_lined_up(placed_))


def as_submitted(task: Task) -> Task:
    """The task as it was when it was new, whatever became of it since."""
    asked = {name: getattr(task, name) for name in _ASKED}
    for name in ("priority", "timeout_ms"):
        first = asked.pop(f"first_{name}")
        asked[name] = asked[name] if first is None else first
    return submitted(Task(**asked), now=task.created_at)


def parked(task: Task) -> Task:
    """Nobody is free: it stays in line, and costs nothing until an agent takes it or it expires."""
    return _next(task, due_at=task.expires_at)


def queued(task: Task, *, now: int) -> Task:
    """Its wait (not_before, backoff) is over and nobody is free: it joins the line, parked."""
    if not task.may_run(now):
        raise IllegalMove(
            f"task {task.task_id} is {task.status}: only what is PENDING and due joins the line"
        )
    return _next(task, due_at=task.expires_at, **_lined_up(task))


def rearmed(task: Task, due_at: int | None) -> Task:
    """The clock came early, as the deadline had moved: look again then."""
    return _next(task, due_at=due_at)


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
    return _moved(
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
    return _next(task, lease=replace(held_lease(task), delivered_seq=seq))


def redelivered(task: Task, *, now: int) -> Task:
    """Announced once more to the agent's queue, under the same token."""
    lease = held_lease(task)
    again = replace(lease, deliveries=lease.deliveries + 1, redeliver_at=now + REDELIVER_MS)
    return _next(task, lease=again, due_at=min(now + REDELIVER_MS, lease.start_by))


def started(task: Task, *, now: int) -> Task:
    """Its agent began: the timeout runs from here."""
    lease = replace(held_lease(task), started_at=now, deadline=now + task.timeout_ms, redeliver_at=None)
    return _moved(task, Status.ACTIVE, lease=lease, due_at=sooner(task.due_at, now + task.timeout_ms))


def progressed(task: Task, progress: float) -> Task:
    """Its agent says how far it is (0 to 1)."""
    return _next(task, progress=progress)


def completed(task: Task, *, result: Content, now: int) -> Task:
    """Done, with this result, for good."""
    ended = _ended(task, Outcome.COMPLETED, now=now)
    good = {"result": result, "progress": 1.0, "error": None}  # an earlier attempt's error is in its attempt
    return _moved(task, Status.COMPLETED, **{**ended, **_over(task, now=now), **good})


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
        return _moved(task, Status.FAILED, **ended, **_over(task, now=now), error=error, failure=kind)
    wait = task.retry.delay_ms(task.attempt + 1, chance=chance)
    ready_at = now + max(wait, retry_after_ms or 0)
    return _moved(
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
            return _moved(
                task,
                Status.FAILED,
                **ended,
                **over,
                rescues=task.rescues + 1,
                error=reason,
                failure=FailureKind.AGENT_LOST,
            )
        ended["rescues"] = task.rescues + 1
    return _moved(task, Status.PENDING, **{**ended, **_lined_up(task), "due_at": due_at})


def expired(task: Task, *, now: int) -> Task:
    """It waited longer than its client wished."""
    if task.lease is not None:
        raise IllegalMove(f"task {task.task_id} is {task.status}: only what waits expires")
    error = "no agent took it before it expired"
    gone = {"queue_key": None, "queue_order": None, "error": error, "failure": FailureKind.EXPIRED}
    return _moved(task, Status.FAILED, **gone, **_over(task, now=now))


def cancelled(task: Task, *, now: int, reason: str | None) -> Task:
    """Cancelled at once for the caller. A holder keeps the slot until it hears, or until its time is over."""
    over = _over(task, now=now) | {"error": reason or "cancelled by its client"}
    if task.lease is None:
        return _moved(task, Status.CANCELLED, **over, queue_key=None, queue_order=None)
    over["due_at"] = sooner(over["due_at"] if task.awaited else task.due_at, task.lease.ends_at)
    # Its assignment is not announced again: that would hand out what nobody wants any more.
    return _moved(task, Status.CANCELLED, **over, lease=replace(task.lease, redeliver_at=None))


def let_go(task: Task, *, now: int) -> Task:
    """The holder of a cancelled task heard, or its time is over: the slot is free."""
    if task.status is not Status.CANCELLED:
        raise IllegalMove(f"task {task.task_id} is {task.status}: only what is CANCELLED is let go of so")
    ended = _ended(task, Outcome.CANCELLED, now=now)
    return _next(task, **ended, due_at=task.due_at if task.unsettled else None)


def settled(task: Task) -> Task:
    """Everyone who waited for the outcome knows it."""
    return _next(task, unsettled=False, due_at=task.lease.ends_at if task.lease else None)
