"""Worlds whose stores remember what happened, and let another writer come between a read and a write."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.invariants import Claim
from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.domain.trust import Evidence
from chalicelib.services.ports import Standing
from tests.fakes import (
    FakeAgents,
    FakeClock,
    FakeSchedules,
    FakeTasks,
    World,
    bundled,
)

Interference = Callable[[], object]


@dataclass
class Meanwhile:
    """What others do just before the next writes, one each."""

    pending: list[Interference] = field(default_factory=list)

    def first(self, *others: Interference) -> None:
        """Before the next write comes the first of these, before the one after it the second, and so on."""
        self.pending += others

    def happens(self) -> None:
        if self.pending:
            self.pending.pop(0)()


@dataclass
class WatchedAgents(FakeAgents):
    meanwhile: Meanwhile = field(default_factory=Meanwhile)
    buried: set[str] = field(default_factory=set)

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        self.meanwhile.happens()
        return super().reregister(agent, was=was, descriptions=descriptions)

    def rearm(self, agent: Agent, due_at: int | None) -> bool:
        self.meanwhile.happens()
        return super().rearm(agent, due_at)

    def bury(self, agent: Agent) -> None:
        self.meanwhile.happens()
        super().bury(agent)
        if agent.agent_id not in self.rows:
            self.buried.add(agent.agent_id)


@dataclass
class WatchedTasks(FakeTasks):
    """With `memory`, like a warm container: it remembers each row as it last wrote it."""

    clock: FakeClock = field(default_factory=FakeClock)
    meanwhile: Meanwhile = field(default_factory=Meanwhile)
    claims: list[Claim] = field(default_factory=list)
    written_at: list[int] = field(default_factory=list)  # of each entry of `history`
    memory: dict[str, Task] | None = None
    hidden: set[str] = field(
        default_factory=set
    )  # keys of lines, inboxes and clients' lists that the index does not show yet
    lagging: dict[str, list[str]] = field(default_factory=dict)  # who the index shows first, gone or not
    reads: int = 0

    def get(self, task_id: str) -> Task | None:
        self.reads += 1
        return super().get(task_id)

    def remembered(self, task_id: str) -> Task | None:
        return None if self.memory is None else self.memory.get(task_id)

    def _put(self, task: Task) -> None:
        super()._put(task)
        self.written_at.append(self.clock())
        if self.memory is not None and not task.is_over:
            self.memory[task.task_id] = task

    def save(self, task: Task, *, was: int) -> None:
        self.meanwhile.happens()
        super().save(task, was=was)

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        self.meanwhile.happens()
        row, before = self.agents.rows.get(agent.agent_id), self.rows.get(task.task_id)
        super().assign(task, was=was, agent=agent, now=now)
        assert row is not None
        assert before is not None
        self.claims.append(Claim(before, task, row, now))

    def leave(self, task: Task, *, was: int, agent_id: str, evidence: Evidence | None) -> None:
        self.meanwhile.happens()
        super().leave(task, was=was, agent_id=agent_id, evidence=evidence)

    def standing(self, queue_key: str, **how: Any) -> Any:
        page = super().standing(queue_key, **how)
        gone = tuple(Standing(task_id, 0) for task_id in self.lagging.get(queue_key, ()))
        page = type(page)(gone + page.items, page.cursor)
        return type(page)((), None) if queue_key in self.hidden else page

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Any:
        page = super().of_client(tenant, client_id, limit=limit, cursor=cursor)
        return type(page)((), None) if f"client#{client_id}" in self.hidden else page


@dataclass
class WatchedSchedules(FakeSchedules):
    meanwhile: Meanwhile = field(default_factory=Meanwhile)

    def save(self, schedule: Schedule, *, was: int) -> None:
        self.meanwhile.happens()
        super().save(schedule, was=was)

    def delete(self, schedule: Schedule) -> None:
        self.meanwhile.happens()
        super().delete(schedule)

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        self.meanwhile.happens()
        super().fire(schedule, was=was, task=task, execution=execution, given_up=given_up)


@dataclass
class Watched(World):
    """A World over the stores above."""

    tasks: WatchedTasks
    agents: WatchedAgents
    schedules: WatchedSchedules


def watched(*, seed: int = 7, remembers: bool = False, quota: Quota = PLAIN) -> Watched:
    """A fresh one; `remembers`: its process keeps the rows it wrote."""
    chance, clock, meanwhile = random.Random(seed), FakeClock(), Meanwhile()
    agents = WatchedAgents(chance, meanwhile=meanwhile)
    tasks = WatchedTasks(agents, clock=clock, meanwhile=meanwhile, memory={} if remembers else None)
    schedules = WatchedSchedules(tasks, meanwhile=meanwhile)
    return bundled(Watched, chance=chance, clock=clock, tasks=tasks, schedules=schedules, quota=quota)
