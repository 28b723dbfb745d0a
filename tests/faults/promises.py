"""What must hold: the invariants over rows and history, and all that was acknowledged to somebody."""

from collections.abc import Iterator

from chalicelib.domain.invariants import violations
from chalicelib.domain.task import Status, Task

from .cast import Cast
from .deployment import MINUTE_MS


def broken(c: Cast) -> list[str]:
    """Every invariant that needs no quiet."""
    return [str(violation) for violation in violations(c.d.records.snapshot(), c.d.records.history())]


def unkept(c: Cast) -> list[str]:
    """1, 2, 5, 6, 11: what was answered, against what is there."""
    tasks = c.d.records.snapshot().tasks
    found = [f"1: {i} was acknowledged and is gone" for i in c.ledger.created if i not in tasks]
    for task_id, result in c.ledger.completed.items():
        found += _of_result(c, tasks.get(task_id), task_id, result)
    found += [
        f"11: {i} was cancelled and is {tasks[i].status}"
        for i in c.ledger.cancelled
        if tasks[i].status is not Status.CANCELLED
    ]
    keys = [task.retry_of or task.client_id for task in tasks.values() if task.schedule_id is None]
    found += [f"2: {key} made more than one task" for key in set(keys) if keys.count(key) > 1]
    ran = c.ledger.ran
    return found + [f"5: {run} was begun twice" for run in set(ran) if ran.count(run) > 1]


def _of_result(c: Cast, task: Task | None, task_id: str, result: object) -> Iterator[str]:
    if task is None or task.status is not Status.COMPLETED:
        yield f"1: {task_id} was reported done, and is {task and task.status}"
        return
    reply = c.client.ask("GET", f"/aitp/tasks/{task_id}")
    if reply is None or reply.body["result_data"] != result:
        yield f"6: the result of {task_id} is not what was reported"


def slots_kept(c: Cast) -> list[str]:
    """10, 11: each minute's slot once since a schedule was made, none after it was paused."""
    s = c.d.records.snapshot()
    found = []
    for schedule_id, schedule in s.schedules.items():
        asked, answered = c.ledger.paused.get(schedule_id, (c.d.now, c.d.now))
        fired = sorted(e.slot for e in s.executions if e.schedule_id == schedule_id and e.slot % 1000 == 0)
        first = (schedule.created_at // MINUTE_MS + 1) * MINUTE_MS
        wanted, allowed = (list(range(first, until + 1, MINUTE_MS)) for until in (asked, answered))
        if fired[: len(wanted)] != wanted or allowed[: len(fired)] != fired:
            found.append(f"10: {schedule_id} fired {fired}, not {wanted} (at most {allowed})")
    return found
