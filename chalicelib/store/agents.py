"""Agents and their capabilities in DynamoDB: single attributes change under conditions."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib.domain.agent import Agent, Profile, Wish
from chalicelib.domain.errors import NotFound, StaleSync, Superseded
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.trust import Evidence
from chalicelib.services.ports import Chance, DueRow, Page

from . import paging
from .reads import rows_of
from .tables import AgentRecord, CapabilityRecord
from .writes import Refused, Writes

LOTTERY = 2**31
_PROFILE = TypeAdapter(Profile)
Actions = list[Action]
__all__ = ["Condition", "DynamoAgents", "claim", "from_record", "handing_back", "to_record"]


def to_record(agent: Agent) -> AgentRecord:
    """The row of an agent."""
    return AgentRecord(
        agent_id=agent.agent_id,
        tenant=agent.tenant,
        profile=_PROFILE.dump_python(agent.profile, mode="json", exclude_defaults=True),
        registered_at=agent.registered_at,
        max_concurrency=agent.max_concurrency,
        lease_ms=agent.profile.lease_ms,
        wish=agent.wish.value,
        hold_until=agent.hold_until,
        lease_until=agent.lease_until,
        last_heartbeat=agent.last_heartbeat,
        in_flight=agent.in_flight,
        session_id=agent.session_id,
        seq=agent.seq,
        acked=agent.acked,
        superseded_at=agent.superseded_at,
        departed=True if agent.left else None,
        unlisted=None if agent.listed else True,
        evidence=dict(agent.evidence),
        clock_shard=None if agent.due_at is None else clock_shard(agent.agent_id),
        due_at=agent.due_at,
    )


def from_record(record: AgentRecord) -> Agent:
    """The agent of a row."""
    return Agent(
        agent_id=record.agent_id,
        tenant=record.tenant,
        profile=_PROFILE.validate_python(record.profile),
        registered_at=int(record.registered_at),
        max_concurrency=int(record.max_concurrency),
        wish=Wish(record.wish),
        hold_until=_whole(record.hold_until),
        lease_until=int(record.lease_until),
        last_heartbeat=int(record.last_heartbeat),
        in_flight=int(record.in_flight),
        session_id=record.session_id,
        seq=int(record.seq),
        acked=int(record.acked),
        superseded_at=_whole(record.superseded_at),
        left=bool(record.departed),
        listed=not record.unlisted,
        due_at=_whole(record.due_at),
        evidence={name: float(weight) for name, weight in record.evidence.as_dict().items()},
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def claim(agent: Agent, *, now: int) -> tuple[list[Action], Condition]:
    """One more in flight, if the agent still lives, takes work and has a slot free.

    Its first claim arms the clock for the exact end of its lease.
    """
    actions: list[Action] = [AgentRecord.in_flight.add(1)]
    if agent.due_at is None or agent.due_at > agent.lease_until:
        actions += _armed(agent.agent_id, agent.lease_until)
    session = (
        AgentRecord.session_id.does_not_exist()
        if agent.session_id is None
        else AgentRecord.session_id == agent.session_id
    )
    taking = AgentRecord.wish.is_in(Wish.ACTIVE.value, Wish.DEGRADED.value)
    unheld = AgentRecord.hold_until.does_not_exist() | (AgentRecord.hold_until <= now)
    free = AgentRecord.in_flight < AgentRecord.max_concurrency
    alive = (AgentRecord.lease_until > now) & AgentRecord.departed.does_not_exist()
    condition: Condition = session & taking & unheld & free & alive
    return actions, condition


def handing_back(evidence: Evidence | None) -> tuple[list[Action], Condition]:
    """One fewer in flight, and what the ended assignment says of the agent."""
    actions: list[Action] = [AgentRecord.in_flight.add(-1)]
    if evidence is not None:
        sign, amount = ("+", evidence.good) if evidence.good else ("-", evidence.bad)
        path = Path(["evidence", f"{evidence.capability}{sign}"])
        actions.append(path.set((path | 0) + amount))
    return actions, AgentRecord.agent_id.exists()


def _armed(agent_id: str, due_at: int | None) -> list[Action]:
    if due_at is None:
        return [AgentRecord.due_at.remove(), AgentRecord.clock_shard.remove()]
    return [AgentRecord.due_at.set(due_at), AgentRecord.clock_shard.set(clock_shard(agent_id))]


def _same(attribute: Any, value: Any) -> Condition:
    condition: Condition = attribute.does_not_exist() if value is None else attribute == value
    return condition


class DynamoAgents:
    """services.ports.AgentStore over the agents and capabilities tables."""

    def __init__(self, writes: Writes, chance: Chance) -> None:
        self._writes = writes
        self._chance = chance

    def add(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        cid = self._writes.new_call_id()
        record = to_record(agent)
        record.cid = cid
        try:
            self._writes.once(lambda: record.save(condition=AgentRecord.agent_id.does_not_exist()), cid=cid)
        except Refused as refused:
            return from_record(AgentRecord.from_raw_data(dict(refused.item or {})))
        self._describe(agent, descriptions)
        return None

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        gone = set(was.profile.capabilities) - set(agent.profile.capabilities)
        changes = to_record(agent)
        actions = [
            getattr(AgentRecord, name).set(getattr(changes, name))
            for name in (
                "profile",
                "max_concurrency",
                "lease_ms",
                "wish",
                "lease_until",
                "last_heartbeat",
                "seq",
                "acked",
            )
        ]
        for name in ("session_id", "superseded_at"):
            value = getattr(changes, name)
            attribute = getattr(AgentRecord, name)
            actions.append(attribute.remove() if value is None else attribute.set(value))
        actions += [
            AgentRecord.departed.remove(),
            AgentRecord.unlisted.remove(),
            *_armed(agent.agent_id, agent.due_at),
        ]
        condition = (AgentRecord.tenant == was.tenant) & _same(AgentRecord.session_id, was.session_id)
        fresh = self._update(agent.agent_id, actions, condition)
        self._describe(agent, descriptions)
        for name in gone:
            CapabilityRecord(f"{agent.tenant}#{name}", agent.agent_id).delete()
        return fresh

    def _describe(self, agent: Agent, descriptions: Mapping[str, Any]) -> None:
        for name in agent.profile.capabilities:
            CapabilityRecord(
                f"{agent.tenant}#{name}",
                agent.agent_id,
                description=descriptions.get(name),
                lottery=int(self._chance.random() * LOTTERY),
            ).save()

    def get(self, agent_id: str) -> Agent | None:
        try:
            return from_record(AgentRecord.get(agent_id, consistent_read=True))
        except AgentRecord.DoesNotExist:
            return None

    def get_many(self, agent_ids: Sequence[str]) -> list[Agent]:
        rows = rows_of(self._writes.connection, AgentRecord, agent_ids, consistent=False)
        return [from_record(row) for row in rows]

    def beat(self, agent_id: str, *, tenant: str, now: int, wish: Wish | None) -> Agent:
        actions = [
            AgentRecord.lease_until.set(AgentRecord.lease_ms + now),
            AgentRecord.last_heartbeat.set(now),
        ]
        if wish is not None:
            actions.append(AgentRecord.wish.set(wish.value))
        present = (AgentRecord.tenant == tenant) & AgentRecord.departed.does_not_exist()
        try:
            return self._update(agent_id, actions, present)
        except Refused as refused:
            raise NotFound(f"no agent {agent_id}") from refused

    def sync(
        self, agent_id: str, *, tenant: str, session_id: str, ack: int, now: int, wish: Wish | None
    ) -> Agent:
        actions = [
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

    def _update(self, agent_id: str, actions: Sequence[Action], condition: Condition) -> Agent:
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
            & _same(AgentRecord.superseded_at, agent.superseded_at)
        )
        try:
            self._update(agent.agent_id, _armed(agent.agent_id, due_at), unchanged)
        except Refused:
            return False
        return True

    def depart(self, agent_id: str, *, now: int) -> Agent | None:
        actions = [AgentRecord.departed.set(True), *_armed(agent_id, now)]
        try:
            return self._update(agent_id, actions, AgentRecord.agent_id.exists())
        except Refused:
            return None

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        for name in agent.profile.capabilities:
            row = CapabilityRecord(f"{agent.tenant}#{name}", agent.agent_id)
            place = CapabilityRecord.lottery
            drawn = place.set(int(self._chance.random() * LOTTERY)) if listed else place.remove()
            there = CapabilityRecord.capability.exists()
            with suppress(Refused):  # the capability's row is gone: nothing to list
                self._writes.once(partial(row.update, actions=[drawn], condition=there), cid="")
        flag = AgentRecord.unlisted.remove() if listed else AgentRecord.unlisted.set(True)
        with suppress(Refused):
            self._update(agent.agent_id, [flag], AgentRecord.agent_id.exists())

    def bury(self, agent: Agent) -> None:
        seen = self._capability_rows(agent)
        over = AgentRecord.departed.exists() & (AgentRecord.in_flight <= 0)
        record = AgentRecord(agent.agent_id)
        try:
            self._writes.once(lambda: record.delete(condition=over), cid="")
        except Refused as refused:
            if refused.item is not None:
                return  # registered again, or still counted for a task
        for row in seen:
            with suppress(Refused):  # registered again since, with a place of its own in the lottery
                unchanged = _same(CapabilityRecord.lottery, row.lottery)
                self._writes.once(partial(row.delete, condition=unchanged), cid="")

    def _capability_rows(self, agent: Agent) -> list[CapabilityRecord]:
        keys = [(f"{agent.tenant}#{name}", agent.agent_id) for name in agent.profile.capabilities]
        return rows_of(self._writes.connection, CapabilityRecord, keys)

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        from_there = None if start is None else CapabilityRecord.lottery >= start
        rows = CapabilityRecord.candidates.query(
            f"{tenant}#{capability}", from_there, limit=limit, page_size=limit
        )
        return [row.agent_id for row in rows]

    def with_capability(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        rows, after = paging.queried(CapabilityRecord, f"{tenant}#{capability}", limit=limit, cursor=cursor)
        return Page(tuple(row.agent_id for row in rows), after)

    def capabilities(self, agent: Agent) -> list[tuple[str, Any]]:
        return [(row.capability.split("#", 1)[1], row.description) for row in self._capability_rows(agent)]

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
