"""What the service answers about trust in agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Trust:
    """How far an agent is trusted; `lower_bound` holds with 95 % certainty, where it is told."""

    trust_score: float
    effective_results: float = 0.0
    lower_bound: float | None = None
    capability: str | None = None  # None: over all


@dataclass(frozen=True, kw_only=True)
class Quarantine:
    """Until `until` it is given nothing, then one task at a time until one succeeds."""

    is_probation: bool = False
    faults_in_a_row: int = 0
    failed_probes: int = 0
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AgentTrust:
    """How far an agent is trusted, over all and by capability."""

    agent_id: str
    trust_score: float
    lower_bound: float = 0.0
    effective_results: float = 0.0
    capabilities: tuple[Trust, ...] = ()
    quarantine: Quarantine = Quarantine()


@dataclass(frozen=True, kw_only=True)
class TrustEvent:
    """What moved trust in a capability: completed, error, timeout, agent_lost, disproved or adjusted."""

    event_id: str
    cause: str
    at: datetime | None = None
    capability: str | None = None
    successes: float = 0.0
    faults: float = 0.0
    before: Trust | None = None
    after: Trust | None = None
    reason: str | None = None
    task_id: str | None = None
    lease_token: int | None = None
    client_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Leader:
    """An agent's place on a leaderboard, 1 first."""

    agent_id: str
    rank: int
    display_name: str | None = None
    status: str | None = None
    trust_score: float | None = None
    lower_bound: float | None = None
    effective_results: float | None = None


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """The most trusted first."""

    leaders: tuple[Leader, ...]
    capability: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrustAdjustment:
    """What an admin added, and what it changed."""

    agent_id: str
    adjustment_id: str
    reason: str = ""
    at: datetime | None = None
    capability: str | None = None
    successes: float = 0.0
    faults: float = 0.0
    lift_quarantine: bool = False
    before: Trust | None = None
    after: Trust | None = None
    message: str = ""
