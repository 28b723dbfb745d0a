"""Routing a waiting task to an agent."""

from typing import TypeGuard

from chalicelib.domain import lifecycle, routing
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import LostRace
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .handing import Handing
from .hints import of_due
from .ports import AgentUnavailable, Aggregate, Chance, Clock, TaskStore, WorkQueue
from .roster import Roster

DRAWS = (4, 20)  # four candidates; when none of them may take it, twenty more
CLAIMS = 3


@dataclass(frozen=True, eq=False, repr=False)
class Dispatch:
    """One task, a few candidates, one transaction, whatever the number of agents."""

    tasks: TaskStore
    roster: Roster
    handing: Handing
    clock: Clock
    chance: Chance
    queue: WorkQueue

    def route(self, task_id: str, *, tenant: str, capability: str) -> Task | None:
        """Assign a waiting task, or leave it in line at no further cost. None when it waits no more.

        One whose wait is over joins the line only now, when nobody is free: it is written once, not twice.
        From then on capacity pulls: whoever has a free slot takes the best waiting task.
        """
        pool = list(self.roster.candidates(tenant, capability))
        # With nobody to read, a row this process remembers will do: parking it is conditional on its version.
        task = None if pool else self.tasks.remembered(task_id) or self.tasks.get(task_id)
        for draw in DRAWS:
            drawn = self.chance.sample(pool, min(draw, len(pool)))
            pool = [agent_id for agent_id in pool if agent_id not in set(drawn)]
            if not drawn:
                break
            task, agents = self.tasks.get_with_agents(task_id, drawn)
            if not self._waits(task):
                return None
            try:
                held = self._assigned(task, agents, are_all=not pool)
            except LostRace:
                return None  # somebody else has it
            if held is not None:
                return held
        return self._parked(task) if self._waits(task) else None

    def _waits(self, task: Task | None) -> TypeGuard[Task]:
        now = self.clock()
        return task is not None and task.may_run(now) and not task.has_expired(now)

    def _assigned(self, task: Task, agents: list[Agent], *, are_all: bool) -> Task | None:
        for _ in range(CLAIMS):
            now = self.clock()
            choice = routing.choose(task, agents, now=now, chance=self.chance, are_all=are_all)
            if choice.agent is None:
                return None
            try:
                return self.handing.assign(task, choice.agent, choice=choice)
            except AgentUnavailable:
                agents = [agent for agent in agents if agent is not choice.agent]
        return None

    def _parked(self, task: Task) -> Task | None:
        if task.in_line and task.due_at == task.expires_at:
            return task
        now = self.clock()
        after = lifecycle.parked(task) if task.in_line else lifecycle.queued(task, now=now)
        try:
            self.tasks.save(after, was=task.version)
        except LostRace:
            return None  # taken meanwhile
        if not task.in_line:  # its expiry is not announced yet
            self.queue.announce(*of_due(Aggregate.TASK, task.task_id, after.due_at, now=now), now=now)
        return after
