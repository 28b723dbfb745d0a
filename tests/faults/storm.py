"""One seeded storm: agents that die and lie, 5 % of all calls gone wrong; then calm, and no violation."""

import time
from collections import Counter
from dataclasses import dataclass

from .company import Company, Size
from .crowd import CrowdedStage, crowded
from .deployment import START_S
from .judging import judged
from .weather import Storm

LATENCY_S = 0.04  # mean of an AWS call's: two or three requests are under way at any time


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


def storm(stage: CrowdedStage, seed: int, size: Size) -> Outcome:
    """Play one storm."""
    began = time.perf_counter()
    with crowded(stage, seed=seed, made=Storm, latency_s=LATENCY_S) as d:
        company = Company(d, size)
        company.start()
        d.baton.play()
        minutes, calls = (d.now / 1000 - START_S) / 60, d.choke.calls
        violations = company.found + judged(company, slots=size.schedules * size.minutes)
        tasks = d.records.tasks.values()
        return Outcome(
            seed=seed,
            tasks=len(tasks),
            slots=len(d.records.executions()),
            calls=calls,
            befallen=d.choke.befallen,
            retries=sum(task.attempt for task in tasks),
            rescues=sum(task.rescues for task in tasks),
            minutes=minutes,
            seconds=time.perf_counter() - began,
            violations=violations,
        )
