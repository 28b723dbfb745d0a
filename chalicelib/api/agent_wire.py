"""Agents, and what is said to them, as the wire shows it."""

from collections.abc import Mapping
from typing import Any

from .wire import wire


@wire
class TrustObject:
    """How far an agent is trusted with one capability, and how many results stand behind it."""

    trust_score: float
    effective_results: float


@wire
class AgentObject:
    """An agent as it is now; `status` is derived when read. `drained_at`: it is to take no new work since.
    `quarantined_until`: then it is given one task at a time, until one succeeds.
    """

    agent_id: str
    display_name: str
    endpoint: str | None
    capabilities: list[str]
    tags: list[str]
    max_concurrency: int
    in_flight: int
    free_slots: int
    delivery: str
    status: str
    trust_score: float
    trust_by_capability: Mapping[str, TrustObject]
    registered_at: str
    last_heartbeat: str
    lease_expires_at: str
    drained_at: str | None
    drain_reason: str | None
    quarantined_until: str | None
    owner: str | None
    heartbeat_interval_seconds: float
    metadata: Mapping[str, Any]


@wire
class AgentList:
    """One page of agents."""

    agents: list[AgentObject]
    next_cursor: str | None


@wire
class RegisteredAgent:
    """The answer to a registration; it counts as alive for `lease_seconds` after each sign of life."""

    agent_id: str
    display_name: str
    status: str
    trust_score: float
    capabilities: list[str]
    delivery: str
    queue_url: str | None
    heartbeat_interval_seconds: float
    lease_seconds: float
    session_id: str | None
    message: str


@wire
class HeartbeatReceipt:
    """`next_heartbeat_in` is in seconds."""

    agent_id: str
    acknowledged: bool
    agent_status: str
    last_heartbeat: str
    next_heartbeat_in: float


@wire
class AgentAction:
    """What became of an action on an agent."""

    agent_id: str
    status: str
    message: str


@wire
class CapabilityObject:
    """A capability as it was registered."""

    name: str
    version: str | None
    description: str | None
    input_schema: Mapping[str, Any] | None
    output_schema: Mapping[str, Any] | None
    price: float | None
    latency_ms: float | None


@wire
class CapabilityList:
    """All of one agent."""

    agent_id: str
    capabilities: list[CapabilityObject]


@wire
class AssignmentObject:
    """A task to work on, under `lease_token`; it must be begun before `start_by`."""

    task_id: str
    lease_token: int
    task_type: str
    capability_required: str
    priority: int
    attempt: int
    timeout_seconds: float
    input_data: Any
    metadata: Mapping[str, Any]
    input_data_omitted: bool  # too large for this answer together with the others: GET the task
    client_id: str
    schedule_id: str | None
    slot: str | None
    start_by: str
    traceparent: str | None


@wire
class ReportReceipt:
    """What became of one report."""

    task_id: str
    accepted: bool
    status: str | None
    detail: str | None


@wire
class SyncAnswer:
    """Number `seq`: name it as `ack` next. Stop working on what is `cancelled` or `lost`."""

    agent_id: str
    agent_status: str
    seq: int
    assignments: list[AssignmentObject]
    cancelled: list[str]
    lost: list[str]
    reports: list[ReportReceipt]
    next_sync_in: float
