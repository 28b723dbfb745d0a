"""How things stand at one time: what waits and who works, from bounded samples of tasks and agents."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from chalicelib.values import dataclass

from .agent import Agent, AgentStatus
from .task import Task

TRUST_BOUNDS = tuple(n / 10 for n in range(1, 11))
TOP = 10


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """Taken at `at`, milliseconds UTC. `trust_counts` go with TRUST_BOUNDS, each bound included."""

    at: int
    waiting: int
    oldest_waiting_ms: int
    waiting_without_agent: int  # no live agent has their capability
    agents_by_status: Mapping[str, int]
    trust_counts: tuple[int, ...]
    trust_sum: float
    top: tuple[tuple[str, float], ...]  # the most trusted agents and their scores, best first
    findings: int  # invariants found broken in the sample


def taken(waiting: Sequence[Task], fleet: Sequence[Agent], *, now: int) -> Gauges:
    """Of tasks that wait and agents, of all tenants; agents that left do not count."""
    here = [agent for agent in fleet if not agent.left]
    by_status = Counter(agent.status(now) for agent in here)
    served = {
        (agent.tenant, name) for agent in here if agent.is_taking(now) for name in agent.profile.capabilities
    }
    scores = sorted(((agent.trust(None, now=now).mean, agent.agent_id) for agent in here), reverse=True)
    return Gauges(
        at=now,
        waiting=len(waiting),
        oldest_waiting_ms=max((now - task.created_at for task in waiting), default=0),
        waiting_without_agent=sum((task.tenant, task.capability) not in served for task in waiting),
        agents_by_status={status.value: by_status[status] for status in AgentStatus},
        trust_counts=_distributed([score for score, _ in scores]),
        trust_sum=round(sum(score for score, _ in scores), 4),
        top=tuple((agent_id, round(score, 4)) for score, agent_id in scores[:TOP]),
        findings=_findings(waiting, fleet, now=now),
    )


def _distributed(scores: Sequence[float]) -> tuple[int, ...]:
    counts = Counter(bisect_left(TRUST_BOUNDS, score) for score in scores)
    return tuple(counts[place] for place in range(len(TRUST_BOUNDS)))


def _findings(waiting: Sequence[Task], fleet: Sequence[Agent], *, now: int) -> int:
    """What the doctor would say of these rows, one by one."""
    from .invariants import OF_TASKS, Snapshot  # noqa: PLC0415 - for the tick, of all that start cold
    from .invariants.agents import watched_agents  # noqa: PLC0415 - as above

    sample = Snapshot(
        now=now,
        tasks={task.task_id: task for task in waiting},
        agents={agent.agent_id: agent for agent in fleet},
    )
    return sum(1 for check in (*OF_TASKS, watched_agents) for _ in check(sample))
