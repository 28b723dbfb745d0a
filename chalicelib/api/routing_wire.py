"""Routing as the wire shows it."""

from collections.abc import Mapping
from typing import Any

from .wire import wire


@wire
class CandidateObject:
    """An agent that was looked at: its score, or why it was not taken, by name and in words."""

    agent_id: str
    score: float | None
    reason: str | None
    why_not: str | None


@wire
class RoutingOutlook:
    """What routing makes of a task: `agent_id` is who would get it now, chosen `by` score, turn or probe.

    `reason` and `message` say why it waits, `until` when that ends, `likely_free_in_seconds` when one of the
    full agents probably has a slot again.
    """

    reason: str
    message: str
    until: str | None
    strategy: str
    agent_id: str | None
    by: str | None
    likely_free_in_seconds: float | None
    candidates: list[CandidateObject]


@wire
class TaskExplanation(RoutingOutlook):
    """Why a task is where it is; `ahead` counts those before it in line, null beyond the first hundred.

    `routing_explanation` says how its last assignment was chosen, of a task that is over too.
    """

    task_id: str
    status: str
    is_waiting: bool
    ahead: int | None
    routing_explanation: Mapping[str, Any] | None


@wire
class RoutingTest(RoutingOutlook):
    """Where a task would go; `shares` of `draws` choices by agent."""

    draws: int
    shares: Mapping[str, float]


@wire
class StrategyObject:
    """How one of those who may have a task is preferred."""

    name: str
    is_default: bool
    description: str


@wire
class StrategyList:
    """All of them; a task names one as `routing_strategy`."""

    strategies: list[StrategyObject]
