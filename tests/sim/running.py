"""One run: clients submit, the shipped use cases route, agents work, fail, crowd, come and go."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from chalicelib import consumers
from chalicelib.domain.agent import Agent, Profile
from chalicelib.domain.errors import DomainError
from chalicelib.domain.lifecycle import held_lease
from chalicelib.domain.task import Status, Task
from chalicelib.services.holding import Report
from chalicelib.services.submission import Options, Order
from tests.sim.quick import quick_world
from tests.sim.scenario import GOOD, Nature, Scenario

TENANT, CAPABILITY = "sim", "report"
HOUR_MS = 3_600_000
ATTEMPTS = 4


@dataclass(frozen=True)
class Assignment:
    """A task given; times in milliseconds from the start of the run."""

    at: int
    agent_id: str
    was_pulled: bool


@dataclass(frozen=True)
class Work:
    """A task, the same for every strategy: its own work, and how lucky each attempt is, whoever has it."""

    submitted_at: int
    takes_ms: float
    luck: tuple[float, ...]


@dataclass
class Record:
    """What happened, for the results."""

    natures: dict[str, Nature] = field(default_factory=dict)
    given: list[Assignment] = field(default_factory=list)
    succeeded: int = 0
    failed: int = 0
    waits_s: list[float] = field(
        default_factory=list
    )  # of tasks that are over, until their last attempt began
    delays_s: list[float] = field(default_factory=list)  # the same with what a crowded agent took longer
    worked_ms: float = 0.0
    unfinished: int = 0


class Run:
    """A scenario under one strategy and one seed."""

    def __init__(self, scenario: Scenario, strategy: str, seed: int) -> None:
        self.scenario = scenario
        self.strategy = strategy
        self.chance = random.Random(f"work {seed}")  # the same work and agents for every strategy
        self.world = quick_world(seed, stale_ms=round(scenario.stale_s * 1000))
        self.world.tasks.assigned = self._assigned
        self.record = Record()
        self._began = self.world.clock.now
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._works: dict[str, Work] = {}

    def played(self) -> Record:
        """From beginning to end."""
        fleet = self.scenario.fleet(self.chance)
        for nature in fleet:
            self._at(nature.joins_s * 1000, lambda nature=nature: self._joins(nature))
        self._rate = self.scenario.per_second(fleet) / 1000
        self._at(self.chance.expovariate(self._rate), self._submits)
        if self.scenario.churn_per_hour:
            self._at(HOUR_MS / self.scenario.churn_per_hour, self._churns)
        end = self._began + round(self.scenario.seconds * 1000)
        while self._events[0][0] <= end:
            self.world.clock.now, _, happens = heapq.heappop(self._events)
            happens()
            self._hear()
        self.record.unfinished = len(self._works)
        return self.record

    @property
    def _now(self) -> int:
        return self.world.clock.now - self._began

    def _at(self, ms: float, happens: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self._began + round(ms), self._count, happens))

    def _hear(self) -> None:
        """The work queue: what is visible now is handled now, what is delayed at its time."""
        while self.world.queue.sent:
            hints, self.world.queue.sent = self.world.queue.sent, []
            for hint in hints:
                if hint.at is None or hint.at <= self.world.clock.now:
                    consumers.handle(hint, self.world.use_cases)
                else:
                    again = replace(hint, at=None)
                    self._at(hint.at - self._began, lambda again=again: self.world.queue.sent.append(again))

    def _joins(self, nature: Nature) -> None:
        self.record.natures[nature.name] = replace(nature, joins_s=self._now / 1000)
        profile = Profile(display_name=nature.name, capabilities=(CAPABILITY,), heartbeat_ms=HOUR_MS)
        self.world.use_cases.agents.register(
            nature.name,
            profile,
            tenant=TENANT,
            max_concurrency=nature.slots,
            session_id=None,
            descriptions={},
        )
        self._syncs(nature.name)

    def _syncs(self, agent_id: str) -> None:
        """An agent with free slots asks again and again."""
        agent = self.world.agents.get(agent_id)
        if agent is None or agent.left:
            return
        self.world.use_cases.pull.fill(agent)
        self._at(self._now + self.scenario.sync_s * 1000, lambda: self._syncs(agent_id))

    def _churns(self) -> None:
        there = [row.agent_id for row in self.world.agents.rows.values() if not row.left]
        leaver = self.chance.choice([name for name in there if self.record.natures[name].kind == "good"])
        self.world.use_cases.agents.leave(leaver, tenant=TENANT)
        self._joins(Nature(f"later-{self._count}", "good", ((0.0, GOOD),), 1.0, self.scenario.slots))
        self._at(self._now + HOUR_MS / self.scenario.churn_per_hour, self._churns)

    def _submits(self) -> None:
        client = f"client-{self.chance.randrange(self.scenario.clients)}"
        options = Options(strategy=self.strategy, max_retries=ATTEMPTS - 1)
        order = Order(client_id=client, task_type="t", capability=CAPABILITY, options=options)
        work_ms = self.chance.expovariate(1 / (self.scenario.work_s * 1000))
        luck = tuple(self.chance.random() for _ in range(ATTEMPTS))
        task, _ = self.world.use_cases.submission.submit(order, tenant=TENANT)
        self._works[task.task_id] = Work(self._now, work_ms, luck)
        self._at(self._now + self.chance.expovariate(self._rate), self._submits)

    def _assigned(self, task: Task, agent: Agent) -> None:
        was_pulled = '"by":"pull"' in (task.explanation or "")
        self.record.given.append(Assignment(self._now, agent.agent_id, was_pulled))
        self._at(self._now + self.scenario.delivery_s * 1000, lambda: self._begins(task, agent.agent_id))

    def _begins(self, task: Task, agent_id: str) -> None:
        agent, nature = self.world.agents.rows.get(agent_id), self.record.natures[agent_id]
        work = self._works.get(task.task_id)
        if agent is None or work is None:
            return  # it left, and another was quicker
        manner = nature.manner(self._now / 1000)
        succeeds = work.luck[task.attempt] < manner.success
        crowd = self.scenario.crowding * max(0, agent.in_flight - 1) / max(1, nature.slots - 1)
        alone_ms = work.takes_ms / nature.speed * (1 if succeeds else manner.failing_takes)
        ends = self._now + alone_ms * (1 + crowd)
        self._at(ends, lambda: self._ends(task, agent_id, (alone_ms, crowd), succeeds=succeeds))

    def _ends(self, task: Task, agent_id: str, took: tuple[float, float], *, succeeds: bool) -> None:
        report = Report(
            task_id=task.task_id,
            agent_id=agent_id,
            token=held_lease(task).token,
            status=Status.COMPLETED if succeeds else Status.FAILED,
            error=None if succeeds else "it did not work",
        )
        try:
            after = self.world.use_cases.holding.report(report, tenant=TENANT, from_assigned=True)
        except DomainError:
            return  # it left, and the task went to somebody else
        alone_ms, crowd = took
        self.record.worked_ms += alone_ms * (1 + crowd)
        self.record.succeeded += succeeds
        self.record.failed += not succeeds
        if after.is_over:
            since = self._works.pop(task.task_id).submitted_at
            self.record.delays_s.append((self._now - alone_ms - since) / 1000)
            self.record.waits_s.append((self._now - alone_ms * (1 + crowd) - since) / 1000)
        self.world.use_cases.pull.fill(self.world.agents.rows[agent_id])
