"""What a run, or several of different seeds, came to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import mean

from tests.sim.running import Assignment, Record, Run
from tests.sim.scenario import MINUTE_S, Scenario

FIRST_S = 10 * MINUTE_S
THIRTY = 30


@dataclass(frozen=True)
class Result:
    """Shares are of assignments, times in seconds.

    A wait lasts until the attempt that ended the task began: in line, and with failed attempts and their
    backoff. A delay is that and what a crowded agent took longer.
    """

    success: float
    wait: float
    delay: float
    wait_p50: float
    wait_p95: float
    wait_p99: float
    to_bad: float
    to_new: float  # in the ten minutes after they joined
    pulled: float
    utilisation: float
    tasks: float

    @property
    def per_wait(self) -> float:
        """Success over one second and the mean wait."""
        return self.success / (1 + self.wait)

    @property
    def per_delay(self) -> float:
        """Success over one second and the mean delay."""
        return self.success / (1 + self.delay)


def result(record: Record, scenario: Scenario) -> Result:
    """Of one run."""
    kinds = {name: nature.kind for name, nature in record.natures.items()}
    joined_ms = scenario.halfway_s * 1000
    fresh = [a for a in record.given if joined_ms <= a.at < joined_ms + FIRST_S * 1000]
    waits = sorted(record.waits_s)
    available = sum((scenario.seconds - n.joins_s) * n.slots for n in record.natures.values())
    return Result(
        success=record.succeeded / (record.succeeded + record.failed),
        wait=mean(waits),
        delay=mean(record.delays_s),
        wait_p50=percentile(waits, 50),
        wait_p95=percentile(waits, 95),
        wait_p99=percentile(waits, 99),
        to_bad=_share(record.given, kinds, "bad"),
        to_new=_share(fresh, kinds, "new"),
        pulled=mean(a.was_pulled for a in record.given),
        utilisation=record.worked_ms / 1000 / available,
        tasks=len(waits),
    )


def averaged(results: Sequence[Result]) -> Result:
    """Each figure's mean over the seeds."""
    return Result(**{f.name: mean(getattr(one, f.name) for one in results) for f in fields(Result)})


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The value below which so many per cent lie."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _share(given: Sequence[Assignment], kinds: dict[str, str], kind: str) -> float:
    return sum(kinds[a.agent_id] == kind for a in given) / max(1, len(given))


def simulated(scenario: Scenario, strategy: str, seed: int) -> Result:
    """A run and its result."""
    return result(Run(scenario, strategy, seed).played(), scenario)


def relative_shares(
    record: Record, scenario: Scenario, kind: str, *, each_s: float = MINUTE_S
) -> list[tuple[float, float]]:
    """By the time: what an agent of this kind is given, as a multiple of an equal share."""
    found = []
    for n in range(int(scenario.seconds / each_s)):
        since, until = n * each_s, (n + 1) * each_s
        there = [nature for nature in record.natures.values() if nature.joins_s <= since]
        mine = [nature.name for nature in there if nature.kind == kind]
        given = _within(record.given, since, until)
        if mine and given:
            equal = len(given) * len(mine) / len(there)
            found.append((until, sum(a.agent_id in mine for a in given) / equal))
    return found


def _within(given: Iterable[Assignment], since_s: float, until_s: float) -> list[Assignment]:
    return [a for a in given if since_s * 1000 <= a.at < until_s * 1000]


@dataclass(frozen=True)
class Turn:
    """How an agent that turned bad, and later well, was treated."""

    tasks_while_bad: int
    given_while_bad: float  # its share of all assignments while it was bad
    after_thirty: float  # the same of those that followed its thirtieth
    back: float  # its part in the last ten minutes of the hour after it healed, 1 is an equal share


def turned(record: Record, scenario: Scenario) -> Turn:
    """Of one run of a scenario in which an agent turns bad and heals."""
    (bad_s, _), (well_s, _) = scenario.turning
    (name,) = (nature.name for nature in record.natures.values() if nature.kind == "turning")
    while_bad = [a.agent_id == name for a in _within(record.given, bad_s, well_s)]
    last = _within(record.given, well_s + 50 * MINUTE_S, well_s + 60 * MINUTE_S)
    return Turn(
        tasks_while_bad=sum(while_bad),
        given_while_bad=mean(while_bad),
        after_thirty=_beyond(while_bad, THIRTY),
        back=sum(a.agent_id == name for a in last) / len(last) * len(record.natures),
    )


def _beyond(is_its: Sequence[bool], count: int) -> float:
    """Its share of what follows its first `count`; 0 when it never came to more."""
    its = [n for n, is_one in enumerate(is_its) if is_one]
    return mean(is_its[its[count - 1] + 1 :]) if len(its) > count else 0.0
