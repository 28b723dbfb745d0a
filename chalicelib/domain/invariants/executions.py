"""Slots, their executions and their tasks. The snapshot has the other side of each that it is to judge.

Deleted schedules rightly leave both behind. Both are deleted 30 days after their end, not at the same time.
"""

from collections.abc import Iterator

from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.recurrence import SECOND_MS
from chalicelib.domain.schedule import ScheduleStatus
from chalicelib.domain.task import Status, Task

from .snapshot import Snapshot, is_forgotten
from .violation import Violation, moment, of_execution, of_task


def is_of_timing(run: Execution) -> bool:
    """A slot of the schedule's timing, not a run that somebody asked for: those avoid whole seconds."""
    return run.slot % SECOND_MS == 0


def never_early(s: Snapshot) -> Iterator[Violation]:
    """10. No slot before its time; a run that was asked for stands up to a millisecond ahead."""
    for run in s.executions:
        if run.executed_at < run.slot + run.spread_ms - (not is_of_timing(run)):
            text = f"fired {moment(run.executed_at)}, before its slot"
            advice = "a clock of the service is wrong by as much: compare the functions' times in the logs"
            yield of_execution(run, 10, text, advice)


def tasks_of_executions(s: Snapshot) -> Iterator[Violation]:
    """10. Each execution of a slot that was not given up has its task, as long as tasks are kept."""
    for run in s.executions:
        if run.is_run and run.task_id not in s.tasks and not is_forgotten(run.ended_at, now=s.now):
            advice = (
                f"an accepted task is gone: restore the row (point-in-time recovery of the tasks table),"
                f" or run the slot again (POST /aitp/tasks/schedule/{run.schedule_id}/run)"
            )
            yield of_execution(run, 10, f"has no task: {run.task_id} is gone", advice)


def executions_of_tasks(s: Snapshot) -> Iterator[Violation]:
    """10. Each task of a slot is the one that the slot's execution names: two can never be."""
    by_slot = s.execution_by_slot()
    for task in s.tasks.values():
        if task.schedule_id is None or task.slot is None or is_forgotten(task.ended_at, now=s.now):
            continue
        run = by_slot.get((task.schedule_id, task.slot))
        of = f"slot {moment(task.slot)} of schedule {task.schedule_id}"
        if run is None:
            advice = "its outcome is told to nobody: read it from the task, and look for who deleted the row"
            yield of_task(task, 10, f"has no execution: {of} has none", advice)
        elif run.task_id != task.task_id:
            text = f"is a second task of {of}, whose own is {run.task_id}"
            yield of_task(task, 10, text, "cancel it if it is not over; find out what else makes tasks")


def outcomes_told(s: Snapshot) -> Iterator[Violation]:
    """12. An execution says what its task says; while the task is not settled, it may not say so yet."""
    for run in s.executions:
        task = s.tasks.get(run.task_id or "")
        if task is None or (task.unsettled and run.status is ExecutionStatus.PENDING):
            continue
        true = _told(task)
        if run.status is not true:
            text = f"is {run.status}, and its task {task.task_id} is {task.status}"
            advice = "the task is right: put status and counters right by hand with aws dynamodb update-item"
            yield of_execution(run, 12, text, advice)


def _told(task: Task) -> ExecutionStatus:
    if not task.is_over:
        return ExecutionStatus.PENDING
    return ExecutionStatus.COMPLETED if task.status is Status.COMPLETED else ExecutionStatus.FAILED


def none_after_a_pause(s: Snapshot) -> Iterator[Violation]:
    """11. A schedule that is not ACTIVE fired no slot of its timing after it ceased to be."""
    for run in s.executions:
        schedule = s.schedules.get(run.schedule_id)
        if schedule is None or schedule.status is ScheduleStatus.ACTIVE or not is_of_timing(run):
            continue
        if run.slot > schedule.updated_at:
            stopped = f"its schedule is {schedule.status} since {moment(schedule.updated_at)}"
            advice = f"cancel task {run.task_id} if it is not over, and tell the schedule's client"
            yield of_execution(run, 11, f"fired, though {stopped}", advice)


def own_tenants(s: Snapshot) -> Iterator[Violation]:
    """12. A schedule makes tasks of its own tenant."""
    for task in s.tasks.values():
        schedule = s.schedules.get(task.schedule_id or "")
        if schedule is not None and schedule.tenant != task.tenant:
            text = f"of tenant {task.tenant} was made by a schedule of tenant {schedule.tenant}"
            yield of_task(task, 12, text, "one of the two rows was written by something else: find it")


OF_RUNS = (
    never_early,
    tasks_of_executions,
    outcomes_told,
    none_after_a_pause,
)  # of executions, by their tasks
OF_MADE_TASKS = (executions_of_tasks, own_tenants)  # of tasks, by their executions and schedules
OF_EXECUTIONS = (*OF_RUNS, *OF_MADE_TASKS)
