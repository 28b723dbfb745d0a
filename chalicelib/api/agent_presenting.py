"""Agents, and what is said to them, from the domain's words into the wire's."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import lifecycle
from chalicelib.domain.agent import Agent
from chalicelib.domain.trust import Posterior
from chalicelib.services.reading import FullTask
from chalicelib.services.syncing import Answer, Heard

from .agent_wire import (
    AgentAction,
    AgentObject,
    AssignmentObject,
    CapabilityObject,
    HeartbeatReceipt,
    RegisteredAgent,
    ReportReceipt,
    SyncAnswer,
    TrustObject,
)
from .times import iso, iso_or_none

SYNCS_PER_BEAT = 2  # an agent that syncs this often keeps alive, and hears soon of new work


def agent_object(agent: Agent, *, now: int) -> AgentObject:
    """An agent as it is now."""
    profile = agent.profile
    return AgentObject(
        agent_id=agent.agent_id,
        display_name=profile.display_name,
        endpoint=profile.endpoint,
        capabilities=list(profile.capabilities),
        tags=list(profile.tags),
        max_concurrency=agent.max_concurrency,
        in_flight=agent.in_flight,
        free_slots=agent.free_slots,
        delivery=profile.delivery.value,
        status=agent.status(now).value,
        trust_score=score(agent.trust(None, now=now)),
        trust_by_capability={name: trust_object(agent.trust(name, now=now)) for name in profile.capabilities},
        registered_at=iso(agent.registered_at),
        last_heartbeat=iso(agent.last_heartbeat),
        lease_expires_at=iso(agent.lease_until),
        drained_at=iso_or_none(agent.drained_at),
        drain_reason=agent.drain_reason,
        quarantined_until=iso_or_none(agent.streak.rests_until),
        owner=profile.owner,
        heartbeat_interval_seconds=profile.heartbeat_ms / 1000,
        metadata=profile.metadata,
    )


def score(trust: Posterior) -> float:
    """As shown."""
    return round(trust.mean, 4)


def trust_object(trust: Posterior) -> TrustObject:
    """With what stands behind it."""
    return TrustObject(trust_score=score(trust), effective_results=round(trust.effective_results, 2))


def registered_agent(agent: Agent, message: str, *, now: int) -> RegisteredAgent:
    """What a registration is told."""
    profile = agent.profile
    return RegisteredAgent(
        agent_id=agent.agent_id,
        display_name=profile.display_name,
        status=agent.status(now).value,
        trust_score=score(agent.trust(None, now=now)),
        capabilities=list(profile.capabilities),
        delivery=profile.delivery.value,
        queue_url=profile.queue_url,
        heartbeat_interval_seconds=profile.heartbeat_ms / 1000,
        lease_seconds=profile.lease_ms / 1000,
        session_id=agent.session_id,
        message=message,
    )


def heartbeat_receipt(agent: Agent, *, now: int) -> HeartbeatReceipt:
    """When to beat again."""
    return HeartbeatReceipt(
        agent_id=agent.agent_id,
        acknowledged=True,
        agent_status=agent.status(now).value,
        last_heartbeat=iso(agent.last_heartbeat),
        next_heartbeat_in=agent.profile.heartbeat_ms / 1000,
    )


def agent_action(agent: Agent, message: str, *, now: int) -> AgentAction:
    """What became of an action."""
    text = f"agent {agent.agent_id} {message}"
    return AgentAction(agent_id=agent.agent_id, status=agent.status(now).value, message=text)


def capability_object(name: str, description: Mapping[str, Any] | None) -> CapabilityObject:
    """A capability as it was registered."""
    told = description or {}
    return CapabilityObject(
        name=name,
        version=told.get("version"),
        description=told.get("description"),
        input_schema=told.get("input_schema"),
        output_schema=told.get("output_schema"),
        price=told.get("price"),
        latency_ms=told.get("latency_ms"),
    )


def sync_answer(answer: Answer, given: list[FullTask], *, now: int) -> SyncAnswer:
    """The answer to one sync; `given` are the first of its tasks with their documents: those that fit."""
    agent = answer.agent
    omitted = [FullTask(task) for task in answer.given[len(given) :]]
    return SyncAnswer(
        agent_id=agent.agent_id,
        agent_status=agent.status(now).value,
        seq=answer.seq,
        assignments=[_assignment(full) for full in given] + [_assignment(o, omitted=True) for o in omitted],
        cancelled=answer.cancelled,
        lost=answer.lost,
        reports=[_receipt(heard) for heard in answer.heard],
        next_sync_in=agent.profile.heartbeat_ms / 1000 / SYNCS_PER_BEAT,
    )


def _assignment(full: FullTask, *, omitted: bool = False) -> AssignmentObject:
    task = full.task
    lease = lifecycle.held_lease(task)
    return AssignmentObject(
        task_id=task.task_id,
        lease_token=lease.token,
        task_type=task.task_type,
        capability_required=task.capability,
        priority=task.priority,
        attempt=task.attempt,
        timeout_seconds=task.timeout_ms / 1000,
        input_data=full.input_data,
        metadata=full.metadata or {},
        input_data_omitted=omitted,
        client_id=task.client_id,
        schedule_id=task.schedule_id,
        slot=iso_or_none(task.slot),
        start_by=iso(lease.start_by),
        traceparent=task.traceparent,
    )


def _receipt(heard: Heard) -> ReportReceipt:
    return ReportReceipt(
        task_id=heard.task_id, accepted=heard.refusal is None, status=heard.status, detail=heard.refusal
    )
