"""What the service answers about routing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RoutingCandidate:
    """An agent that was looked at: its score, or why it was not taken."""

    agent_id: str
    score: float | None = None
    reason: str | None = None
    why_not: str | None = None


@dataclass(frozen=True, kw_only=True)
class RoutingOutlook:
    """`reason` and `message` say why a task waits, `agent_id` who would get it now.

    `routing_explanation` is how its last assignment was chosen.
    """

    reason: str
    message: str | None = None
    until: datetime | None = None
    strategy: str | None = None
    agent_id: str | None = None
    by: str | None = None
    likely_free_in_seconds: float | None = None
    candidates: tuple[RoutingCandidate, ...] = ()
    task_id: str | None = None
    status: str | None = None
    is_waiting: bool | None = None
    ahead: int | None = None
    routing_explanation: Any = None
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RoutingStrategy:
    """A strategy in words."""

    name: str
    is_default: bool = False
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Strategies:
    """All of them."""

    strategies: tuple[RoutingStrategy, ...] = ()
