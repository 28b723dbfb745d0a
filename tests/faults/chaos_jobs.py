"""What a process of `make chaos` does, on an emulated AWS of its own: a storm, pairs of faults, a meeting."""

import logging
import time
from dataclasses import dataclass

from infra.local.engine import LocalCloud

from .company import Size
from .crowd import CrowdedStage
from .enumeration import Rested, play
from .meetings import MEETINGS, meet
from .pairs import Calls, Pair, drawn, plain_calls
from .stage import STAGE, Stage
from .storm import Outcome, storm

SHOWN, WIDTH = 5, 400  # violations of one run, and characters of each


@dataclass(frozen=True)
class Result:
    """One line of progress, and each violation with the line that shows it again."""

    line: str
    violations: list[str]
    outcome: Outcome | None = None


@dataclass(frozen=True)
class StormJob:
    """One storm."""

    seed: int
    tasks: int

    @property
    def again(self) -> str:
        return f"python -m tests.faults.chaos --seed {self.seed} --tasks {self.tasks}"

    def run(self, cloud: LocalCloud) -> Result:
        outcome = storm(CrowdedStage(cloud), self.seed, Size(tasks=self.tasks))
        line = (
            f"storm {self.seed}: {outcome.tasks} tasks, {outcome.slots} slots, {outcome.calls} calls,"
            f" {sum(outcome.befallen.values())} faults in {outcome.seconds:.0f} s:"
            f" {len(outcome.violations)} violations"
        )
        return Result(line, _shown(self.again, outcome.violations), outcome)


@dataclass(frozen=True)
class PairsJob:
    """The pairs of so many seeds."""

    seeds: tuple[int, ...]

    @property
    def again(self) -> str:
        return f"python -m tests.faults.chaos --pair {self.seeds[0]}"

    def run(self, cloud: LocalCloud) -> Result:
        began, stage, found = time.perf_counter(), Stage(cloud), []
        for seed in self.seeds:
            pair = drawn(seed, _calls_of(stage))
            found += _shown(str(pair), _violations_of(pair, stage))
        seconds = time.perf_counter() - began
        what = f"pairs {self.seeds[0]} to {self.seeds[-1]}"
        return Result(f"{what}: {len(found)} of {len(self.seeds)} broken in {seconds:.0f} s", found)


def _violations_of(pair: Pair, stage: Stage) -> list[str]:
    try:
        return play(pair, stage).violations
    except Exception as error:  # whatever it is, its seed must be known
        return [f"broke down: {error!r}"]


def _shown(again: str, violations: list[str]) -> list[str]:
    """The line that shows them again, and the first of them."""
    if not violations:
        return []
    return ["\n".join([again, *(f"    {violation[:WIDTH]}" for violation in violations[:SHOWN])])]


@dataclass(frozen=True)
class MeetingsJob:
    """One meeting, in the orders of so many seeds."""

    meeting: str
    seeds: tuple[int, ...]

    @property
    def again(self) -> str:
        return self._again(self.seeds[0])

    def _again(self, seed: int) -> str:
        return f'python -m tests.faults.chaos --meeting "{self.meeting}" --seed {seed}'

    def run(self, cloud: LocalCloud) -> Result:
        began, stage, found = time.perf_counter(), CrowdedStage(cloud), []
        rested: Rested = {}
        for seed in self.seeds:
            violations = meet(MEETINGS[self.meeting], stage, seed=seed, rested=rested)
            found += _shown(self._again(seed), violations)
        seconds = time.perf_counter() - began
        return Result(f"{self.meeting}: {len(found)} of {len(self.seeds)} broken in {seconds:.0f} s", found)


Job = StormJob | PairsJob | MeetingsJob
_here: dict[str, LocalCloud] = {}  # of this process
_calls: dict[str, Calls] = {}


def _calls_of(stage: Stage) -> Calls:
    if not _calls:
        _calls["all"] = plain_calls(stage)
    return _calls["all"]


def prepare() -> None:
    """Once in each process."""
    logging.disable(logging.CRITICAL)  # what is injected is logged as what it looks like
    _here["cloud"] = LocalCloud(stage=STAGE, long_polls=False).start()


def run(job: Job) -> Result:
    """A job that breaks down is a violation, too."""
    try:
        return job.run(_here["cloud"])
    except Exception as error:  # whatever it is, its seed must be known
        return Result(f"{job} broke down", _shown(job.again, [f"broke down: {error!r}"]))
