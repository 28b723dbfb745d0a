"""Candidates for a capability, sampled at a cost that does not grow with the fleet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from .ports import AgentStore, Chance

SAMPLE = 100
FRESH_MS = 1_000
LOTTERY = 2**31


@dataclass
class _Sample:
    agent_ids: list[str]
    read_at: int
    is_all: bool


@dataclass
class Roster:
    """Up to 100 agent ids of a capability from a random place of its index, kept for a second (none, too:
    who comes meanwhile takes waiting work by itself).

    Reading 100 and drawing from them is fair (no agent's share much above another's), where taking the next
    few keys from a random place is not: the gaps between keys are unequal.
    """

    agents: AgentStore
    clock: Callable[[], int]
    chance: Chance
    _samples: dict[tuple[str, str], _Sample] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def candidates(self, tenant: str, capability: str) -> list[str]:
        """Agent ids; all of them may be full, or gone by now."""
        key = (tenant, capability)
        now = self.clock()
        with self._lock:
            known = self._samples.get(key)
        if known is not None and 0 <= now - known.read_at < FRESH_MS:
            return known.agent_ids
        sample = self._read(tenant, capability, whole=known is not None and known.is_all, now=now)
        with self._lock:
            if len(self._samples) > 10_000:
                self._samples.clear()
            self._samples[key] = sample
        return sample.agent_ids

    def _read(self, tenant: str, capability: str, *, whole: bool, now: int) -> _Sample:
        """A small fleet is read whole, in one call; a large one from a random place, around the end."""
        start = None if whole else int(self.chance.random() * LOTTERY)
        found = self.agents.candidates(tenant, capability, start=start, limit=SAMPLE)
        if start is not None and len(found) < SAMPLE:
            first = self.agents.candidates(tenant, capability, start=None, limit=SAMPLE)
            found = list(dict.fromkeys([*found, *first]))[:SAMPLE]
        return _Sample(found, now, is_all=len(found) < SAMPLE)
