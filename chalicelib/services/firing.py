"""A slot becomes a task: once, never early, in one transaction."""

from dataclasses import replace

from chalicelib.domain import ids, lifecycle, overlap, schedule_lifecycle, schedule_runs
from chalicelib.domain.content import fingerprint
from chalicelib.domain.errors import Conflict, DomainError, KeyReused, LostRace, NotFound
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.execution import Firing as Slot
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .cancelling import Cancelling
from .hints import of_due, of_early, of_waiting
from .lining import Lining
from .ports import Aggregate, Clock, Hint, HintKind, Metrics, ScheduleStore, TaskStore, WorkQueue
from .slot_quota import SlotQuota
from .slot_tasks import task_of

SLOTS_AT_ONCE = 50  # of one schedule in one call; the rest is due again at once
REPLACED = "its schedule's next slot came (overlap_policy cancel_previous)"


@dataclass(frozen=True, eq=False, repr=False)
class Firing:
    """The schedule moves from this slot to the next, its task and execution are written, or none of it."""

    schedules: ScheduleStore
    tasks: TaskStore
    lining: Lining
    cancelling: Cancelling
    quota: SlotQuota
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def fire(self, schedule_id: str, *, hinted: int | None = None, at_once: bool = False) -> list[Task]:
        """The tasks of all slots that are due; two callers at once fire each slot once.

        `at_once`: those too that the client's quota put off. `hinted` is the time that the hint was for. One
        that comes early is sent on only while its time is what is awaited: of a schedule that fires every
        second the next is always near, and a hint that was doubled once would be passed on from second to
        second for ever.
        """
        fired: list[Task] = []
        schedule: Schedule | None = None  # as it was left, until it turns out that others moved it
        refused: int | None = None
        for turn in range(SLOTS_AT_ONCE):
            schedule = schedule or self.schedules.get(schedule_id)
            now = self.clock()
            due = None if schedule is None else schedule.ripe_at if at_once else schedule.due_at
            if schedule is None or due is None:
                return fired
            if due > now:
                if turn == 0 and hinted in (None, due):
                    self.queue.announce(*of_early(Aggregate.SCHEDULE, schedule_id, due, now=now), now=now)
                return fired
            try:
                schedule, tasks = self._due(schedule, now, was_refused=schedule.version == refused)
                fired += tasks
            except LostRace:
                refused, schedule = schedule.version, None
        rest = Hint(kind=HintKind.DUE, row_id=schedule_id, aggregate=Aggregate.SCHEDULE)
        self.queue.announce(rest, now=self.clock())
        return fired

    def _due(self, schedule: Schedule, now: int, *, was_refused: bool) -> tuple[Schedule, list[Task]]:
        if schedule.cancel_at is not None and schedule.cancel_at <= now:
            return self._cancelled_again(schedule, now), []
        if was_refused:
            return self._refused(schedule, now), []
        return self._one(schedule, now)

    def _one(self, schedule: Schedule, now: int) -> tuple[Schedule, list[Task]]:
        try:
            after, slot, given_up = schedule_runs.fired(schedule, now=now)
            task = None if slot is None else task_of(schedule, slot, now)
        except (DomainError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            return self._failed(schedule, now, reason=f"cannot be fired: {error}"), []
        if slot is not None and task is not None:
            turn = self._turn(schedule, now)
            if turn > now:
                return self._put_off(schedule, turn, now), []
            return after, [self._written(schedule, after, slot, task, given_up)]
        self.schedules.pass_over(after, was=schedule.version, given_up=given_up)
        self.queue.announce(*self._next_of(after, now), now=now)
        self._measure(schedule, after, given_up)
        return after, []

    def _turn(self, schedule: Schedule, now: int) -> int:
        """When its client's quota lets the slot be fired; one that was put off had its place then."""
        if schedule.deferred_until is not None:
            return now
        return self.quota.turn(schedule.tenant, schedule.client_id, now=now)

    def _put_off(self, schedule: Schedule, turn: int, now: int) -> Schedule:
        after = schedule_runs.deferred(schedule, turn)
        self.schedules.save(after, was=schedule.version)
        self.queue.announce(*self._next_of(after, now), now=now)
        self.metrics.count("schedule_slots_deferred_total")
        return after

    def _refused(self, schedule: Schedule, now: int) -> Schedule:
        """The row stands as it was read, so it is the slot that was there before."""
        if not schedule.has_turn:  # its timing was changed back to a slot it had
            return self._failed(schedule, now, reason=f"its slot {schedule.next_slot} was fired before")
        after = schedule_runs.dropped(schedule, now=now)
        self.schedules.save(after, was=schedule.version)
        return after

    def _failed(self, schedule: Schedule, now: int, *, reason: str) -> Schedule:
        """Its row makes no sense any more: say so, hold up nobody."""
        failed = schedule_lifecycle.failed(schedule, now=now, reason=reason)
        self.schedules.save(failed, was=schedule.version)
        return failed

    def _written(
        self,
        schedule: Schedule,
        after: Schedule,
        slot: Slot,
        task: Task,
        given_up: tuple[Execution, ...] = (),
    ) -> Task:
        now, was = task.created_at, schedule.version
        task = self.lining.paced(task)
        self.schedules.fire(after, was=was, task=task, execution=slot.execution, given_up=given_up)
        self.queue.announce(*of_waiting(task, now=now), *self._next_of(after, now), now=now)
        self.metrics.count("tasks_created_total")
        self.metrics.count("schedule_slots_fired_total")
        if not slot.waited:
            self.metrics.count("slot_lateness_ms", slot.execution.lateness_ms)
        self._measure(schedule, after, given_up)
        self._cancel(schedule.tenant, slot.cancels)
        return task

    def _measure(self, schedule: Schedule, after: Schedule, given_up: tuple[Execution, ...]) -> None:
        if after.missed_runs > schedule.missed_runs:
            self.metrics.count("schedule_slots_missed_total", after.missed_runs - schedule.missed_runs)
        if any(run.status is ExecutionStatus.SKIPPED for run in given_up):
            self.metrics.count("schedule_slots_skipped_total")

    def _cancel(self, tenant: str, task_ids: tuple[str, ...]) -> None:
        """What this does not achieve, as the process dies or others are faster, the clock tries again."""
        for task_id in task_ids:
            try:
                self.cancelling.cancel(task_id, tenant=tenant, reason=REPLACED)
            except (Conflict, NotFound):
                continue  # it ended before; its settlement says so

    def _cancelled_again(self, schedule: Schedule, now: int) -> Schedule:
        self._cancel(schedule.tenant, schedule.cancelling)
        after = overlap.cancelled_again(schedule, now=now)
        self.schedules.save(after, was=schedule.version)
        return after

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
        after, slot = schedule_runs.ran(schedule, now=now, task_id=task_id)
        return self._written(schedule, after, slot, replace(task_of(schedule, slot, now), request=request))


def _too_fast(schedule_id: str) -> Conflict:
    return Conflict(f"schedule {schedule_id} is changing too fast; try again")
