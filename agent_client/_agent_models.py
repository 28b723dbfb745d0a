"""What the service answers about agents and to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Registration:
    """`queue_url` is given for `sqs` delivery; the lease ends `lease_seconds` after the last heartbeat."""

    agent_id: str
    status: str = "ACTIVE"
    display_name: str | None = None
    trust_score: float | None = None
    capabilities: tuple[str, ...] = ()
    delivery: str = "poll"
    queue_url: str | None = None
    heartbeat_interval_seconds: float | None = None
    lease_seconds: float | None = None
    session_id: str | None = None
    api_key: str | None = field(default=None, repr=False)
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class AgentRecord:
    """An agent as the registry sees it."""

    agent_id: str
    status: str
    display_name: str | None = None
    endpoint: str | None = None
    capabilities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    max_concurrency: int = 1
    in_flight: int = 0
    free_slots: int = 0
    delivery: str = "poll"
    trust_score: float | None = None
    trust_by_capability: Json = field(default_factory=dict)
    registered_at: datetime | None = None
    last_heartbeat: datetime | None = None
    lease_expires_at: datetime | None = None
    drained_at: datetime | None = None
    drain_reason: str | None = None
    quarantined_until: datetime | None = None
    owner: str | None = None
    heartbeat_interval_seconds: float | None = None
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AgentAction:
    """What became of an action on an agent."""

    agent_id: str
    status: str
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class HeartbeatReceipt:
    """`next_heartbeat_in` is in seconds."""

    agent_id: str
    acknowledged: bool = True
    agent_status: str = "ACTIVE"
    last_heartbeat: datetime | None = None
    next_heartbeat_in: float | None = None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One attempt of a task, handed to this agent under `lease_token`. `attempt` counts retries, 0 first."""

    task_id: str
    lease_token: int
    task_type: str
    capability_required: str
    priority: int = 5
    attempt: int = 0
    timeout_seconds: float | None = None
    input_data: Any = None
    input_data_omitted: bool = False
    metadata: Json = field(default_factory=dict)
    client_id: str | None = None
    schedule_id: str | None = None
    slot: datetime | None = None
    start_by: datetime | None = None
    traceparent: str | None = None  # of the request that made the task (W3C Trace Context)
    session_id: str | None = None  # to which it was given: messages of a queue say so


@dataclass(frozen=True, kw_only=True)
class ReportReceipt:
    """What became of one report of a sync."""

    task_id: str
    accepted: bool
    status: str | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class SyncAnswer:
    """`seq` is this answer's number, the next `ack`; `cancelled` and `lost` are ids of tasks to let go of."""

    agent_id: str
    seq: int
    agent_status: str = "ACTIVE"
    assignments: tuple[Assignment, ...] = ()
    cancelled: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    reports: tuple[ReportReceipt, ...] = ()
    next_sync_in: float | None = None
