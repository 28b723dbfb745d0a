"""The use cases over these stand-ins, and time that passes over them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib import consumers, wiring
from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.services.usecases import UseCases

from .agents import FakeAgents
from .queues import FakeAgentQueues, FakeDeadMessages, FakeQueue
from .schedules import FakeSchedules
from .surroundings import FakeClock, FakeMetrics, Ids, SilentLog
from .tasks import FakePayloads, FakeTasks
from .trust import FakeTrust
from .upkeep import FakeLimits, FakeStats, FakeTicks

W = TypeVar("W", bound="World")


@dataclass
class World:
    """All use cases over fakes, a clock that tests move, and a consumer that tests run."""

    clock: FakeClock
    tasks: FakeTasks
    agents: FakeAgents
    payloads: FakePayloads
    schedules: FakeSchedules
    ticks: FakeTicks
    queue: FakeQueue
    agent_queues: FakeAgentQueues
    metrics: FakeMetrics
    dead_messages: FakeDeadMessages
    limits: FakeLimits
    stats: FakeStats
    trust: FakeTrust
    use_cases: UseCases
    log: SilentLog = field(default_factory=SilentLog)

    def drain(self, *, most: int = 1_000) -> int:
        """Handle every message that is visible now; those delayed stay. How many were handled."""
        handled = 0
        while handled < most:
            ready = [h for h in self.queue.sent if h.at is None or h.at <= self.clock.now]
            if not ready:
                return handled
            self.queue.sent.remove(ready[0])
            consumers.handle(ready[0], self.use_cases)
            handled += 1
        raise AssertionError(f"still busy after {most} messages")

    def run(self, *, seconds: float, step_ms: int = 1_000, each: Callable[[], None] | None = None) -> None:
        """Let time pass: messages become visible, a tick runs each minute, `each` runs every step."""
        end = self.clock.now + round(seconds * 1000)
        while self.clock.now < end:
            self.clock.advance(ms=min(step_ms, end - self.clock.now))
            if self.clock.now // 60_000 != (self.clock.now - step_ms) // 60_000:
                self.use_cases.ticking.tick()
            self.drain()
            if each is not None:
                each()
                self.drain()


def world(*, seed: int = 7) -> World:
    """A fresh one."""
    chance = random.Random(seed)
    clock = FakeClock()
    agents = FakeAgents(chance)
    tasks = FakeTasks(agents)
    return bundled(World, chance=chance, clock=clock, tasks=tasks, schedules=FakeSchedules(tasks))


def bundled(
    kind: type[W],
    *,
    chance: random.Random,
    clock: FakeClock,
    tasks: FakeTasks,
    schedules: FakeSchedules,
    queue: FakeQueue | None = None,
    quota: Quota = PLAIN,
) -> W:
    """A world over these stores, with everything else new."""
    agents, payloads, ticks = tasks.agents, FakePayloads(), FakeTicks()
    agent_queues, metrics = FakeAgentQueues(), FakeMetrics()
    queue = FakeQueue() if queue is None else queue
    dead_messages, limits, stats = FakeDeadMessages(), FakeLimits(), FakeStats()
    trust_ledger = FakeTrust(tasks, payloads)
    use_cases = wiring.assemble(
        wiring.Ports(
            tasks=tasks,
            agents=agents,
            trust=trust_ledger,
            payloads=payloads,
            schedules=schedules,
            ticks=ticks,
            stats=stats,
            queue=queue,
            agent_queues=agent_queues,
            dead_messages=dead_messages,
            limits=limits,
            clock=clock,
            new_id=Ids(),
            chance=chance,
            metrics=metrics,
        ),
        head_start_ms=0,  # time stands still here, so that new tasks would never be taken
        quota=quota,
    )
    return kind(
        clock,
        tasks,
        agents,
        payloads,
        schedules,
        ticks,
        queue,
        agent_queues,
        metrics,
        dead_messages,
        limits,
        stats,
        trust_ledger,
        use_cases,
    )
