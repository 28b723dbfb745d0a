"""One seeded storm: many clients, agents that die and lie, 5 % of all calls gone wrong; then calm, and no violation."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from chalicelib.domain.invariants import OF_STATE, at_rest
from chalicelib.domain.invariants import violations as of_history
from infra.local.pinned import sqs

from .actors import Client, Ledger
from .crowd import CrowdedStage, crowded
from .customers import KEYS_APART, Customer, Keeper
from .deployment import MINUTE_MS
from .promises import slots_kept, unkept
from .weather import RATE, Storm
from .workers import Fate, Manner, Worker

LATENCY_S = 0.04  # mean of an AWS call's: two or three requests are under way at any time
CONSUMERS = 4
LOOK_S = 90  # between two checks of the state
MISSED, TWICE, LATE = 0.1, 0.1, 0.1  # ticks
CALM_MINUTES = 3  # before schedules are ended
PATIENCE_S = 3_600
FAR_AWAY = 10**15


@dataclass(frozen=True)
class Size:
    """How much of everything. `minutes`: how long it storms, at least."""

    tasks: int = 2_000
    schedules: int = 22
    agents: int = 20
    killed: int = 5  # of which `back` come back
    back: int = 2
    zombies: int = 3
    customers: int = 10
    minutes: int = 10


@dataclass(frozen=True)
class Outcome:
    """What a storm was, and what it broke."""

    seed: int
    tasks: int
    slots: int
    calls: int
    befallen: Counter[str]
    retries: int
    rescues: int
    minutes: float
    seconds: float
    violations: list[str]


@dataclass
class Play:
    """Everyone who takes part in one storm."""

    d: Storm
    size: Size
    ledger: Ledger = field(default_factory=Ledger)
    found: list[str] = field(default_factory=list)
    busy: int = 0  # customers who have not submitted all
    is_over: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(self.d.seed)
        self.client = Client(self.d, self.ledger, keys=FAR_AWAY)
