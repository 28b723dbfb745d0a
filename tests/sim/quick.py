"""The in-memory stores, quick enough for tens of thousands of tasks, and telling of each claim."""

import random
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.agent import Agent
from chalicelib.domain.task import Task
from chalicelib.services.ports import Page, Standing
from tests.fakes import FakeAgents, FakeClock, FakeSchedules, FakeTasks, World, bundled

Told = Callable[[Task, Agent], None]


def nobody(_task: Task, _agent: Agent) -> None:
    """Until somebody listens."""


@dataclass
class QuickTasks(FakeTasks):
    """Lines are kept in order, and what is over is forgotten."""

    clock: FakeClock = field(default_factory=FakeClock)
    stale_ms: int = 0
    assigned: Told = nobody
    lines: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    _seen: dict[str, Agent] = field(default_factory=dict)
    _seen_at: int = 0

    def _put(self, task: Task) -> None:
        before = self.rows.get(task.task_id)
        if before is not None and before.queue_key is not None:
            self.lines[before.queue_key].remove((before.queue_order or 0, before.task_id))
        if task.queue_key is not None:
            insort(self.lines[task.queue_key], (task.queue_order or 0, task.task_id))
        if task.is_over:
            self.rows.pop(task.task_id, None)
        else:
            self.rows[task.task_id] = task

    def standing(
        self, queue_key: str, *, limit: int, after: str | None = None, last_first: bool = False
    ) -> Page[Standing]:
        line = self.lines[queue_key][::-1] if last_first else self.lines[queue_key]
        start = int(after or 0)
        part = line[start : start + limit]
        more = start + limit < len(line)
        return Page(tuple(Standing(i, order) for order, i in part), str(start + limit) if more else None)

    def get_with_agents(self, task_id: str, agent_ids: Sequence[str]) -> tuple[Task | None, list[Agent]]:
        task, agents = super().get_with_agents(task_id, agent_ids)
        if self.stale_ms == 0:
            return task, agents
        if self.clock.now >= self._seen_at + self.stale_ms:
            self._seen, self._seen_at = dict(self.agents.rows), self.clock.now
        return task, [self._seen.get(agent.agent_id, agent) for agent in agents]

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        super().assign(task, was=was, agent=agent, now=now)
        self.assigned(task, agent)


@dataclass
class QuickWorld(World):
    """A World over them."""

    tasks: QuickTasks


def quick_world(seed: int, *, stale_ms: int) -> QuickWorld:
    """A fresh one."""
    chance, clock = random.Random(seed), FakeClock()
    tasks = QuickTasks(FakeAgents(chance), clock=clock, stale_ms=stale_ms)
    return bundled(QuickWorld, chance=chance, clock=clock, tasks=tasks, schedules=FakeSchedules(tasks))
