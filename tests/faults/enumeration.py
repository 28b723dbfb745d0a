"""Every call of every flow, and everything that may befall it."""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from . import agent_flows, loss_flows, schedule_flows, task_flows
from .cast import Cast, Flow, fingerprint
from .choke import Happening
from .deployment import at_once, deployed
from .happenings import KINDS
from .moments import Tape
from .promises import broken
from .resting import come_to_rest
from .rights import overlooked, taken
from .stage import Stage

FLOWS = {f.name: f for f in (*agent_flows.FLOWS, *loss_flows.FLOWS, *task_flows.FLOWS, *schedule_flows.FLOWS)}


@dataclass(frozen=True)
class Scenario:
    """One flow, with one thing that befalls one call of it."""

    flow: str
    kind: str | None = None
    at: int = -1

    @property
    def happening(self) -> Happening | None:
        return None if self.kind is None else KINDS[self.kind].happening

    def __str__(self) -> str:
        befallen = "" if self.kind is None else f" --kind {self.kind} --at {self.at}"
        return f"python -m tests.faults --flow {self.flow}{befallen}"


@dataclass(frozen=True)
class Outcome:
    """The actions of the flow's calls, in order, and what was broken."""

    calls: list[str]
    violations: list[str]


Rested = dict[str, list[str]]  # what was found wrong at rest, by the state that it came from


def play(
    scenario: Scenario, stage: Stage, rested: Rested | None = None, *, tape: Tape | None = None
) -> Outcome:
    """Set up, let it happen, check; then all goes well, and check again.

    Scenarios of a flow that end alike (what befell was made good at once) come to rest alike: `rested` keeps
    what was found, so that each end is followed once. What comes before the fault is taken from `tape`.
    """
    flow: Flow = FLOWS[scenario.flow]
    with deployed(stage) as d:
        c = Cast(d)
        if tape is not None:
            tape.put_in(d, before=scenario.at)
        flow.setup(c)
        d.remember_the_past()
        d.choke.watch(scenario.happening, at=scenario.at)
        flow.act(c)
        d.door = at_once
        return _judged(c, scenario, {} if rested is None else rested)


def _judged(c: Cast, scenario: Scenario, rested: Rested) -> Outcome:
    calls = list(c.d.choke.seen)
    found = broken(c) + taken(c) + overlooked(c)
    if scenario.kind is not None and not c.d.choke.has_befallen:
        found.append(f"there is no call {scenario.at}")
    end = fingerprint(c)
    if end not in rested:
        rested[end] = come_to_rest(c) + taken(c)
    return Outcome(calls, found + rested[end])


def played(
    flow: str, stage: Stage, rested: Rested, kinds: Container[str] = KINDS
) -> Iterator[tuple[Scenario, list[str]]]:
    """The flow when nothing befalls it, then each of its calls with each of these kinds: what was broken."""
    plain, tape = Scenario(flow), Tape()
    outcome = play(plain, stage, rested, tape=tape)
    yield plain, outcome.violations
    for at, action in enumerate(outcome.calls):
        for name, kind in KINDS.items():
            if name in kinds and kind.befalls(action):
                scenario = Scenario(flow, name, at)
                yield scenario, play(scenario, stage, rested, tape=tape).violations
