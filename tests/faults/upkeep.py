"""What keeps the service going in a storm: consumers, the minute's rule, the weather, checks now and then."""

import random
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.domain.invariants import OF_STATE, Snapshot

from .deployment import MINUTE_MS
from .weather import Storm

CONSUMERS = 4
IDLE_S = (0.05, 2)  # between two polls of an empty queue, at least and at most
SHUFFLED = 0.2
MISSED, TWICE, LATE = 0.1, 0.1, 0.1  # ticks
LATE_S = (5, 55)
LOOK_S = 100  # between two checks of the state


class Course(Protocol):
    """How far a storm is."""

    @property
    def is_resting(self) -> bool: ...

    @property
    def is_over(self) -> bool: ...


@dataclass
class Upkeep:
    """Each method is what one thread does, until all is over."""

    d: Storm
    chance: random.Random
    course: Course
    found: list[str] = field(default_factory=list)  # that was broken

    def start(self) -> None:
        start = self.d.baton.start
        for number in range(CONSUMERS):
            start(f"consumer-{number}", self.consume)
        start("rule", self.tick)
        start("weather", self.change_weather)
        start("checks", self.check)

    def consume(self) -> None:
        """As Lambda's poller: batch after batch."""
        least, most = IDLE_S
        while not self.course.is_over:
            if self._is_bad(SHUFFLED):
                self.d.shuffle_messages()
            if self.d.pump():
                continue
            at = self.d.next_message_at()
            wait = most if at is None else (at - self.d.now) / 1000
            self.d.baton.pause(min(most, max(least, wait)))

    def tick(self) -> None:
        """Each minute; in bad weather never, twice at once, or late."""
        minutes = 0
        while not self.course.is_resting:
            self.d.baton.pause((MINUTE_MS - self.d.now % MINUTE_MS) / 1000)
            if self._is_bad(MISSED):
                continue
            minutes += 1
            if self._is_bad(LATE):
                self.d.baton.start(f"late-tick-{minutes}", self._late)
                continue
            if self._is_bad(TWICE):
                self.d.baton.start(f"second-tick-{minutes}", self.d.tick)
            self.d.tick()

    def _late(self) -> None:
        self.d.baton.pause(self.chance.uniform(*LATE_S))
        self.d.tick()

    def _is_bad(self, share: float) -> bool:
        return self.d.choke.rate > 0 and self.chance.random() < share

    def change_weather(self) -> None:
        while not self.course.is_over:
            self.d.baton.pause(self.d.change_of_weather())

    def check(self) -> None:
        """What needs no history, in the midst of it."""
        while not self.course.is_over:
            self.d.baton.pause(LOOK_S)
            records = self.d.records
            now = Snapshot(
                now=self.d.now,
                tasks=dict(records.tasks),
                agents=records.agents(),
                schedules=records.schedules(),
                executions=records.executions(),
            )
            self.found += [f"{violation} (at {now.now})" for check in OF_STATE for violation in check(now)]
