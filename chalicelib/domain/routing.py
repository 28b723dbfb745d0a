"""Which agent a task goes to: pure, explained, and of a cost that does not grow with the fleet.

The default strategy draws two candidates and prefers theta^2 / (1 + load), with theta drawn from the agent's
posterior: the power of two choices (Mitzenmacher, 2001) with Thompson sampling (Chapelle & Li, 2011).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from .agent import Agent, AgentStatus
from .task import Outcome, Task

T = TypeVar("T")
_LOST = frozenset({Outcome.AGENT_LOST, Outcome.NOT_STARTED})


class Strategy(StrEnum):
    """How one of the candidates is preferred."""

    TRUST_WEIGHTED = "trust_weighted"
    LEAST_LOADED = "least_loaded"
    HIGHEST_TRUST = "highest_trust"


class Chance(Protocol):
    """The only randomness: `random.Random` fits."""

    def random(self) -> float: ...
    def betavariate(self, alpha: float, beta: float) -> float: ...
    def sample(self, population: Sequence[T], k: int) -> list[T]: ...


@dataclass(frozen=True)
class Candidate:
    """One agent that was looked at: its score, or why it was not taken."""

    agent_id: str
    score: float | None
    why_not: str | None = None


@dataclass(frozen=True)
class Choice:
    """The agent chosen, or None when nobody may take the task now, and what was considered."""

    agent: Agent | None
    considered: tuple[Candidate, ...]
    strategy: Strategy


def why_not(agent: Agent, task: Task, *, now: int) -> str | None:
    """Why this agent may not take this task now; None when it may."""
    if agent.tenant != task.tenant:
        return "of another tenant"
    if task.capability not in agent.profile.capabilities:
        return f"lacks {task.capability}"
    if not agent.is_taking(now):
        return agent.status(now).value.lower()
    if agent.free_slots == 0:
        return f"full: holds {agent.in_flight} of {agent.slots}"
    trusted = agent.trust(task.capability, now=now).assured
    if task.min_trust is not None and trusted < task.min_trust:
        return f"trust {trusted:.2f} is below {task.min_trust:.2f}"
    return None


def could_take(agent: Agent, task: Task, *, now: int) -> bool:
    """Nothing but its load stands in the way."""
    return why_not(replace(agent, in_flight=0), task, now=now) is None


def lost_it(agent_id: str, task: Task) -> bool:
    """This agent was lost with this task, or let it lie: it gets it back only when nobody else is capable."""
    last = task.last
    return last is not None and last.agent_id == agent_id and last.outcome in _LOST


def choose(
    task: Task, candidates: Sequence[Agent], *, now: int, chance: Chance, are_all: bool = True
) -> Choice:
    """The best of the eligible candidates by the task's strategy; `are_all` when there are no others."""
    strategy = Strategy(task.strategy)
    refused = {agent.agent_id: why_not(agent, task, now=now) for agent in candidates}
    others_capable = not are_all or any(
        not lost_it(a.agent_id, task) and could_take(a, task, now=now) for a in candidates
    )
    for agent in candidates:
        if refused[agent.agent_id] is None and others_capable and lost_it(agent.agent_id, task):
            refused[agent.agent_id] = "was lost with this task, or did not start it"
    eligible = [agent for agent in candidates if refused[agent.agent_id] is None]
    pool = [a for a in eligible if a.status(now) is AgentStatus.ACTIVE] or eligible
    if strategy is Strategy.TRUST_WEIGHTED and len(pool) > 2:
        pool = chance.sample(pool, 2)
    scores = {a.agent_id: _SCORES[strategy](a, task.capability, now, chance) for a in pool}
    best = max(pool, key=lambda a: scores[a.agent_id], default=None)
    return Choice(best, _considered(candidates, scores, refused), strategy)


def _load(agent: Agent) -> float:
    return agent.in_flight / agent.max_concurrency


def _trust_weighted(agent: Agent, capability: str, now: int, chance: Chance) -> float:
    believed = agent.trust(capability, now=now)
    theta = chance.betavariate(believed.alpha, believed.beta)
    return theta * theta / (1 + _load(agent))


def _least_loaded(agent: Agent, _capability: str, _now: int, chance: Chance) -> float:
    return -_load(agent) + chance.random() * 1e-6


def _highest_trust(agent: Agent, capability: str, now: int, chance: Chance) -> float:
    return agent.trust(capability, now=now).mean + chance.random() * 1e-6


_SCORES: Mapping[Strategy, Callable[[Agent, str, int, Chance], float]] = {
    Strategy.TRUST_WEIGHTED: _trust_weighted,
    Strategy.LEAST_LOADED: _least_loaded,
    Strategy.HIGHEST_TRUST: _highest_trust,
}


def _considered(
    candidates: Sequence[Agent], scores: Mapping[str, float], refused: Mapping[str, str | None]
) -> tuple[Candidate, ...]:
    """Best first; those passed over say why."""
    ranked = sorted(candidates, key=lambda a: -scores.get(a.agent_id, -1.0))
    return tuple(
        Candidate(
            a.agent_id,
            round(scores[a.agent_id], 3) if a.agent_id in scores else None,
            refused[a.agent_id] or (None if a.agent_id in scores else "not drawn"),
        )
        for a in ranked
    )
