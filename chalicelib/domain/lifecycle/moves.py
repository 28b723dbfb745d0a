"""What every transition is made of."""

from dataclasses import replace
from typing import Any

from chalicelib.domain import queueing
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.task import MOVES, Lease, Status, Task


def next_version(task: Task, **changes: Any) -> Task:
    """The task with these fields changed, one version on."""
    return replace(task, version=task.version + 1, **changes)


def moved(task: Task, to: Status, **changes: Any) -> Task:
    """The same under another status; raises IllegalMove unless MOVES has it."""
    if to not in MOVES[task.status]:
        raise IllegalMove(f"task {task.task_id} cannot go from {task.status} to {to}")
    return next_version(task, status=to, **changes)


def lined_up(task: Task) -> dict[str, Any]:
    """The fields that change when it joins its line."""
    return {
        "queue_key": queueing.line(task.tenant, task.capability),
        "queue_order": queueing.order(task.place, task.priority),
        "ready_at": None,
    }


def held_lease(task: Task) -> Lease:
    """The task's lease; raises IllegalMove when nobody holds it."""
    if task.lease is None:
        raise IllegalMove(f"task {task.task_id} is {task.status} and held by nobody")
    return task.lease
