"""The clock: a row's time has come, and what that means follows from its state.

Nothing acts early: whoever is called looks at the row and the time again.
"""

from chalicelib.domain import lifecycle, timers
from chalicelib.domain.errors import LostRace
from chalicelib.domain.task import FailureKind, Outcome, Status, Task
from chalicelib.values import dataclass

from .changing import Changing
from .dispatch import Dispatch
from .firing import Firing
from .handing import Handing
from .hints import of_due, of_early
from .holding import Holding
from .ports import (
    AgentStore,
    Aggregate,
    Chance,
    Clock,
    ScheduleStore,
    TaskStore,
    WorkQueue,
)
from .settling import Settling
from .sweeping import Sweeping


@dataclass(frozen=True, eq=False, repr=False)
class DueTasks:
    """What time does to tasks."""

    tasks: TaskStore
    agents: AgentStore
    changing: Changing
    dispatch: Dispatch
    holding: Holding
    handing: Handing
    settling: Settling
    queue: WorkQueue
    clock: Clock
    chance: Chance

    def look(self, task_id: str) -> None:
        """Do what is due; arm the next look when the deadline had moved."""
        task = self.tasks.get(task_id)
        now = self.clock()
        if task is None or task.due_at is None:
            return
        if task.due_at > now:
            self.queue.announce(*of_early(Aggregate.TASK, task_id, task.due_at, now=now), now=now)
            return
        at = timers.next_look(task)
        if at is None or at > now:
            self._change(task, lifecycle.rearmed(task, at))
            self.queue.announce(*of_due(Aggregate.TASK, task_id, at, now=now), now=now)
            return
        self._act(task, now)

    def _change(self, task: Task, after: Task) -> Task | None:
        try:
            return self.changing.written(task, after)
        except LostRace:
            return None  # whoever was faster has armed its own

    def _act(self, task: Task, now: int) -> None:
        if task.unsettled:
            self.settling.settle(task.task_id)
        elif task.lease is not None:
            self._held(task, now)
        elif task.has_expired(now):
            self._change(task, lifecycle.expired(task, now=now))
        else:
            self.dispatch.route(task.task_id, tenant=task.tenant, capability=task.capability)

    def _held(self, task: Task, now: int) -> None:
        lease = lifecycle.held_lease(task)
        if task.status is Status.ACTIVE and lease.ends_at <= now:
            error = f"ran longer than its {task.timeout_ms / 1000:g} s"
            chance = self.chance.random()
            self._change(
                task, lifecycle.failed(task, FailureKind.TIMEOUT, error=error, now=now, chance=chance)
            )
        elif lease.ends_at <= now:
            self.holding.free(task, Outcome.NOT_STARTED, error="was not started in time")
        elif lease.deliveries >= timers.MAX_DELIVERIES:
            self.holding.free(task, Outcome.NOT_STARTED, error=f"announced {lease.deliveries} times in vain")
        else:
            self._redeliver(task, now)

    def _redeliver(self, task: Task, now: int) -> None:
        again = self._change(task, lifecycle.redelivered(task, now=now))
        agent = self.agents.get(lifecycle.held_lease(task).agent_id)
        if again is None or agent is None or agent.profile.queue_url is None:
            return
        self.handing.send(again, agent.profile.queue_url)
        self.queue.announce(*of_due(Aggregate.TASK, task.task_id, again.due_at, now=now), now=now)


@dataclass(frozen=True, eq=False, repr=False)
class Looking:
    """One due row of any kind."""

    due_tasks: DueTasks
    agents: AgentStore
    schedules: ScheduleStore
    sweeping: Sweeping
    firing: Firing
    clock: Clock
    queue: WorkQueue

    def look(self, aggregate: Aggregate, row_id: str, *, at: int | None = None) -> None:
        """The row is read again: the hint, which was for this time, may be old, early or doubled."""
        if aggregate is Aggregate.TASK:
            self.due_tasks.look(row_id)
        elif aggregate is Aggregate.SCHEDULE:
            self.firing.fire(row_id, hinted=at)
        else:
            self._agent(row_id)

    def _agent(self, agent_id: str) -> None:
        agent = self.agents.get(agent_id)
        now = self.clock()
        if agent is None or agent.due_at is None:
            return
        if agent.due_at > now:
            self.queue.announce(*of_early(Aggregate.AGENT, agent_id, agent.due_at, now=now), now=now)
            return
        self.sweeping.look(agent)
