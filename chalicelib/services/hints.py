"""What is announced about a row, and when an announcement of its own beats waiting for the tick."""

from collections.abc import Sequence

from chalicelib.domain.task import Task

from .ports import Aggregate, Hint, HintKind

TICK_MS = 60_000
HORIZON_MS = 75_000  # the tick looks this far ahead, once a minute
EARLY_MS = 1_000  # no two machines' clocks are further apart


def of_waiting(task: Task, *, now: int) -> list[Hint]:
    """In line: route it now, and look when it expires. Outside it: look when its wait is over."""
    if task.in_line:
        kind = HintKind.DISPATCH
        route = Hint(kind=kind, row_id=task.task_id, tenant=task.tenant, capability=task.capability)
        return [route, *of_due(Aggregate.TASK, task.task_id, task.expires_at, now=now)]
    return of_due(Aggregate.TASK, task.task_id, task.ready_at, now=now)


def of_due(aggregate: Aggregate, row_id: str, at: int | None, *, now: int) -> list[Hint]:
    """A look at its own time, for a wait that begins between ticks; later ones are left to the tick."""
    if at is None or at > now + HORIZON_MS:
        return []
    return [Hint(kind=HintKind.DUE, row_id=row_id, aggregate=aggregate, at=at)]


def of_early(aggregate: Aggregate, row_id: str, at: int, *, now: int) -> list[Hint]:
    """For a hint that came before its row is due: once more if it is nearly time, else nothing.

    A row whose time has moved was announced by whoever moved it. To pass on every early hint would add one
    to those that follow each other from look to look at every tick, without end.
    """
    return of_due(aggregate, row_id, at, now=now) if at < now + EARLY_MS else []


def paced_out(times: Sequence[int], *, since: int, apart_ms: int) -> list[int]:
    """When each row has its turn: at its time, but never two of them closer, and none before `since`."""
    turns: list[int] = []
    for at in times:
        turns.append(max(since, at))
        since = turns[-1] + apart_ms
    return turns
