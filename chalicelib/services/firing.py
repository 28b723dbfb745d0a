"""A slot becomes a task: once, never early, in one transaction."""

from dataclasses import dataclass, replace

from chalicelib.domain import ids, lifecycle, schedule_lifecycle
from chalicelib.domain.content import fingerprint
from chalicelib.domain.errors import Conflict, DomainError, KeyReused, LostRace, NotFound
from chalicelib.domain.schedule import Firing as Slot
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task

from .hints import of_due, of_early, of_waiting
from .ports import Aggregate, Clock, Hint, HintKind, Metrics, ScheduleStore, TaskStore, WorkQueue
from .submission import Options

SLOTS_AT_ONCE = 50  # of one schedule in one call; the rest is due again at once


@dataclass(frozen=True, eq=False, repr=False)
class Firing:
    """The schedule moves from this slot to the next, its task and execution are written, or none of it."""

    schedules: ScheduleStore
    tasks: TaskStore
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def fire(self, schedule_id: str) -> list[Task]:
        """The tasks of all slots that are due; two callers at once fire each slot once."""
        fired: list[Task] = []
        refused: int | None = None
        for turn in range(SLOTS_AT_ONCE):
            schedule = self.schedules.get(schedule_id)
            now = self.clock()
            if schedule is None or schedule.due_at is None:
                return fired
            if schedule.due_at > now:
                if turn == 0:
                    hints = of_early(Aggregate.SCHEDULE, schedule_id, schedule.due_at, now=now)
                    self.queue.announce(*hints, now=now)
                return fired
            try:
                if schedule.version == refused:  # its timing was changed back to a slot it had
                    self._fail(schedule, now, reason=f"its slot {schedule.due_at} was fired before")
                else:
                    fired += self._one(schedule, now)
            except LostRace:
                refused = schedule.version
        rest = Hint(kind=HintKind.DUE, row_id=schedule_id, aggregate=Aggregate.SCHEDULE)
        self.queue.announce(rest, now=self.clock())
        return fired

    def _one(self, schedule: Schedule, now: int) -> list[Task]:
        try:
            after, slot = schedule_lifecycle.fired(schedule, now=now)
            task = None if slot is None else _task_of(schedule, slot, now)
        except (DomainError, ValueError, TypeError) as error:
            self._fail(schedule, now, reason=f"cannot be fired: {error}")
            return []
        if slot is not None and task is not None:
            return [self._written(schedule, after, slot, task)]
        self.schedules.save(after, was=schedule.version)
        self.queue.announce(*self._next_of(after, now), now=now)
        self.metrics.count("schedule_slots_skipped_total")
        return []

    def _fail(self, schedule: Schedule, now: int, *, reason: str) -> None:
        """Its row makes no sense any more: say so, hold up nobody."""
        failed = schedule_lifecycle.failed(schedule, now=now, reason=reason)
        self.schedules.save(failed, was=schedule.version)

    def _written(self, schedule: Schedule, after: Schedule, slot: Slot, task: Task) -> Task:
        now = task.created_at
        self.schedules.fire(after, was=schedule.version, task=task, execution=slot.execution)
        self.queue.announce(*of_waiting(task, now=now), *self._next_of(after, now), now=now)
        self.metrics.count("tasks_created_total")
        self.metrics.count("schedule_slots_fired_total")
        if slot.skipped_since is not None:
            self.metrics.count("schedule_slots_skipped_total")
        self.metrics.count("slot_lateness_ms", slot.execution.lateness_ms)
        return task

    def _next_of(self, schedule: Schedule, now: int) -> list[Hint]:
        """The next slot, if it comes before the tick; one that is due already is fired in this call."""
        if schedule.due_at is None or schedule.due_at <= now:
            return []
        return of_due(Aggregate.SCHEDULE, schedule.schedule_id, schedule.due_at, now=now)

    def run_now(self, schedule_id: str, *, tenant: str) -> Task:
        """A run of its own beside the cron. Raises NotFound, IllegalMove, LostRace."""
        for _ in range(SLOTS_AT_ONCE):
            try:
                return self._run(schedule_id, tenant=tenant)
            except LostRace:
                continue
        raise _too_fast(schedule_id)

    def run_once(self, schedule_id: str, *, tenant: str, key: str) -> tuple[Task, bool]:
        """The same, whose task's id this idempotency key makes: it as it was when new, and whether that was
        before. Then nothing is made, whatever became of the schedule. Raises KeyReused.
        """
        task_id = ids.from_key("task", tenant=tenant, key=key)
        request = fingerprint(["run", schedule_id])
        for _ in range(SLOTS_AT_ONCE):
            made = self.tasks.get(task_id)
            if made is not None:
                if made.request != request:
                    raise KeyReused(f"this Idempotency-Key made task {task_id} from another request")
                return lifecycle.as_submitted(made), True
            try:
                return self._run(schedule_id, tenant=tenant, task_id=task_id, request=request), False
            except LostRace:
                continue
        raise _too_fast(schedule_id)

    def _run(
        self, schedule_id: str, *, tenant: str, task_id: str | None = None, request: str | None = None
    ) -> Task:
        schedule = self.schedules.get(schedule_id)
        if schedule is None or schedule.tenant != tenant:
            raise NotFound(f"no schedule {schedule_id}")
        now = self.clock()
        after, slot = schedule_lifecycle.ran(schedule, now=now, task_id=task_id)
        return self._written(schedule, after, slot, replace(_task_of(schedule, slot, now), request=request))


def _too_fast(schedule_id: str) -> Conflict:
    return Conflict(f"schedule {schedule_id} is changing too fast; try again")


def _task_of(schedule: Schedule, slot: Slot, now: int) -> Task:
    """It refers to the schedule's own document instead of copying it."""
    task = Task(
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
    return lifecycle.submitted(task, now=now)
