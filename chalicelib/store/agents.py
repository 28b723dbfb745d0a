"""Agents and their capabilities in DynamoDB: single attributes change under conditions."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.errors import NotFound, StaleSync, Superseded
from chalicelib.domain.task import RETENTION_S
from chalicelib.domain.zones import DAY_MS
from chalicelib.services.ports import Chance, DueRow, Page

from . import paging
from .agent_changes import Actions, Condition, armed, lifted, renewed, rounded, same
from .agent_rows import from_record, to_record
from .capabilities import OVER_ALL, Capabilities
from .reads import rows_of
from .tables import AgentRecord
from .writes import Refused, Writes

MONTH_MS = 30 * DAY_MS


class DynamoAgents:
    """services.ports.AgentStore over the agents and capabilities tables."""

    def __init__(self, writes: Writes, chance: Chance) -> None:
        self._writes = writes
        self._capabilities = Capabilities(writes, chance)

    def add(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        cid = self._writes.new_call_id()
        record = to_record(agent)
        record.cid = cid
        try:
            self._writes.once(lambda: record.save(condition=AgentRecord.agent_id.does_not_exist()), cid=cid)
        except Refused as refused:
            return from_record(AgentRecord.from_raw_data(dict(refused.item or {})))
        self._capabilities.describe(agent, descriptions)
        return None

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        gone = set(was.profile.capabilities) - set(agent.profile.capabilities)
        actions = renewed(agent, was=was)
        condition = (AgentRecord.tenant == was.tenant) & same(AgentRecord.session_id, was.session_id)
        fresh = self._update(agent.agent_id, actions, condition)
        self._capabilities.describe(agent, descriptions)
        self._capabilities.forget(agent, gone)
        if fresh.evidence and agent.registered_at - was.registered_at > MONTH_MS:
            self._shorten(fresh)
        return fresh

    def _shorten(self, agent: Agent) -> None:
        """Rounds its sums. Each keeps the low digits of its oldest evidence while it doubles every week, and
        DynamoDB has 38 digits, enough for two years. What was added meanwhile is never lost: then it waits
        for the next registration.
        """
        actions, condition = rounded(agent.evidence)
        with suppress(Refused):
            self._update(agent.agent_id, actions, condition)

    def get(self, agent_id: str) -> Agent | None:
        try:
            return from_record(AgentRecord.get(agent_id, consistent_read=True))
        except AgentRecord.DoesNotExist:
            return None

    def get_many(self, agent_ids: Sequence[str]) -> list[Agent]:
        rows = rows_of(self._writes.connection, AgentRecord, agent_ids, consistent=False)
        return [from_record(row) for row in rows]

    def beat(self, agent_id: str, *, tenant: str, now: int, wish: Wish | None) -> Agent:
        actions: Actions = [
            AgentRecord.lease_until.set(AgentRecord.lease_ms + now),
            AgentRecord.last_heartbeat.set(now),
        ]
        if wish is not None:
            actions.append(AgentRecord.wish.set(wish.value))
        return self._update_present(agent_id, tenant, actions)

    def drain(self, agent_id: str, *, tenant: str, now: int, reason: str | None) -> Agent:
        actions: Actions = [AgentRecord.drained_at.set(AgentRecord.drained_at | now)]
        if reason is not None:
            actions.append(AgentRecord.drain_reason.set(reason))
        return self._update_present(agent_id, tenant, actions)

    def undrain(self, agent_id: str, *, tenant: str) -> Agent:
        return self._update_present(agent_id, tenant, lifted())

    def _update_present(self, agent_id: str, tenant: str, actions: Actions) -> Agent:
        present = (AgentRecord.tenant == tenant) & AgentRecord.departed.does_not_exist()
        try:
            return self._update(agent_id, actions, present)
        except Refused as refused:
            raise NotFound(f"no agent {agent_id}") from refused

    def sync(
        self, agent_id: str, *, tenant: str, session_id: str, ack: int, now: int, wish: Wish | None
    ) -> Agent:
        actions: Actions = [
            AgentRecord.lease_until.set(AgentRecord.lease_ms + now),
            AgentRecord.last_heartbeat.set(now),
            AgentRecord.session_id.set(session_id),
            AgentRecord.acked.set(ack),
            AgentRecord.seq.add(1),
        ]
        if wish is not None:
            actions.append(AgentRecord.wish.set(wish.value))
        present = (AgentRecord.tenant == tenant) & AgentRecord.departed.does_not_exist()
        session = AgentRecord.session_id.does_not_exist() | (AgentRecord.session_id == session_id)
        newest = (AgentRecord.acked <= ack) & (AgentRecord.seq >= ack)
        try:
            return self._update(agent_id, actions, present & session & newest)
        except Refused as refused:
            raise _why_not_synced(agent_id, tenant, session_id, ack, refused) from refused

    def _update(self, agent_id: str, actions: Actions, condition: Condition) -> Agent:
        cid = self._writes.new_call_id()
        record = AgentRecord(agent_id)
        stamped = [*actions, AgentRecord.cid.set(cid)]
        if self._writes.once(lambda: record.update(actions=stamped, condition=condition), cid=cid) is None:
            record.refresh(consistent_read=True)
        return from_record(record)

    def rearm(self, agent: Agent, due_at: int | None) -> bool:
        unchanged = (
            (AgentRecord.in_flight == agent.in_flight)
            & (AgentRecord.lease_until == agent.lease_until)
            & same(AgentRecord.superseded_at, agent.superseded_at)
        )
        try:
            self._update(agent.agent_id, armed(agent.agent_id, due_at), unchanged)
        except Refused:
            return False
        return True

    def depart(self, agent_id: str, *, now: int) -> Agent | None:
        actions: Actions = [AgentRecord.departed.set(True), *armed(agent_id, now)]
        try:
            return self._update(agent_id, actions, AgentRecord.agent_id.exists())
        except Refused:
            return None

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        self._capabilities.set_listed(agent, listed=listed)
        flag = AgentRecord.unlisted.remove() if listed else AgentRecord.unlisted.set(True)
        with suppress(Refused):
            self._update(agent.agent_id, [flag], AgentRecord.agent_id.exists())

    def bury(self, agent: Agent) -> None:
        seen = self._capabilities.of(agent)
        over = AgentRecord.departed.exists() & (AgentRecord.in_flight <= 0)
        try:
            if agent.is_remembered:
                expiry = AgentRecord.ttl.set(agent.last_heartbeat // 1000 + RETENTION_S)
                self._update(agent.agent_id, [expiry, *armed(agent.agent_id, None)], over)
            else:
                record = AgentRecord(agent.agent_id)
                self._writes.once(lambda: record.delete(condition=over), cid="")
        except Refused as refused:
            if refused.item is not None:
                return  # registered again, or still counted for a task
        self._capabilities.remove(seen)

    def rank(self, agent: Agent, ranks: tuple[int, ...]) -> None:
        self._capabilities.rank(agent, ranks)
        with suppress(Refused):
            there = AgentRecord.departed.does_not_exist() & AgentRecord.agent_id.exists()
            self._update(agent.agent_id, [AgentRecord.ranks.set(list(ranks))], there)

    def leaders(
        self, tenant: str, capability: str | None, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        return self._capabilities.leaders(tenant, capability or OVER_ALL, limit=limit, cursor=cursor)

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        return self._capabilities.candidates(tenant, capability, start=start, limit=limit)

    def with_capability(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        return self._capabilities.registered(tenant, capability, limit=limit, cursor=cursor)

    def capabilities(self, agent: Agent) -> list[tuple[str, Any]]:
        return self._capabilities.described(agent)

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        by_then = AgentRecord.due_at <= until
        rows, after = paging.queried(AgentRecord.clock, shard, by_then, limit=limit, cursor=cursor)
        return Page(tuple(DueRow(row.agent_id, int(row.due_at or 0)) for row in rows), after)

    def page(self, *, limit: int, cursor: str | None) -> Page[Agent]:
        rows, after = paging.scanned(AgentRecord, limit=limit, cursor=cursor)
        return Page(tuple(map(from_record, rows)), after)


def _why_not_synced(agent_id: str, tenant: str, session_id: str, ack: int, refused: Refused) -> Exception:
    if refused.item is None:
        return NotFound(f"no agent {agent_id}: register it first")
    agent = from_record(AgentRecord.from_raw_data(dict(refused.item)))
    if agent.left or agent.tenant != tenant:
        return NotFound(f"no agent {agent_id}: register it first")
    if agent.session_id not in (None, session_id):
        return Superseded(
            f"session {agent.session_id} of agent {agent_id} took over from session {session_id}"
        )
    return StaleSync(f"ack {ack} is not within {agent.acked} to {agent.seq}, the answers of this session")
