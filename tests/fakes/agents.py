"""Agents in memory."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.errors import LostRace, NotFound, StaleSync, Superseded
from chalicelib.services.ports import DueRow, Page

from .pages import due_rows, paged


@dataclass
class FakeAgents:
    chance: random.Random
    rows: dict[str, Agent] = field(default_factory=dict)
    capability_rows: dict[tuple[str, str], tuple[Any, int | None]] = field(default_factory=dict)
    ranks: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        if agent.agent_id in self.rows:
            return self.rows[agent.agent_id]
        self.rows[agent.agent_id] = agent
        self._describe(agent, descriptions)
        return None

    def _describe(self, agent: Agent, descriptions: Mapping[str, Any]) -> None:
        for name in agent.profile.capabilities:
            key = (f"{agent.tenant}#{name}", agent.agent_id)
            self.capability_rows[key] = (descriptions.get(name), self.chance.randrange(2**31))
            self.ranks.pop(key, None)

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        row = self.rows.get(agent.agent_id)
        if row is None or row.tenant != was.tenant or row.session_id != was.session_id:
            raise LostRace("the row changed between read and write")
        for name in set(was.profile.capabilities) - set(agent.profile.capabilities):
            self.capability_rows.pop((f"{agent.tenant}#{name}", agent.agent_id), None)
            self.ranks.pop((f"{agent.tenant}#{name}", agent.agent_id), None)
        kept: dict[str, Any] = {
            "in_flight": row.in_flight,
            "last_assigned_at": row.last_assigned_at,
            "evidence": row.evidence,
            "streak": row.streak,
            "registered_at": row.registered_at,
            "request": row.request,
        }
        lifts = agent.starts_afresh(was)
        kept["drained_at"], kept["drain_reason"] = (
            (None, None) if lifts else (row.drained_at, row.drain_reason)
        )
        self.rows[agent.agent_id] = replace(agent, **kept, hold_until=row.hold_until, left=False, listed=True)
        self._describe(agent, descriptions)
        return self.rows[agent.agent_id]

    def get(self, agent_id: str) -> Agent | None:
        return self.rows.get(agent_id)

    def get_many(self, agent_ids: Sequence[str]) -> list[Agent]:
        return [self.rows[agent_id] for agent_id in dict.fromkeys(agent_ids) if agent_id in self.rows]

    def beat(self, agent_id: str, *, tenant: str, now: int, wish: Wish | None) -> Agent:
        row = self._present(agent_id, tenant)
        beaten = replace(row, lease_until=now + row.profile.lease_ms, last_heartbeat=now)
        self.rows[agent_id] = beaten if wish is None else replace(beaten, wish=wish)
        return self.rows[agent_id]

    def _present(self, agent_id: str, tenant: str) -> Agent:
        row = self.rows.get(agent_id)
        if row is None or row.left or row.tenant != tenant:
            raise NotFound(f"no agent {agent_id}")
        return row

    def drain(self, agent_id: str, *, tenant: str, now: int, reason: str | None) -> Agent:
        row = self._present(agent_id, tenant)
        since = now if row.drained_at is None else row.drained_at
        why = row.drain_reason if reason is None else reason
        self.rows[agent_id] = replace(row, drained_at=since, drain_reason=why)
        return self.rows[agent_id]

    def undrain(self, agent_id: str, *, tenant: str) -> Agent:
        row = self._present(agent_id, tenant)
        self.rows[agent_id] = replace(row, drained_at=None, drain_reason=None)
        return self.rows[agent_id]

    def sync(
        self, agent_id: str, *, tenant: str, session_id: str, ack: int, now: int, wish: Wish | None
    ) -> Agent:
        row = self.rows.get(agent_id)
        if row is None or row.left or row.tenant != tenant:
            raise NotFound(f"no agent {agent_id}: register it first")
        if row.session_id not in (None, session_id):
            raise Superseded(
                f"session {row.session_id} of agent {agent_id} took over from session {session_id}"
            )
        if not row.acked <= ack <= row.seq:
            raise StaleSync(f"ack {ack} is not within {row.acked} to {row.seq}, the answers of this session")
        beaten = self.beat(agent_id, tenant=tenant, now=now, wish=wish)
        self.rows[agent_id] = replace(beaten, session_id=session_id, acked=ack, seq=beaten.seq + 1)
        return self.rows[agent_id]

    def rearm(self, agent: Agent, due_at: int | None) -> bool:
        row = self.rows.get(agent.agent_id)
        seen = (agent.in_flight, agent.lease_until, agent.superseded_at)
        if row is None or (row.in_flight, row.lease_until, row.superseded_at) != seen:
            return False
        self.rows[agent.agent_id] = replace(row, due_at=due_at)
        return True

    def depart(self, agent_id: str, *, now: int) -> Agent | None:
        if agent_id not in self.rows:
            return None
        self.rows[agent_id] = replace(self.rows[agent_id], left=True, due_at=now)
        return self.rows[agent_id]

    def bury(self, agent: Agent) -> None:
        row = self.rows.get(agent.agent_id)
        if row is None or not row.left or row.in_flight > 0:
            return
        if agent.is_remembered:
            self.rows[agent.agent_id] = replace(row, due_at=None)
        else:
            del self.rows[agent.agent_id]
        for name in agent.profile.capabilities:
            self.capability_rows.pop((f"{agent.tenant}#{name}", agent.agent_id), None)
        for name in ("", *agent.profile.capabilities):
            self.ranks.pop((f"{agent.tenant}#{name}", agent.agent_id), None)

    def rank(self, agent: Agent, ranks: tuple[int, ...]) -> None:
        for name, rank in zip(("", *agent.profile.capabilities), ranks, strict=True):
            key = (f"{agent.tenant}#{name}", agent.agent_id)
            if key in self.capability_rows or name == "":
                self.ranks[key] = rank
        row = self.rows.get(agent.agent_id)
        if row is not None and not row.left:
            self.rows[agent.agent_id] = replace(row, ranks=ranks)

    def leaders(
        self, tenant: str, capability: str | None, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        board = f"{tenant}#{capability or ''}"
        places = [(agent_id, rank) for (name, agent_id), rank in self.ranks.items() if name == board]
        places.sort(key=lambda place: -place[1])
        return paged(places, limit=limit, cursor=cursor, of=f"leaders of {board}")

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        for name in agent.profile.capabilities:
            key = (f"{agent.tenant}#{name}", agent.agent_id)
            if key in self.capability_rows:
                place = self.chance.randrange(2**31) if listed else None
                self.capability_rows[key] = (self.capability_rows[key][0], place)
        if agent.agent_id in self.rows:
            self.rows[agent.agent_id] = replace(self.rows[agent.agent_id], listed=listed)

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        places = [
            (place, agent_id)
            for (name, agent_id), (_, place) in self.capability_rows.items()
            if name == f"{tenant}#{capability}" and place is not None and place >= (start or 0)
        ]
        return [agent_id for _, agent_id in sorted(places)[:limit]]

    def with_capability(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        ids = sorted(agent_id for name, agent_id in self.capability_rows if name == f"{tenant}#{capability}")
        return paged(ids, limit=limit, cursor=cursor, of=f"{tenant}#{capability}")

    def capabilities(self, agent: Agent) -> list[tuple[str, Any]]:
        keys = [(name, (f"{agent.tenant}#{name}", agent.agent_id)) for name in agent.profile.capabilities]
        return [(name, self.capability_rows[key][0]) for name, key in keys if key in self.capability_rows]

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        return due_rows(self.rows, shard, until, limit, cursor)

    def page(self, *, limit: int, cursor: str | None) -> Page[Agent]:
        return paged(list(self.rows.values()), limit=limit, cursor=cursor, of="agents")
