"""Flows with two faults: which calls, and what befalls them, a seed says."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.local.calls import Answer, Call

from .cast import Cast, Flow
from .choke import Choke, Happening, Send
from .deployment import deployed
from .enumeration import FLOWS, Scenario
from .happenings import KINDS
from .stage import Stage

APART = 12  # calls between the two, at most
Calls = Mapping[str, Sequence[str]]  # of each flow when nothing befalls it, in order


@dataclass(frozen=True)
class Pair(Scenario):
    """One flow with two faults: the second befalls the next call it may befall, `apart` calls later."""

    seed: int = 0
    second: str = ""
    apart: int = 0

    @property
    def happening(self) -> Happening:
        assert self.kind is not None
        first = KINDS[self.kind].happening

        def both(choke: Choke, call: Call, send: Send) -> Answer:
            try:
                return first(choke, call, send)
            finally:
                choke.happening, choke.at = self._second, len(choke.seen) + self.apart

        return both

    def _second(self, choke: Choke, call: Call, send: Send) -> Answer:
        kind = KINDS[self.second]
        if kind.befalls(call.action):
            choke.happening = None
            return kind.happening(choke, call, send)
        choke.at = len(choke.seen)
        return send()

    def __str__(self) -> str:
        reproduction = f"python -m tests.faults.chaos --pair {self.seed}"
        return f"{reproduction} ({self.flow}: {self.kind} at {self.at}, {self.second} {self.apart} later)"


def plain_calls(stage: Stage) -> Calls:
    """What there is to befall."""
    return {name: _calls_of(flow, stage) for name, flow in FLOWS.items()}


def _calls_of(flow: Flow, stage: Stage) -> list[str]:
    with deployed(stage) as d:
        c = Cast(d)
        flow.setup(c)
        d.choke.watch()
        flow.act(c)
        return list(d.choke.seen)


def drawn(seed: int, calls: Calls) -> Pair:
    """The pair of this seed: each flow as often, whatever its length."""
    chance = random.Random(seed)
    flow = chance.choice([*FLOWS])
    at = chance.randrange(len(calls[flow]))
    kinds = [name for name, kind in KINDS.items() if kind.befalls(calls[flow][at])]
    second, apart = chance.choice([*KINDS]), chance.randrange(APART)
    return Pair(flow, chance.choice(kinds), at, seed, second, apart)
