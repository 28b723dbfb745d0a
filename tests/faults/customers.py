"""Clients in a storm: they submit all kinds of tasks, some of them twice, cancel some, and keep schedules."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .client import Client
from .crowd import Crowd
from .deployment import MINUTE_MS
from .task_flows import LARGE

AGAIN = 0.05  # submitted once more, later, under the same key
CANCELLED = 0.05
KEYS_APART = 1_000_000  # between two clients
PAST = 5  # minutes: before any schedule was made
SPREAD_S = 20  # schedules are made within this time
Options = dict[str, Any]


@dataclass
class Customer:
    """One who submits `tasks` tasks, about `gap_s` apart."""

    d: Crowd
    client: Client
    chance: random.Random
    tasks: int
    gap_s: float

    def live(self) -> None:
        for _ in range(self.tasks):
            self.d.baton.pause(self.chance.expovariate(1 / self.gap_s))
            self._one()

    def _one(self) -> None:
        options = _options(self.chance, self.d.now)
        task_id = self.client.submit(**options)
        if self.chance.random() < AGAIN:
            self.d.baton.pause(self.chance.uniform(0, 10))
            self.client.keys -= 1
            task_id = self.client.submit(**options) or task_id
        if task_id is not None and self.chance.random() < CANCELLED:
            self.d.baton.pause(self.chance.uniform(0, 20))
            self.client.cancel(task_id)


def _options(chance: random.Random, now: int) -> Options:
    """What one task asks for."""
    asked: Options = {
        "capability": chance.choice(("report", "draw")),
        "timeout_seconds": chance.choice((15, 25, 40)),
        "retry_policy": {"backoff_seconds": chance.choice((0.5, 2, 10))},
    }
    unusual: list[Options] = [
        {"input_data": {"text": LARGE}},
        {"priority": chance.randint(1, 10)},
        {"timeout_seconds": 2, "max_retries": 1},
        {"max_retries": 0},
        {"queue_timeout_seconds": chance.choice((3, 20))},
        {"not_before": _moment(now + chance.randint(2_000, 90_000))},
    ]
    return asked | (chance.choice(unusual) if chance.random() < 0.5 else {})


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Keeper:
    """One who keeps `schedules` schedules, each minute's, runs some by hand, pauses and backfills some."""

    d: Crowd
    client: Client
    chance: random.Random
    schedules: int

    def live(self) -> None:
        kept: list[str] = []
        for _ in range(self.schedules):
            self.d.baton.pause(self.chance.uniform(0, SPREAD_S / self.schedules))
            made = self.client.schedule(
                catchup_policy="all",
                timeout_seconds=20,
                input_data={"text": LARGE},
                **_policies(self.chance),
            )
            if made is not None:
                kept.append(made)
        for schedule_id in self.chance.sample(kept, len(kept) // 3):
            self.d.baton.pause(self.chance.uniform(10, 40))
            match self.chance.choice(("run", "pause", "backfill")):
                case "run":
                    self.client.run_now(schedule_id)
                case "pause":
                    self.client.pause(schedule_id)
                case _:
                    self.client.backfill(schedule_id, slot=(self.d.now // MINUTE_MS - PAST) * MINUTE_MS)


def _policies(chance: random.Random) -> Options:
    """Whatever they are, it has a slot in each minute, and misses none."""
    timing: Options = chance.choice(
        ({"cron_expression": "* * * * *"}, {"cron_expression": "0 * * * * *", "cron_format": "seconds"})
    )
    unusual: list[Options] = [
        {"overlap_policy": chance.choice(("skip", "buffer_one", "buffer_all", "cancel_previous"))},
        {"window_seconds": chance.choice((5, 30))},
        {"catchup_window_seconds": 86_400},
        {"excluded_dates": ["2030-12-24", "2031-01-01"]},
    ]
    chosen = chance.sample(unusual, chance.choice((0, 1, 1, 2)))
    return timing | {name: value for options in chosen for name, value in options.items()}
