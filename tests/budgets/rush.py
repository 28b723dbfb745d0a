"""Many slots due in one second, in virtual time: the shipped use cases over fakes that note every call.

One call of a port is one of AWS; sends go by ten. A second's writes are noted by key: of the base rows, and
of each index a row stands in, where leaving one place and standing in another are two.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import consumers, wiring
from chalicelib.domain import schedule_lifecycle
from chalicelib.domain.agent import Agent, Profile
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.queues import BATCH
from chalicelib.services.ports import DueRow, Hint, Page
from chalicelib.services.usecases import UseCases
from tests import fakes
from tests.contract.values import a_schedule

CAPABILITY, TENANT = "report", "acme"
DAILY = "1 8 * * *"  # a minute after the beginning
AGENTS, SLOTS_EACH = 50, 1_000
SECOND_MS, MINUTE_MS = 1_000, 60_000
Key = tuple[str, object]


@dataclass
class Heat:
    """Writes by second and key."""

    clock: fakes.FakeClock
    writes: dict[int, Counter[Key]] = field(default_factory=lambda: defaultdict(Counter))

    def note(self, *keys: Key) -> None:
        self.writes[self.clock.now // SECOND_MS].update(keys)

    def moved(self, index: str, was: object, now: object) -> None:
        """A row left one place of an index and stands in another; None is none."""
        if was != now:
            self.note(*((index, place) for place in (_partition(was), _partition(now)) if place is not None))

    def hottest(self) -> tuple[Key, int]:
        """The key that was written most in one second, and how often."""
        return max(
            (top for second in self.writes.values() for top in second.most_common(1)), key=lambda t: t[1]
        )


def _partition(place: Any) -> object:
    return None if place is None else place[0]


def _clocked(row: Any) -> tuple[int, int] | None:
    row_id = row.schedule_id if isinstance(row, Schedule) else row.task_id
    return None if row.due_at is None else (clock_shard(row_id), row.due_at)


def _queued(task: Task) -> tuple[str, int | None] | None:
    return None if task.queue_key is None else (task.queue_key, task.queue_order)


class Tasks(fakes.FakeTasks):
    heat: Heat

    def _put(self, task: Task) -> None:
        was = self.rows.get(task.task_id)
        self.heat.note(("tasks", task.task_id))
        self.heat.moved("tasks.clock", None if was is None else _clocked(was), _clocked(task))
        self.heat.moved("tasks.queue", None if was is None else _queued(was), _queued(task))
        if was is None:
            self.heat.note(("tasks.client", task.client_id))
        super()._put(task)

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        self.heat.note(("agents", agent.agent_id))
        super().assign(task, was=was, agent=agent, now=now)


class Schedules(fakes.FakeSchedules):
    heat: Heat
    standing: dict[int, dict[str, int]]
    put_off: Counter[str]

    def save(self, schedule: Schedule, *, was: int) -> None:
        before = self.rows[schedule.schedule_id]
        self.put_off[schedule.client_id] += schedule.deferred_until is not None
        self.heat.note(("schedules", schedule.schedule_id), ("executions", schedule.schedule_id))
        self.heat.moved("schedules.clock", _clocked(before), _clocked(schedule))
        super().save(schedule, was=was)
        self.stand(schedule)

    def stand(self, schedule: Schedule) -> None:
        """As an index does it: what is due is found without looking at what is not."""
        assert schedule.due_at is not None, "each has a run tomorrow"
        self.standing[clock_shard(schedule.schedule_id)][schedule.schedule_id] = schedule.due_at

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        begin = int(cursor or 0)
        rows = sorted((at, row_id) for row_id, at in self.standing[shard].items() if at <= until)
        part = tuple(DueRow(row_id, at) for at, row_id in rows[begin : begin + limit])
        return Page(part, str(begin + limit) if begin + limit < len(rows) else None)


@dataclass
class Counted:
    """A port, and how often each of its calls was made."""

    port: Any
    name: str
    calls: Counter[str]

    def __getattr__(self, called: str) -> Any:
        method = getattr(self.port, called)

        def counted(*args: Any, **named: Any) -> Any:
            sends = -(-len(args) // BATCH) if called == "announce" else 1
            self.calls[f"{self.name}.{called}"] += sends if called != "remembered" else 0
            return method(*args, **named)

        return counted


@dataclass
class Rush:
    """A deployment whose consumers keep up: what is visible in a second is handled in it."""

    schedules_by_client: Mapping[str, int]
    quota: Quota = PLAIN
    agents: int = AGENTS
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.clock = fakes.FakeClock()
        self.heat = Heat(self.clock)
        agents = fakes.FakeAgents(random.Random(1))
        self.tasks = Tasks(agents)
        self.tasks.heat = self.heat
        self.schedules = Schedules(self.tasks)
        self.schedules.heat, self.schedules.standing = self.heat, defaultdict(dict)
        self.put_off = self.schedules.put_off = Counter()
        self.queue = fakes.FakeQueue()
        self.metrics = fakes.FakeMetrics()
        self.use_cases = self._assembled()
        for n in range(self.agents):
            self._register(f"agent-{n}")
        self._fill()
        self.queue.sent.clear()
        self.heat.writes.clear()
        self.calls.clear()

    def _assembled(self) -> UseCases:
        payloads = fakes.FakePayloads()
        ports = {
            "tasks": self.tasks,
            "agents": self.tasks.agents,
            "payloads": payloads,
            "trust": fakes.FakeTrust(self.tasks, payloads),
            "schedules": self.schedules,
            "ticks": fakes.FakeTicks(),
            "queue": self.queue,
            "agent_queues": fakes.FakeAgentQueues(),
            "dead_messages": fakes.FakeDeadMessages(),
            "limits": fakes.FakeLimits(),
            "stats": fakes.FakeStats(),
        }
        counted: dict[str, Any] = {name: Counted(port, name, self.calls) for name, port in ports.items()}
        told = wiring.Ports(
            **counted, clock=self.clock, new_id=fakes.Ids(), chance=random.Random(2), metrics=self.metrics
        )
        return wiring.assemble(told, quota=self.quota)

    def _register(self, agent_id: str) -> None:
        profile = Profile(display_name=agent_id, capabilities=(CAPABILITY,), heartbeat_ms=3_600_000)
        self.use_cases.agents.register(
            agent_id, profile, tenant=TENANT, max_concurrency=SLOTS_EACH, session_id=None, descriptions={}
        )

    def _fill(self) -> None:
        """The clients' schedules in the order of their ids by chance, all alike."""
        owners = [client for client, count in self.schedules_by_client.items() for _ in range(count)]
        random.Random(3).shuffle(owners)
        plain = a_schedule(tenant=TENANT, capability=CAPABILITY, cron=DAILY, next_slot=None)
        first = schedule_lifecycle.created(plain, now=self.clock.now)
        for n, client_id in enumerate(owners):
            schedule = replace(first, schedule_id=f"schedule-{n:06d}", client_id=client_id)
            self.schedules.add(schedule)
            self.schedules.stand(schedule)

    def run(self, *, seconds: int) -> None:
        """A tick each minute, every message in the second it becomes visible."""
        for _ in range(seconds):
            if self.clock.now % MINUTE_MS == 0:
                self.use_cases.ticking.tick()
            for hint in self._visible():
                consumers.handle(hint, self.use_cases)
            self.clock.advance(seconds=1)

    def _visible(self) -> Iterator[Hint]:
        while True:
            ready = [hint for hint in self.queue.sent if hint.at is None or hint.at <= self.clock.now]
            if not ready:
                return
            self.queue.sent = [h for h in self.queue.sent if h.at is not None and h.at > self.clock.now]
            yield from ready

    def lateness(self, client_id: str) -> list[float]:
        """Seconds, of each slot of a client that was fired, in no order."""
        runs = self.schedules.runs.values()
        return [
            run.lateness_ms / 1_000
            for run in runs
            if self.schedules.rows[run.schedule_id].client_id == client_id
        ]
