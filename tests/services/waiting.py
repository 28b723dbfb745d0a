"""A waiting line in virtual time: clients submit through several processes, slots take from its head."""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from chalicelib.domain import lifecycle
from chalicelib.domain.task import Task
from chalicelib.services.lining import Lining
from chalicelib.services.ports import Page, Standing
from tests.contract.values import a_task
from tests.fakes import FakeClock, FakeLimits

PROCESSES = 3


class Arrival(NamedTuple):
    """Who submits when; seconds."""

    at: float
    client: str
    priority: int = 5


class Served(NamedTuple):
    """A task that left the line, and how many had left it before it came and before it left."""

    task: Task
    came: int
    went: int

    @property
    def overtook(self) -> int:
        """How many went first after it had come."""
        return self.went - self.came


@dataclass
class Line:
    """What Lining needs of a task store, quick also with 10,000 tasks."""

    rows: dict[str, Task] = field(default_factory=dict)
    places: list[tuple[int, str]] = field(default_factory=list)
    looks: int = 0

    def put(self, task: Task) -> None:
        self.rows[task.task_id] = task
        insort(self.places, (task.queue_order or 0, task.task_id))

    def take(self) -> Task:
        _, task_id = self.places.pop(0)
        return self.rows.pop(task_id)

    def standing(
        self, queue_key: str, *, limit: int, after: str | None = None, last_first: bool = False
    ) -> Page[Standing]:
        self.looks += 1
        found = self.places[: -limit - 1 : -1] if last_first else self.places[:limit]
        more = "more" if len(self.places) > limit else None
        return Page(tuple(Standing(task_id, order) for order, task_id in found), more)

    def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        return [self.rows[task_id] for task_id in task_ids]


@dataclass
class Lived:
    """A line, its processes, and what was served."""

    clock: FakeClock = field(default_factory=FakeClock)
    line: Line = field(default_factory=Line)
    limits: FakeLimits = field(default_factory=FakeLimits)
    served: list[Served] = field(default_factory=list)
    came: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        store: Any = self.line
        self.processes = [Lining(store, self.limits, self.clock) for _ in range(PROCESSES)]

    def submit(self, client: str, priority: int = 5) -> Task:
        number = len(self.came)
        new = replace(
            a_task(f"task-{number:05d}"), client_id=client, priority=priority, created_at=self.clock()
        )
        task = self.processes[number % PROCESSES].placed(lifecycle.submitted(new, now=self.clock()))
        self.came[task.task_id] = len(self.served)
        self.line.put(task)
        return task

    def serve(self) -> Task:
        task = self.line.take()
        self.served.append(Served(task, self.came[task.task_id], len(self.served)))
        return task

    def run(self, arrivals: Iterable[Arrival], *, every_s: float) -> list[Served]:
        """A slot is free every so many seconds, until nobody comes or waits any more."""
        began, slot = self.clock.now, self.clock.now
        for arrival in [*arrivals, None]:
            at = None if arrival is None else began + round(arrival.at * 1000)
            while self.line.places and (at is None or slot < at):
                self.clock.now = slot
                self.serve()
                slot += round(every_s * 1000)
            if arrival is not None and at is not None:
                slot = max(slot, at) if not self.line.places else slot
                self.clock.now = max(self.clock.now, at)
                self.submit(arrival.client, arrival.priority)
        return self.served
