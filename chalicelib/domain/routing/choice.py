"""The choice among candidates: pure, explained, and of a cost that does not grow with the fleet."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from chalicelib.domain.agent import Agent, AgentStatus
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .chance import Chance
from .eligibility import Reason, Refusal, could_take, had_it, had_it_before, why_not
from .strategies import Strategy, scores

TURN_SHARE = 0.005  # of all choices: what an agent that nobody prefers needs to earn trust anew
PROBE_SHARE = 0.1  # of the choices in which an agent could be probed
_NOT_DRAWN = Refusal(Reason.NOT_DRAWN, "not drawn")
_DEGRADED = Refusal(Reason.DEGRADED, "degraded, and others are well")
_FEWER_TAGS = Refusal(Reason.PREFERRED_TAGS, "has fewer of the preferred tags")


class By(StrEnum):
    """How the task came to its agent."""

    SCORE = "score"
    TURN = "turn"  # the longest without work, one choice in 200: whoever has healed is found out
    PROBE = "probe"  # the one task that an agent gets after a quarantine
    PULL = "pull"  # it had a free slot and took the task from the line


@dataclass(frozen=True)
class Candidate:
    """One agent that was looked at: its score, or why it was not taken."""

    agent_id: str
    score: float | None
    why_not: Refusal | None = None


@dataclass(frozen=True)
class Choice:
    """The agent chosen, or None when nobody may take the task now, and what was considered, best first."""

    agent: Agent | None
    considered: tuple[Candidate, ...]
    strategy: Strategy
    by: By = By.SCORE


def choose(
    task: Task, candidates: Sequence[Agent], *, now: int, chance: Chance, are_all: bool = True
) -> Choice:
    """The best of the eligible candidates by the task's strategy; `are_all` when there are no others."""
    strategy = Strategy(task.strategy)
    refused = refusals(task, candidates, now=now, are_all=are_all)
    pool = [agent for agent in candidates if agent.agent_id not in refused]
    pool = _well(pool, refused, now)
    pool = _tagged(pool, task, refused)
    pool, by = _drawn(pool, strategy, now, chance)
    scored = scores(strategy, pool, task.capability, now=now, chance=chance)
    score_by_id = {agent.agent_id: score for agent, score in zip(pool, scored, strict=True)}
    best = max(pool, key=lambda agent: score_by_id[agent.agent_id], default=None)
    return Choice(best, _considered(candidates, score_by_id, refused), strategy, by)


def pulled(agent: Agent, task: Task) -> Choice:
    """The agent itself took the task from the line."""
    return Choice(agent, (Candidate(agent.agent_id, None),), Strategy(task.strategy), By.PULL)


def refusals(task: Task, candidates: Sequence[Agent], *, now: int, are_all: bool) -> dict[str, Refusal]:
    """Why not, by agent, of those who may not have it. Who had it before may, when nobody else is capable."""
    refused = {agent.agent_id: why_not(agent, task, now=now) for agent in candidates}
    had = {agent.agent_id for agent in candidates if had_it(agent.agent_id, task)}
    if had:
        others = [agent for agent in candidates if agent.agent_id not in had]
        if not are_all or any(could_take(agent, task, now=now) for agent in others):
            refused |= {agent_id: refused[agent_id] or had_it_before(agent_id, task) for agent_id in had}
    return {agent_id: refusal for agent_id, refusal in refused.items() if refusal is not None}


def _well(pool: list[Agent], refused: dict[str, Refusal], now: int) -> list[Agent]:
    """The degraded come last."""
    well = [agent for agent in pool if agent.status(now) is AgentStatus.ACTIVE]
    if not well or len(well) == len(pool):
        return pool
    refused |= {agent.agent_id: _DEGRADED for agent in pool if agent.status(now) is not AgentStatus.ACTIVE}
    return well


def _tagged(pool: list[Agent], task: Task, refused: dict[str, Refusal]) -> list[Agent]:
    """Those with the most of the preferred tags."""
    if not task.preferred_tags or not pool:
        return pool
    matches = {a.agent_id: sum(tag in a.profile.tags for tag in task.preferred_tags) for a in pool}
    most = max(matches.values())
    refused |= {agent_id: _FEWER_TAGS for agent_id, count in matches.items() if count < most}
    return [agent for agent in pool if matches[agent.agent_id] == most]


def _drawn(pool: list[Agent], strategy: Strategy, now: int, chance: Chance) -> tuple[list[Agent], By]:
    """Those whose scores decide: all, unless it is somebody's turn."""
    on_probation = [agent for agent in pool if agent.streak.is_probation]
    if len(pool) > 1 and on_probation and chance.random() < PROBE_SHARE:
        return chance.sample(on_probation, 1), By.PROBE
    if strategy is Strategy.TRUST_WEIGHTED and len(pool) > 1 and chance.random() < TURN_SHARE:
        return [max(pool, key=lambda agent: agent.idle_ms(now))], By.TURN
    return pool, By.SCORE


def _considered(
    candidates: Sequence[Agent], score_by_id: Mapping[str, float], refused: Mapping[str, Refusal]
) -> tuple[Candidate, ...]:
    """Best first; those passed over say why."""
    ranked = sorted(
        candidates, key=lambda a: (a.agent_id not in score_by_id, -score_by_id.get(a.agent_id, 0))
    )
    return tuple(
        Candidate(a.agent_id, round(score_by_id[a.agent_id], 3))
        if a.agent_id in score_by_id
        else Candidate(a.agent_id, None, refused.get(a.agent_id, _NOT_DRAWN))
        for a in ranked
    )
