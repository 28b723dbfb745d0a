"""A slot becomes a task: once, never early, in one transaction."""

from dataclasses import dataclass

from chalicelib.domain import lifecycle, schedule_lifecycle
from chalicelib.domain.errors import Conflict, DomainError, LostRace, NotFound
from chalicelib.domain.schedule import Firing as Slot
from chalicelib.domain.schedule import NotDue, Schedule
from chalicelib.domain.task import Task

from .hints import of_due, of_waiting
from .ports import Aggregate, Clock, Metrics, ScheduleStore, WorkQueue
from .submission import Options

SLOTS_AT_ONCE = 50  # of one schedule in one call; the rest is due again at once


@dataclass(frozen=True)
class Firing:
    """The schedule moves from this slot to the next, its task and execution are written, or none of it."""

    schedules: ScheduleStore
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def fire(self, schedule_id: str) -> list[Task]:
        """The tasks of all slots that are due; two callers at once fire each slot once."""
        fired: list[Task] = []
        for _ in range(SLOTS_AT_ONCE):
            schedule = self.schedules.get(schedule_id)
            now = self.clock()
            if schedule is None or schedule.due_at is None:
                return fired
            if schedule.due_at > now:
                break
            try:
                task = self._one(schedule, now)
            except LostRace:
                continue
            fired += [task] if task else []
        self._look_again(schedule_id, schedule.due_at if schedule else None)
        return fired

    def _one(self, schedule: Schedule, now: int) -> Task | None:
        try:
            after, slot = schedule_lifecycle.fired(schedule, now=now)
        except NotDue:
            return None
        except (DomainError, ValueError) as error:  # its row makes no sense any more: say so, hold up nobody
            reason = f"cannot be fired: {error}"
            self.schedules.save(
                schedule_lifecycle.failed(schedule, now=now, reason=reason), was=schedule.version
            )
            return None
        if slot is None:
            self.schedules.save(after, was=schedule.version)
            self.metrics.count("schedule_slots_skipped_total")
            return None
        return self._written(schedule, after, slot, now)

    def _written(self, schedule: Schedule, after: Schedule, slot: Slot, now: int) -> Task:
        task = lifecycle.submitted(_task_of(schedule, slot, now), now=now)
        self.schedules.fire(after, was=schedule.version, task=task, execution=slot.execution)
        hints = of_waiting(task, now=now) + of_due(
            Aggregate.SCHEDULE, after.schedule_id, after.due_at, now=now
        )
        self.queue.announce(*hints, now=now)
        self.metrics.count("tasks_created_total")
        self.metrics.count("schedule_slots_fired_total")
        self.metrics.count("slot_lateness_ms", slot.execution.lateness_ms)
        return task

    def run_now(self, schedule_id: str, *, tenant: str) -> Task:
        """A run of its own beside the cron. Raises NotFound, IllegalMove, LostRace."""
        for _ in range(SLOTS_AT_ONCE):
            schedule = self.schedules.get(schedule_id)
            if schedule is None or schedule.tenant != tenant:
                raise NotFound(f"no schedule {schedule_id}")
            now = self.clock()
            after, slot = schedule_lifecycle.ran(schedule, now=now)
            try:
                return self._written(schedule, after, slot, now)
            except LostRace:
                continue
        raise Conflict(f"schedule {schedule_id} is changing too fast; try again")

    def _look_again(self, schedule_id: str, at: int | None) -> None:
        now = self.clock()
        self.queue.announce(*of_due(Aggregate.SCHEDULE, schedule_id, at, now=now), now=now)


def _task_of(schedule: Schedule, slot: Slot, now: int) -> Task:
    """It refers to the schedule's own document instead of copying it."""
    return Task(
        task_id=slot.task_id,
        tenant=schedule.tenant,
        client_id=schedule.client_id,
        created_at=now,
        task_type=schedule.task_type,
        capability=schedule.capability,
        document=schedule.document,
        priority=schedule.priority,
        schedule_id=schedule.schedule_id,
        slot=slot.slot,
        awaited=True,
        **Options.from_json(schedule.task_options).as_fields(now=now),
    )
