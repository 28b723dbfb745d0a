"""What is announced about a row, and when an announcement of its own beats waiting for the tick."""

from chalicelib.domain.task import Task

from .ports import Aggregate, Hint, HintKind

HORIZON_MS = 75_000  # the tick looks this far ahead, once a minute
MAX_DELAY_MS = 900_000  # what SQS can delay


def of_waiting(task: Task, *, now: int) -> list[Hint]:
    """For a task in line: route it now. For one outside it: look when its wait is over."""
    if task.in_line:
        kind = HintKind.DISPATCH
        return [Hint(kind=kind, row_id=task.task_id, tenant=task.tenant, capability=task.capability)]
    return of_due(Aggregate.TASK, task.task_id, task.ready_at, now=now)


def of_due(aggregate: Aggregate, row_id: str, at: int | None, *, now: int) -> list[Hint]:
    """A look at its own time, for a wait that begins between ticks; later ones are left to the tick."""
    if at is None or at > now + HORIZON_MS:
        return []
    return [Hint(kind=HintKind.DUE, row_id=row_id, aggregate=aggregate, at=at)]
