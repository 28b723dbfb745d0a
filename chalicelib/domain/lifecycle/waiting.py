"""Transitions of a task that nobody holds and that is not over."""

from dataclasses import fields, replace

from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.task import Task
from chalicelib.domain.timers import announced_by

from .moves import lined_up, next_version

_NAMES = tuple(f.name for f in fields(Task))
_ASKED = _NAMES[: _NAMES.index("status")]  # what was asked for stands before what became of it


def submitted(task: Task, *, now: int) -> Task:
    """A new task, in line, or outside it until `not_before`."""
    if task.not_before is not None and task.not_before > now:
        return replace(task, ready_at=task.not_before, due_at=task.not_before)
    return replace(task, due_at=announced_by(task, now), **lined_up(task))


def placed(task: Task, *, tag: int, behind: bool, is_parked: bool = False) -> Task:
    """A task that was not written yet, at its place in line: see domain.turns.

    Parked at once where others wait already: an agent with a free slot looks there, so the clock need not.
    """
    placed_ = replace(task, tag=None if tag == task.place else tag, behind=behind)
    if not task.in_line:
        return placed_
    return replace(placed_, due_at=task.expires_at if is_parked else task.due_at, **lined_up(placed_))


def as_submitted(task: Task) -> Task:
    """The task as it was when it was new, whatever became of it since."""
    asked = {name: getattr(task, name) for name in _ASKED}
    for name in ("priority", "timeout_ms"):
        first = asked.pop(f"first_{name}")
        asked[name] = asked[name] if first is None else first
    return submitted(Task(**asked), now=task.created_at)


def parked(task: Task) -> Task:
    """Nobody is free: it stays in line, and costs nothing until an agent takes it or it expires."""
    return next_version(task, due_at=task.expires_at)


def queued(task: Task, *, now: int) -> Task:
    """Its wait (not_before, backoff) is over and nobody is free: it joins the line, parked."""
    if not task.may_run(now):
        raise IllegalMove(
            f"task {task.task_id} is {task.status}: only what is PENDING and due joins the line"
        )
    return next_version(task, due_at=task.expires_at, **lined_up(task))


def rearmed(task: Task, due_at: int | None) -> Task:
    """The clock came early, as the deadline had moved: look again then."""
    return next_version(task, due_at=due_at)
