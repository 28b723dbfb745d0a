"""An agent as a row."""

from chalicelib.domain.agent import Agent, Profile, Wish
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.quarantine import Streak

from .adapters import adapter
from .tables import AgentRecord


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
