"""What is simulated: agents of several kinds, how much work comes, and how well the router is informed."""

import random
from dataclasses import dataclass, replace

MINUTE_S = 60


@dataclass(frozen=True)
class Manner:
    """How an agent works from some second on; a failure takes `failing_takes` of what success would."""

    success: float
    failing_takes: float = 1.0


GOOD, MEDIOCRE, BAD = Manner(0.98), Manner(0.80), Manner(0.02, failing_takes=0.1)


@dataclass(frozen=True)
class Nature:
    """One agent: its kind in the results, its speed, and its manners by the second they begin at."""

    name: str
    kind: str
    manners: tuple[tuple[float, Manner], ...]
    speed: float = 1.0
    slots: int = 4
    joins_s: float = 0.0

    def manner(self, second: float) -> Manner:
        """As it works at this time."""
        return [manner for since, manner in self.manners if since <= second][-1]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """All that can be set; times in seconds."""

    seconds: float = 30 * MINUTE_S
    good: int = 12
    mediocre: int = 4
    bad: int = 2
    new: int = 2  # good ones, who join halfway
    slots: int = 4
    speeds: tuple[float, float] = (0.7, 1.4)
    load: float = 0.7  # of the slots of those who are there from the start
    work_s: float = 15.0  # on average, exponentially distributed
    crowding: float = 0.3  # with all its other slots in use an agent takes so much longer
    delivery_s: float = 0.05
    sync_s: float = 5.0  # an agent with free slots asks so often
    stale_s: float = 0.0  # agents' rows are seen as they were up to so long ago; claims meet the truth
    churn_per_hour: float = 0.0  # good agents that leave, each followed by another
    clients: int = 12
    turning: tuple[tuple[float, Manner], ...] = ()  # what becomes of the first good agent, and when

    @property
    def halfway_s(self) -> float:
        """When the newcomers join."""
        return self.seconds / 2

    def fleet(self, chance: random.Random) -> list[Nature]:
        """Every agent, each with a speed of its own."""
        kinds = (("good", GOOD, self.good), ("mediocre", MEDIOCRE, self.mediocre), ("bad", BAD, self.bad))
        found = [
            Nature(f"{kind}-{n}", kind, ((0.0, manner),), chance.uniform(*self.speeds), self.slots)
            for kind, manner, count in kinds
            for n in range(count)
        ]
        if self.turning:
            first = found[0]
            found[0] = replace(first, kind="turning", manners=(*first.manners, *self.turning))
        return found + [
            Nature(
                f"new-{n}", "new", ((0.0, GOOD),), chance.uniform(*self.speeds), self.slots, self.halfway_s
            )
            for n in range(self.new)
        ]

    def per_second(self, fleet: list[Nature]) -> float:
        """Tasks, so that at this load those who are there from the start could just do them."""
        speed = sum(nature.speed * nature.slots for nature in fleet if nature.joins_s == 0)
        return self.load * speed / (self.work_s * (1 + self.crowding * self.load))


PLAIN = Scenario()
TURNING = Scenario(
    seconds=95 * MINUTE_S,
    new=0,
    good=14,
    work_s=25.0,
    turning=((15 * MINUTE_S, BAD), (35 * MINUTE_S, GOOD)),
)
