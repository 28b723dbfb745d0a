"""Routing: its strategies, where a task would go, and why one waits."""

from typing import Any

from chalicelib.domain.routing import SCORED_BY, Candidate, Strategy
from chalicelib.services.explaining import Explanation

from .fields import NoBody, NoQuery
from .operation import Call, Routes
from .routing_requests import RoutingTrial
from .routing_wire import CandidateObject, RoutingTest, StrategyList, StrategyObject, TaskExplanation
from .task_presenting import routing_explanation
from .times import iso_or_none, seconds_or_none

routes = Routes("routing")


@routes.route("GET", "/ains/routing/strategies", StrategyList)
def list_strategies(_call: Call[NoQuery, NoBody]) -> StrategyList:
    """List the strategies that a task can name."""
    return StrategyList(
        strategies=[
            StrategyObject(name=name.value, is_default=name is Strategy.TRUST_WEIGHTED, description=words)
            for name, words in SCORED_BY.items()
        ]
    )


@routes.route("POST", "/ains/routing/test", RoutingTest, body=RoutingTrial)
def try_routing(call: Call[NoQuery, RoutingTrial]) -> RoutingTest:
    """Say where a task would go now, and how often to whom; nothing is stored."""
    task = call.body.task(tenant=call.tenant, now=call.use_cases.clock())
    found, shares = call.use_cases.explaining.tried(task, draws=call.body.draws)
    return RoutingTest(**_outlook(found), draws=call.body.draws, shares=shares)


@routes.route("GET", "/aitp/tasks/{task_id}/explain", TaskExplanation)
def explain_task(call: Call[NoQuery, NoBody]) -> TaskExplanation:
    """Say why a task waits, or how its agent was chosen: the router is asked, and nothing is assigned."""
    found = call.use_cases.explaining.explain(call.path["task_id"], tenant=call.tenant)
    return TaskExplanation(
        **_outlook(found),
        task_id=found.task.task_id,
        status=found.task.status.value,
        is_waiting=found.task.lease is None and not found.task.is_over,
        ahead=found.ahead,
        routing_explanation=routing_explanation(found.task),
    )


def _outlook(found: Explanation) -> dict[str, Any]:
    choice = found.choice
    agent = None if choice is None else choice.agent
    return {
        "reason": found.cause.reason,
        "message": found.cause.text,
        "until": iso_or_none(found.cause.until),
        "strategy": found.task.strategy,
        "agent_id": None if agent is None else agent.agent_id,
        "by": None if choice is None or agent is None else choice.by.value,
        "likely_free_in_seconds": seconds_or_none(found.next_free_ms),
        "candidates": [] if choice is None else [_candidate(looked_at) for looked_at in choice.considered],
    }


def _candidate(looked_at: Candidate) -> CandidateObject:
    refusal = looked_at.why_not
    return CandidateObject(
        agent_id=looked_at.agent_id,
        score=looked_at.score,
        reason=None if refusal is None else refusal.reason.value,
        why_not=None if refusal is None else refusal.text,
    )
