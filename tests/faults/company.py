"""Everyone who takes part in a storm, and its course: bad weather, then calm, then the end."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.domain.task import Task

from .client import Client
from .customers import KEYS_APART, Customer, Keeper
from .deployment import MINUTE_MS, START_S
from .ledger import Ledger
from .promises import slots_kept
from .upkeep import Upkeep
from .weather import RATE, Storm
from .workers import Fate, Manner, Worker

BUSY = 0.6  # share of its time that a customer waits between two tasks
CALM_MINUTES = 3  # before schedules are ended
LOOK_S = 5
PATIENCE_MS = 3_600_000
NOBODYS_KEYS = 10**12


@dataclass(frozen=True)
class Size:
    """How much of everything. `minutes`: how long it storms, at least."""

    tasks: int = 2_000
    schedules: int = 22
    agents: int = 20
    killed: int = 3
    back: int = 2  # killed as well, but they come back
    zombies: int = 3
    customers: int = 10
    minutes: int = 10
    rate: float = RATE


@dataclass
class Company:
    """`found` is what was broken on the way."""

    d: Storm
    size: Size
    ledger: Ledger = field(default_factory=Ledger)
    found: list[str] = field(default_factory=list)
    submitting: int = 0
    is_resting: bool = False  # every task is over, and the rule no longer fires
    is_over: bool = False

    def __post_init__(self) -> None:
        self.client = self._client(NOBODYS_KEYS)
        self.upkeep = Upkeep(self.d, self._chance("upkeep"), self, self.found)

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self.d.seed}/{name}")

    def _client(self, keys: int) -> Client:
        return Client(self.d, self.ledger, keys=keys)

    def start(self) -> None:
        """Nobody moves yet: all begin together."""
        self.d.choke.bad(self.d.seed, self.size.rate)
        self.upkeep.start()
        for number in range(self.size.customers):
            self._submits(f"customer-{number}", self._customer(number).live)
        keys = self.size.customers * KEYS_APART
        keeper = Keeper(self.d, self._client(keys), self._chance("keeper"), self.size.schedules)
        self._submits("keeper", keeper.live)
        for worker in self._workers():
            self.d.baton.start(worker.agent_id, worker.live)
        self.d.baton.start("course", self.run)

    def _submits(self, name: str, live: Callable[[], None]) -> None:
        def whole() -> None:
            live()
            self.submitting -= 1

        self.submitting += 1
        self.d.baton.start(name, whole)

    def _customer(self, number: int) -> Customer:
        tasks = self.size.tasks // self.size.customers
        gap_s = BUSY * self.size.minutes * 60 / tasks
        chance = self._chance(f"customer-{number}")
        return Customer(self.d, self._client(number * KEYS_APART), chance, tasks, gap_s)

    def _workers(self) -> list[Worker]:
        size, chance = self.size, self._chance("fates")
        fates = [Fate.BACK] * size.back + [Fate.ZOMBIE] * size.zombies + [Fate.KILLED] * size.killed
        fates += [Fate.GOOD] * (size.agents - len(fates))
        return [self._worker(number, fate, chance) for number, fate in enumerate(fates)]

    def _worker(self, number: int, fate: Fate, chance: random.Random) -> Worker:
        """Every manner with every fate; but old clients' calls cannot tell two processes of one agent apart,
        so whoever comes back speaks sync."""
        others = (Manner.POLL, Manner.SQS, Manner.SYNC)
        manner = Manner.SYNC if fate is Fate.BACK or number % 2 else others[number // 2 % 3]
        strikes_at_s = chance.uniform(60, max(90, self.size.minutes * 60 - 60))
        name = f"agent-{number:02d}"
        return Worker(self.d, self.ledger, self._chance(name), name, self, manner, fate, strikes_at_s)

    def run(self) -> None:
        """When all is submitted and its time is over, the storm ends; then all comes to its end."""
        ends = (START_S + self.size.minutes * 60) * 1_000
        self._until(lambda: not self.submitting and self.d.now >= ends, ends + PATIENCE_MS)
        self.d.choke.calm()
        middle = (self.d.now // MINUTE_MS + CALM_MINUTES) * MINUTE_MS + MINUTE_MS // 2
        self.d.baton.pause((middle - self.d.now) / 1000)
        self.found += slots_kept(self)
        for schedule_id in sorted(self.ledger.schedules):
            self.client.ask("DELETE", f"/aitp/tasks/schedule/{schedule_id}")
        deadline = self.d.now + PATIENCE_MS
        self._until(lambda: not any(map(_is_open, self.d.records.tasks.values())), deadline)
        self.is_resting = True
        self._until(lambda: self.d.next_message_at() is None, deadline)
        self.is_over = True

    def _until(self, is_so: Callable[[], bool], deadline: int) -> None:
        while not is_so() and self.d.now < deadline:
            self.d.baton.pause(LOOK_S)


def _is_open(task: Task) -> bool:
    return not task.is_over or task.lease is not None or task.unsettled
