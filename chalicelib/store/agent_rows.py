"""An agent as a row, and what a claim and a hand-back change on it beside the task's own row."""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib.domain.agent import Agent, Profile, Wish
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.quarantine import FAULTS, Streak
from chalicelib.domain.trust import Evidence

from .adapters import adapter
from .tables import AgentRecord

Actions = list[Action]
_DIGITS = 12  # of a sum that is rounded
_ALIKE = 1e-15  # relative
__all__ = [
    "Actions",
    "Condition",
    "added",
    "armed",
    "claim",
    "forgiven",
    "from_record",
    "handing_back",
    "lifted",
    "rounded",
    "same",
    "to_record",
]


def to_record(agent: Agent) -> AgentRecord:
    """The row of an agent."""
    return AgentRecord(
        agent_id=agent.agent_id,
        tenant=agent.tenant,
        profile=adapter(Profile).dump_python(agent.profile, mode="json", exclude_defaults=True),
        registered_at=agent.registered_at,
        max_concurrency=agent.max_concurrency,
        lease_ms=agent.profile.lease_ms,
        wish=agent.wish.value,
        hold_until=agent.hold_until,
        drained_at=agent.drained_at,
        drain_reason=agent.drain_reason,
        lease_until=agent.lease_until,
        last_heartbeat=agent.last_heartbeat,
        in_flight=agent.in_flight,
        last_assigned_at=agent.last_assigned_at,
        session_id=agent.session_id,
        seq=agent.seq,
        acked=agent.acked,
        superseded_at=agent.superseded_at,
        departed=True if agent.left else None,
        unlisted=None if agent.listed else True,
        evidence=dict(agent.evidence),
        faults=agent.streak.faults or None,
        failed_probes=agent.streak.failed_probes or None,
        fault_at=agent.streak.last_at or None,
        ranks=list(agent.ranks) or None,
        request=agent.request,
        clock_shard=None if agent.due_at is None else clock_shard(agent.agent_id),
        due_at=agent.due_at,
    )


def from_record(record: AgentRecord) -> Agent:
    """The agent of a row."""
    return Agent(
        agent_id=record.agent_id,
        tenant=record.tenant,
        profile=adapter(Profile).validate_python(record.profile),
        registered_at=int(record.registered_at),
        max_concurrency=int(record.max_concurrency),
        wish=Wish(record.wish),
        hold_until=_whole(record.hold_until),
        drained_at=_whole(record.drained_at),
        drain_reason=record.drain_reason,
        lease_until=int(record.lease_until),
        last_heartbeat=int(record.last_heartbeat),
        in_flight=int(record.in_flight),
        last_assigned_at=_whole(record.last_assigned_at),
        session_id=record.session_id,
        seq=int(record.seq),
        acked=int(record.acked),
        superseded_at=_whole(record.superseded_at),
        left=bool(record.departed),
        listed=not record.unlisted,
        due_at=_whole(record.due_at),
        evidence={name: float(weight) for name, weight in record.evidence.as_dict().items()},
        streak=Streak(int(record.faults or 0), int(record.failed_probes or 0), int(record.fault_at or 0)),
        ranks=tuple(record.ranks or ()),
        request=record.request,
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def claim(agent: Agent, *, now: int) -> tuple[list[Action], Condition]:
    """One more in flight, if the agent still lives, takes work and has a slot free.

    Its first claim arms the clock for the exact end of its lease. Where it was armed when read, it must be so
    still: the clock may have found it idle meanwhile, and put its next look far off.
    """
    actions: list[Action] = [AgentRecord.in_flight.add(1), AgentRecord.last_assigned_at.set(now)]
    watched: Condition = AgentRecord.due_at <= agent.lease_until
    if not agent.is_armed:
        actions += armed(agent.agent_id, agent.lease_until)
        watched = AgentRecord.agent_id.exists()
    session = (
        AgentRecord.session_id.does_not_exist()
        if agent.session_id is None
        else AgentRecord.session_id == agent.session_id
    )
    taking = AgentRecord.wish.is_in(Wish.ACTIVE.value, Wish.DEGRADED.value)
    unheld = AgentRecord.hold_until.does_not_exist() | (AgentRecord.hold_until <= now)
    undrained = AgentRecord.drained_at.does_not_exist()
    alive = (AgentRecord.lease_until > now) & AgentRecord.departed.does_not_exist()
    condition: Condition = session & taking & unheld & undrained & _free(agent, now) & alive & watched
    return actions, condition


def _free(agent: Agent, now: int) -> Condition:
    """A slot is free. Who is on probation must stand as it was read, have rested, and hold nothing."""
    if agent.streak.is_probation:
        rested = AgentRecord.fault_at <= now - agent.streak.rest_ms
        streak = rested & (AgentRecord.faults == agent.streak.faults)
        slots: int | NumberAttribute = agent.slots
    else:
        streak = AgentRecord.faults.does_not_exist() | (AgentRecord.faults < FAULTS)
        slots = AgentRecord.max_concurrency
    free: Condition = streak & (AgentRecord.in_flight < slots)
    return free


def handing_back(evidence: Evidence | None) -> tuple[list[Action], Condition]:
    """One fewer in flight, and what the ended assignment says of the agent."""
    actions: list[Action] = [AgentRecord.in_flight.add(-1)]
    if evidence is not None:
        actions += added(evidence)
        actions += _streak(evidence)
    return actions, AgentRecord.agent_id.exists()


def added(evidence: Evidence) -> list[Action]:
    """To the sums, without a read."""
    sums = [(Path(["evidence", name]), amount) for name, amount in evidence.amounts().items()]
    return [path.set((path | 0) + amount) for path, amount in sums]


def rounded(sums: Mapping[str, float]) -> tuple[list[Action], Condition]:
    """Sums with few digits, where they are still as they were read but for what no float tells apart."""
    paths = {name: Path(["evidence", name]) for name in sums}
    actions: list[Action] = [paths[name].set(float(f"{total:.{_DIGITS}g}")) for name, total in sums.items()]
    alike = [paths[name].between(total * (1 - _ALIKE), total * (1 + _ALIKE)) for name, total in sums.items()]
    return actions, reduce(and_, alike)


def _streak(evidence: Evidence) -> list[Action]:
    """What `Streak.after` says, without a read."""
    if evidence.good:
        return forgiven()
    probes = [AgentRecord.failed_probes.add(1)] if evidence.of_probe else []
    return [AgentRecord.faults.add(1), AgentRecord.fault_at.set(evidence.at), *probes]


def forgiven() -> list[Action]:
    """No fault in a row any more."""
    return [AgentRecord.faults.remove(), AgentRecord.failed_probes.remove(), AgentRecord.fault_at.remove()]


def lifted() -> list[Action]:
    """It is drained no more."""
    return [AgentRecord.drained_at.remove(), AgentRecord.drain_reason.remove()]


def armed(agent_id: str, due_at: int | None) -> list[Action]:
    """Its place in the clock; none without a time."""
    if due_at is None:
        return [AgentRecord.due_at.remove(), AgentRecord.clock_shard.remove()]
    return [AgentRecord.due_at.set(due_at), AgentRecord.clock_shard.set(clock_shard(agent_id))]


def same(attribute: Any, value: Any) -> Condition:
    """It holds this value, or is absent where that is None."""
    condition: Condition = attribute.does_not_exist() if value is None else attribute == value
    return condition
