"""What a registration, a claim or a hand-back changes on an agent's row, and under which condition."""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.quarantine import FAULTS
from chalicelib.domain.trust import Evidence

from .agent_rows import to_record
from .tables import AgentRecord

Actions = list[Action]
_SAID = (
    "profile",
    "max_concurrency",
    "lease_ms",
    "wish",
    "lease_until",
    "last_heartbeat",
    "seq",
    "acked",
    "session_id",
    "superseded_at",
)
_DIGITS = 12  # of a sum that is rounded
_ALIKE = 1e-15  # relative
__all__ = [
    "Actions",
    "Condition",
    "added",
    "armed",
    "claim",
    "forgiven",
    "handing_back",
    "lifted",
    "renewed",
    "rounded",
    "same",
]


def renewed(agent: Agent, *, was: Agent) -> Actions:
    """What a registration says anew. What the agent holds and its evidence stay."""
    row = to_record(agent)
    said = [(getattr(AgentRecord, name), getattr(row, name)) for name in _SAID]
    forgotten = (AgentRecord.departed, AgentRecord.unlisted, AgentRecord.ttl, AgentRecord.ranks)
    return [
        *(attribute.remove() if value is None else attribute.set(value) for attribute, value in said),
        *(attribute.remove() for attribute in forgotten),
        *armed(agent.agent_id, agent.due_at),
        *(lifted() if agent.starts_afresh(was) else ()),
    ]


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
