"""What must hold: the invariants over rows and history, and all that was acknowledged to somebody."""

from collections import defaultdict
from collections.abc import Iterator

from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.invariants import violations
from chalicelib.domain.schedule import OverlapPolicy, ScheduleStatus
from chalicelib.domain.task import Status, Task

from .cast import Cast
from .deployment import MINUTE_MS

APART = frozenset({OverlapPolicy.SKIP, OverlapPolicy.BUFFER_ONE, OverlapPolicy.BUFFER_ALL})


def broken(c: Cast) -> list[str]:
    """Every invariant that needs no quiet."""
    found = [str(violation) for violation in violations(c.d.records.snapshot(), c.d.records.history())]
    return found + together(c)


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
    found += [
        f"6: the {what} of {i} was changed to {kept} and is {getattr(tasks[i], what)}"
        for (i, what), kept in c.ledger.changed.items()
        if getattr(tasks[i], what) != kept
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
    """10, 11: each minute's slot once since a schedule was made, at its place, none after it was paused.

    A slot may wait or be skipped while a run is open; none may be missed.
    """
    s = c.d.records.snapshot()
    found = []
    for schedule_id, schedule in s.schedules.items():
        asked, answered = c.ledger.paused.get(schedule_id, (c.d.now, c.d.now))
        runs = {e.slot: e for e in s.executions if e.schedule_id == schedule_id and e.slot % 1000 == 0}
        told = {slot for slot, run in runs.items() if run.status is not ExecutionStatus.MISSED}
        first = (schedule.created_at // MINUTE_MS + 1) * MINUTE_MS
        fired = sorted(slot for slot in {*told, *schedule.waiting} if slot >= first)
        lasts = asked - schedule.spread_ms, answered - schedule.spread_ms
        wanted, allowed = (list(range(first, last + 1, MINUTE_MS)) for last in lasts)
        if fired[: len(wanted)] != wanted or allowed[: len(fired)] != fired:
            found.append(f"10: {schedule_id} fired {fired}, not {wanted} (at most {allowed})")
        promised = {slot for owner, slot in c.ledger.backfilled if owner == schedule_id}
        made = {slot for slot, run in runs.items() if run.is_run}
        found += [f"10: {schedule_id} never ran {slot}" for slot in promised - made - set(schedule.waiting)]
        limit = schedule.pause_on_failures
        if limit is not None and schedule.failed_runs >= limit and schedule.status is ScheduleStatus.ACTIVE:
            found.append(f"11: {schedule_id} is ACTIVE after {schedule.failed_runs} failures")
    return found


def together(c: Cast) -> list[str]:
    """10: two tasks of a schedule that were open at once, though its policy is to hold the second up."""
    schedules = c.d.records.snapshot().schedules
    open_runs: dict[str, set[str]] = defaultdict(set)
    found = []
    for task_id, _, task, at in c.d.records.steps:
        schedule = schedules.get(task.schedule_id or "")
        if schedule is None or schedule.overlap not in APART or (task.slot or 0) % 1000:
            continue
        mine = open_runs[schedule.schedule_id]
        (mine.discard if task.is_over else mine.add)(task_id)
        if len(mine) > 1:
            found.append(f"10: {sorted(mine)} of {schedule.schedule_id} were open at {at}")
    return found
