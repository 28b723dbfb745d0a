"""Agents that take from one line at the same moment, and how they keep out of each other's way.

Alone, an agent takes what stands first. One that loses a claim knows that others are there: for some claims
from then on it prefers tasks of its own, those whose number falls to its rank in the fleet. Whatever each has
seen of the line, no two of them then want the same, unless one finds none of its own.
"""

from collections.abc import Sequence
from dataclasses import field
from threading import Lock

from chalicelib.domain import queueing
from chalicelib.domain.agent import Agent
from chalicelib.values import dataclass

from .ports import Standing
from .roster import Roster

CROWDED = 30  # claims for which an agent that met others keeps out of their way


@dataclass(eq=False, repr=False)
class Crowding:
    """By agent and line, for how many claims more others may be there, as far as this process knows."""

    roster: Roster
    most_remembered: int = 10_000
    _crowded: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def is_crowded(self, agent: Agent, capability: str) -> bool:
        """It met others lately."""
        return (agent.agent_id, capability) in self._crowded

    def own(self, agent: Agent, capability: str, ahead: Sequence[Standing]) -> list[str]:
        """The ids of those ahead that no other agent prefers."""
        fleet = sorted({*self.roster.candidates(agent.tenant, capability), agent.agent_id})
        return queueing.shared_out(ahead, rank=fleet.index(agent.agent_id), among=len(fleet))

    def met(self, agent: Agent, capability: str) -> None:
        """It lost a claim to another."""
        with self._lock:
            if len(self._crowded) >= self.most_remembered:
                self._crowded.clear()
            self._crowded[agent.agent_id, capability] = CROWDED

    def alone(self, agent: Agent, capability: str) -> None:
        """It lost none."""
        key = agent.agent_id, capability
        with self._lock:
            left = self._crowded.pop(key, 0) - 1
            if left > 0:
                self._crowded[key] = left
