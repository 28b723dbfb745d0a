"""Routing a waiting task to an agent."""

from dataclasses import dataclass

from chalicelib.domain import lifecycle, routing
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import LostRace
from chalicelib.domain.task import Task

from .handing import Handing
from .ports import AgentUnavailable, Chance, Clock, TaskStore
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

    def route(self, task_id: str, *, tenant: str, capability: str) -> Task | None:
        """Assign a waiting task, or leave it in line at no further cost. None when it waits no more.

        From then on capacity pulls: whoever has a free slot takes the best waiting task.
        """
        pool = list(self.roster.candidates(tenant, capability))
        task: Task | None = None
        for draw in DRAWS:
            drawn = self.chance.sample(pool, min(draw, len(pool)))
            pool = [agent_id for agent_id in pool if agent_id not in set(drawn)]
            if not drawn and task is not None:
                break
            task, agents = self.tasks.get_with_agents(task_id, drawn)
            if task is None or not task.in_line or task.has_expired(self.clock()):
                return None
            try:
                held = self._assigned(task, agents, are_all=not pool)
            except LostRace:
                return None  # somebody else has it
            if held is not None:
                return held
        return self._parked(task) if task is not None else None

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
        if task.due_at == task.expires_at:
            return task
        after = lifecycle.parked(task)
        try:
            self.tasks.save(after, was=task.version)
        except LostRace:
            return None  # taken meanwhile
        return after
