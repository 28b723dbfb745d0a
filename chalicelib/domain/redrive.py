"""Tasks that ended without a result, and the one new task that may be made in the place of each.

The old one's outcome stays as it was recorded. The new one is a task like any other: it may fail and be
retried in its turn.
"""

from dataclasses import replace

from . import ids, lifecycle
from .content import Content
from .errors import Conflict, IllegalMove
from .task import Status, Task
from .zones import DAY_MS

RETRYABLE = frozenset({Status.FAILED, Status.CANCELLED})


def day_of(moment: int) -> int:
    """The day of UTC, counted from 1970, of a time in milliseconds: what dead letters are listed by."""
    return moment // DAY_MS


def again(
    task: Task,
    *,
    now: int,
    document: Content | None = None,
    not_before: int | None = None,
    request: str | None = None,
) -> Task:
    """The new task: same work, a life of its own. Raises IllegalMove when the old one is not to be retried.

    It may wait in line as long as the old one might. It belongs to the schedule of the old one, but is no run
    of it: what became of the slot is recorded, once. What an agent called hopeless goes to another, if there
    is one, and its outcome is awaited: a success says something of the first (trust_events.disproof).
    """
    _check(task)
    doubted = task.last if task.last is not None and task.last.hopeless else None
    made = Task(
        task_id=ids.of_retry(task.task_id, tenant=task.tenant),
        tenant=task.tenant,
        client_id=task.client_id,
        created_at=now,
        task_type=task.task_type,
        capability=task.capability,
        document=document or task.document,
        priority=task.priority,
        timeout_ms=task.timeout_ms,
        max_retries=task.max_retries,
        retry=task.retry,
        expires_at=_expires_at(task, max(now, not_before or 0)),
        not_before=not_before,
        min_trust=task.min_trust,
        strategy=task.strategy,
        capability_version=task.capability_version,
        required_tags=task.required_tags,
        preferred_tags=task.preferred_tags,
        schedule_id=task.schedule_id,
        request=request,
        awaited=doubted is not None,
        retry_of=task.task_id,
        traceparent=task.traceparent,
        failed_by=() if doubted is None else (ids.mark(doubted.agent_id),),
    )
    return lifecycle.submitted(made, now=now)


def retried(task: Task, *, retried_as: str) -> Task:
    """The old one, which names the new one from then on; the same object when it does so already."""
    _check(task)
    if task.retried_as == retried_as:
        return task
    if task.retried_as is not None:
        raise Conflict(f"task {task.task_id} was retried as {task.retried_as} already")
    return replace(task, version=task.version + 1, retried_as=retried_as)


def _check(task: Task) -> None:
    if task.status not in RETRYABLE:
        raise IllegalMove(
            f"task {task.task_id} is {task.status}: only what is FAILED or CANCELLED can be retried"
        )


def _expires_at(task: Task, ready: int) -> int | None:
    if task.expires_at is None:
        return None
    return ready + task.expires_at - max(task.created_at, task.not_before or 0)
