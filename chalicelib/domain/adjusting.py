"""What a client may change about a task that is not over: how urgent it is, and how long it may run."""

from dataclasses import replace

from . import queueing
from .errors import IllegalMove
from .task import Task
from .timers import sooner


def prioritised(task: Task, priority: int, *, place: int | None = None) -> Task:
    """It stands where that priority would have put it; the same object when it has that already.

    `place` is the one from which it counts from now on, if that is another. A held task only bears another
    number, which counts when it comes back in line. Raises IllegalMove when the task is over.
    """
    _check(task, "priority")
    if priority == task.priority:
        return task
    after = replace(
        task,
        version=task.version + 1,
        priority=priority,
        first_priority=task.first_priority or task.priority,
        tag=task.tag if place is None else place,
    )
    return replace(after, queue_order=queueing.order(after.place, priority)) if task.in_line else after


def retimed(task: Task, timeout_ms: int) -> Task:
    """It may run so long from its start on, also when it runs already; the same object if it may so already.

    The clock is lazy: for a deadline that moved later it comes at the old time, and looks again at the new.
    Raises IllegalMove when the task is over.
    """
    _check(task, "timeout")
    if timeout_ms == task.timeout_ms:
        return task
    first = task.first_timeout_ms or task.timeout_ms
    after = replace(task, version=task.version + 1, timeout_ms=timeout_ms, first_timeout_ms=first)
    lease = task.lease
    if lease is None or lease.started_at is None:
        return after
    deadline = lease.started_at + timeout_ms
    return replace(after, lease=replace(lease, deadline=deadline), due_at=sooner(task.due_at, deadline))


def _check(task: Task, what: str) -> None:
    if task.is_over:
        raise IllegalMove(f"task {task.task_id} is {task.status}: the {what} of what is over does not change")
