"""Telling those who wait for a task's outcome: each effect idempotent, the mark cleared last."""

from contextlib import suppress

from chalicelib.domain import lifecycle, overlap, schedule_runs, trust_events
from chalicelib.domain.errors import LostRace, NotFound
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.domain.task import Status, Task
from chalicelib.values import dataclass

from .hints import of_due
from .ports import AgentStore, Aggregate, Clock, Metrics, ScheduleStore, TaskStore, TrustLedger, WorkQueue

TRIES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Settling:
    """The mark `unsettled` on the row is an outbox: a crash anywhere is repaired by the clock."""

    tasks: TaskStore
    schedules: ScheduleStore
    agents: AgentStore
    ledger: TrustLedger
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def settle(self, task_id: str) -> None:
        """Write the outcome where it is awaited."""
        task = self.tasks.get(task_id)
        if task is None or not task.unsettled:
            return
        if task.schedule_id is not None and task.slot is not None:
            self._execution(task, task.schedule_id, task.slot)
        if task.retry_of is not None and task.status is Status.COMPLETED:
            self._disproved(task, task.retry_of)
        try:
            self.tasks.save(lifecycle.settled(task), was=task.version)
        except LostRace:
            return  # somebody settled it, or its last holder let go: the clock looks again

    def _disproved(self, task: Task, retry_of: str) -> None:
        """Charge whoever called it hopeless before; once, as the record's id is made of the old task's."""
        hopeless = self.tasks.get(retry_of)
        if hopeless is None or hopeless.last is None:
            return
        agent = self.agents.get(hopeless.last.agent_id)
        made = None if agent is None else trust_events.disproof(hopeless, task, agent)
        if made is not None:
            with suppress(NotFound):  # its row is gone meanwhile, and its trust with it
                self.ledger.adjust(made)

    def _execution(self, task: Task, schedule_id: str, slot: int) -> None:
        execution = self.schedules.execution(schedule_id, slot)
        if execution is None:
            return
        good = task.status is Status.COMPLETED
        settled = schedule_runs.settled(
            execution,
            ExecutionStatus.COMPLETED if good else ExecutionStatus.FAILED,
            now=task.ended_at or self.clock(),
            error_message=None if good else task.error,
            result=task.result,
        )
        if settled is execution:
            return
        if execution.is_watched:
            self._with_its_schedule(settled, was_cancelled=task.status is Status.CANCELLED)
        else:
            self.schedules.settle(settled)

    def _with_its_schedule(self, run: Execution, *, was_cancelled: bool) -> None:
        """In one write: whatever happens to this process, the schedule hears of each end once."""
        for _ in range(TRIES):
            schedule, now = self.schedules.get(run.schedule_id), self.clock()
            if schedule is None:
                break
            after = overlap.ended(schedule, run, now=now, was_cancelled=was_cancelled)
            if after is schedule:
                break
            try:
                if self.schedules.end_run(run, after, was=schedule.version):
                    self._tell(schedule, after, now)
            except LostRace:
                continue
            return
        else:
            raise LostRace(f"schedule {run.schedule_id} is changing too fast; the run is settled later")
        self.schedules.settle(run)

    def _tell(self, schedule: Schedule, after: Schedule, now: int) -> None:
        if after.has_turn:
            due = of_due(Aggregate.SCHEDULE, after.schedule_id, after.due_at, now=now)
            self.queue.announce(*due, now=now)
        if after.status is ScheduleStatus.PAUSED and schedule.status is not ScheduleStatus.PAUSED:
            self.metrics.count("schedules_paused_total")
