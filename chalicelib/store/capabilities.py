"""Agents' capabilities in DynamoDB: a row each, with a place in the lottery while the agent may take work."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from chalicelib.domain.agent import Agent
from chalicelib.services.ports import Chance, Page

from . import paging
from .agent_changes import same
from .reads import rows_of
from .tables import CapabilityRecord
from .writes import Refused, Writes

LOTTERY = 2**31
OVER_ALL = ""  # no capability has this name


class Capabilities:
    """The rows beside an agent's own."""

    def __init__(self, writes: Writes, chance: Chance) -> None:
        self._writes = writes
        self._chance = chance

    def _place(self) -> int:
        return int(self._chance.random() * LOTTERY)

    def describe(self, agent: Agent, descriptions: Mapping[str, Any]) -> None:
        """One row each, listed."""
        for name in agent.profile.capabilities:
            key = _key(agent.tenant, name)
            description = descriptions.get(name)
            CapabilityRecord(key, agent.agent_id, description=description, lottery=self._place()).save()

    def forget(self, agent: Agent, names: Iterable[str]) -> None:
        """It lacks these from now on."""
        for name in names:
            CapabilityRecord(_key(agent.tenant, name), agent.agent_id).delete()

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        """Each draws a place, or gives it up."""
        place = CapabilityRecord.lottery
        for name in agent.profile.capabilities:
            row = CapabilityRecord(_key(agent.tenant, name), agent.agent_id)
            drawn = place.set(self._place()) if listed else place.remove()
            there = CapabilityRecord.capability.exists()
            with suppress(Refused):  # the capability's row is gone: nothing to list
                self._writes.once(partial(row.update, actions=[drawn], condition=there), cid="")

    def rank(self, agent: Agent, ranks: tuple[int, ...]) -> None:
        """Those that differ from the ranks it has; the row over all draws a place: `remove` knows it so."""
        known = agent.ranks if len(agent.ranks) == len(ranks) else (None,) * len(ranks)
        for name, rank, was in zip((OVER_ALL, *agent.profile.capabilities), ranks, known, strict=True):
            if rank == was:
                continue
            row = CapabilityRecord(_key(agent.tenant, name), agent.agent_id)
            placed = CapabilityRecord.rank.set(rank)
            if name == OVER_ALL:
                row.update(actions=[placed, CapabilityRecord.lottery.set(self._place())])
                continue
            there = CapabilityRecord.capability.exists()
            with suppress(Refused):  # the capability's row is gone: nothing to rank
                self._writes.once(partial(row.update, actions=[placed], condition=there), cid="")

    def leaders(
        self, tenant: str, capability: str, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        """Agent ids with their ranks, highest first."""
        key = _key(tenant, capability)
        rows, after = paging.queried(
            CapabilityRecord.trust, key, limit=limit, cursor=cursor, newest_first=True
        )
        return Page(tuple((row.agent_id, int(row.rank or 0)) for row in rows), after)

    def of(self, agent: Agent) -> list[CapabilityRecord]:
        """The rows as they stand, that of its rank over all too."""
        names = (OVER_ALL, *agent.profile.capabilities)
        keys = [(_key(agent.tenant, name), agent.agent_id) for name in names]
        return rows_of(self._writes.connection, CapabilityRecord, keys)

    def described(self, agent: Agent) -> list[tuple[str, Any]]:
        """Name and description of each."""
        rows = [(row.capability.split("#", 1)[1], row.description) for row in self.of(agent)]
        return [(name, description) for name, description in rows if name != OVER_ALL]

    def remove(self, rows: Iterable[CapabilityRecord]) -> None:
        """Those that still have the place they were seen with: a new registration draws others."""
        for row in rows:
            unchanged = same(CapabilityRecord.lottery, row.lottery)
            with suppress(Refused):
                self._writes.once(partial(row.delete, condition=unchanged), cid="")

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        """Agent ids from a place in the lottery on."""
        from_there = None if start is None else CapabilityRecord.lottery >= start
        listed = CapabilityRecord.candidates
        rows, _ = paging.queried(listed, _key(tenant, capability), from_there, limit=limit, cursor=None)
        return [row.agent_id for row in rows]

    def registered(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        """Agent ids, listed or not."""
        rows, after = paging.queried(CapabilityRecord, _key(tenant, capability), limit=limit, cursor=cursor)
        return Page(tuple(row.agent_id for row in rows), after)


def _key(tenant: str, capability: str) -> str:
    return f"{tenant}#{capability}"
