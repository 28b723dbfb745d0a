"""Telling those who wait for a task's outcome: each effect idempotent, the mark cleared last."""

from dataclasses import dataclass

from chalicelib.domain import lifecycle, schedule_lifecycle
from chalicelib.domain.errors import LostRace
from chalicelib.domain.schedule import ExecutionStatus
from chalicelib.domain.task import Status, Task

from .ports import Clock, ScheduleStore, TaskStore


@dataclass(frozen=True, eq=False, repr=False)
class Settling:
    """The mark `unsettled` on the row is an outbox: a crash anywhere is repaired by the clock."""

    tasks: TaskStore
    schedules: ScheduleStore
    clock: Clock

    def settle(self, task_id: str) -> None:
        """Write the outcome where it is awaited."""
        task = self.tasks.get(task_id)
        if task is None or not task.unsettled:
            return
        if task.schedule_id is not None and task.slot is not None:
            self._execution(task, task.schedule_id, task.slot)
        try:
            self.tasks.save(lifecycle.settled(task), was=task.version)
        except LostRace:
            return  # somebody settled it, or its last holder let go: the clock looks again

    def _execution(self, task: Task, schedule_id: str, slot: int) -> None:
        execution = self.schedules.execution(schedule_id, slot)
        if execution is None:
            return
        good = task.status is Status.COMPLETED
        settled = schedule_lifecycle.settled(
            execution,
            ExecutionStatus.COMPLETED if good else ExecutionStatus.FAILED,
            now=task.ended_at or self.clock(),
            error_message=None if good else task.error,
            result=task.result,
        )
        if settled is not execution:
            self.schedules.settle(settled)
