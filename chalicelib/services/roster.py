"""Candidates for a capability, sampled at a cost that does not grow with the fleet."""

from collections.abc import Callable
from dataclasses import field
from threading import Lock

from chalicelib.values import dataclass

from .ports import AgentStore, Chance

SAMPLE = 100
FRESH_MS = 1_000
HEAD_FRESH_MS = 60_000
LOTTERY = 2**31


@dataclass
class _Sample:
    agent_ids: list[str]
    read_at: int
    is_all: bool
    head: list[str]  # those with the first places
    head_at: int


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
        sample = self._read(tenant, capability, known, now=now)
        with self._lock:
            if len(self._samples) > 10_000:
                self._samples.clear()
            self._samples[key] = sample
        return sample.agent_ids

    def _read(self, tenant: str, capability: str, known: _Sample | None, *, now: int) -> _Sample:
        """In one call: a small fleet whole, a large one from a random place, around the end by what is known
        of its beginning. A second call while the size is not known, or once a minute.
        """
        head, head_at = ([], 0) if known is None else (known.head, known.head_at)
        is_large = known is not None and not known.is_all
        if not is_large:
            head, head_at = self.agents.candidates(tenant, capability, start=None, limit=SAMPLE), now
            if len(head) < SAMPLE:
                return _Sample(head, now, True, head, head_at)
        start = int(self.chance.random() * LOTTERY)
        found = self.agents.candidates(tenant, capability, start=start, limit=SAMPLE)
        if len(found) < SAMPLE:
            if now - head_at >= HEAD_FRESH_MS:
                head, head_at = self.agents.candidates(tenant, capability, start=None, limit=SAMPLE), now
            found = list(dict.fromkeys([*found, *head]))[:SAMPLE]
        return _Sample(found, now, len(found) < SAMPLE, head, head_at)
