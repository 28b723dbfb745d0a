"""Why a task is not at work: in words for people, and by name for programs."""

from collections import Counter
from collections.abc import Sequence

from chalicelib.values import dataclass

from .agent import Agent
from .routing import Choice, Reason
from .task import Status, Task

OVER, HELD, BLOCKED, NOT_BEFORE, BACKING_OFF = "over", "held", "blocked", "not_before", "backing_off"
EXPIRED, READY, NO_AGENT, ALL_FULL = "expired", "ready", "no_agent", "all_full"
_ORDER = list(Reason)
_PHRASES = {
    Reason.OTHER_TENANT: "of another tenant",
    Reason.LACKS_CAPABILITY: "without the capability",
    Reason.VERSION: "of another version",
    Reason.TAGS: "without a required tag",
    Reason.OFFLINE: "offline",
    Reason.DRAINING: "draining",
    Reason.SUSPENDED: "suspended",
    Reason.BELOW_MIN_TRUST: "below the minimum trust",
    Reason.LOST_IT: "lost with this task before",
    Reason.FAILED_IT: "failed this task before",
    Reason.FULL: "full",
}


@dataclass(frozen=True)
class Cause:
    """`reason` is one of the names above, or that of the refusal (routing.Reason) nearest to a yes.

    `until` says when it ends by itself, in milliseconds UTC, where that is known.
    """

    reason: str
    text: str
    until: int | None = None


def outside(task: Task, *, now: int) -> Cause | None:
    """Why no agent is looked for; None when the task stands in line."""
    if task.is_over:
        return Cause(OVER, f"it is {task.status}: nothing happens to it any more")
    if task.lease is not None:
        lease, has = task.lease, "has begun" if task.status is Status.ACTIVE else "has not begun yet"
        return Cause(HELD, f"agent {lease.agent_id} holds it and {has}", lease.ends_at)
    if task.status is Status.BLOCKED:
        return Cause(BLOCKED, "tasks that it depends on are not over yet")
    return _before_its_time(task, now)


def _before_its_time(task: Task, now: int) -> Cause | None:
    if task.ready_at is not None and task.last is not None:
        text = f"attempt {task.attempt} failed; it is tried again when its backoff is over"
        return Cause(BACKING_OFF, text, task.ready_at)
    if task.ready_at is not None:
        return Cause(NOT_BEFORE, "its client wants it to start later", task.ready_at)
    if task.has_expired(now):
        return Cause(EXPIRED, "it waited longer than its client wished, and is about to fail")
    return None


def in_line(choice: Choice) -> Cause:
    """Why it stands in line, by what became of the agents that were looked at."""
    if choice.agent is not None:
        name = choice.agent.agent_id
        return Cause(READY, f"agent {name} may have it: the next dispatch or the next free agent takes it")
    reasons = [c.why_not.reason for c in choice.considered if c.why_not is not None]
    if not reasons:
        return Cause(NO_AGENT, "no agent has registered its capability")
    counted = Counter(reasons)
    parts = [f"{counted[reason]} {_PHRASES[reason]}" for reason in reversed(_ORDER) if counted[reason]]
    nearest = max(reasons, key=_ORDER.index)
    name = ALL_FULL if nearest is Reason.FULL else nearest.value
    return Cause(name, f"of {_agents(len(reasons))} looked at none may have it now: {', '.join(parts)}")


def _agents(count: int) -> str:
    return "1 agent" if count == 1 else f"{count} agents"


def next_free_ms(agents: Sequence[Agent], choice: Choice, task: Task, *, fleet: int) -> int | None:
    """How long until one of the full agents is likely free; None where it is not known how long they take.

    Each slot in use ends after a response time of its agent on average, so that their rates add up. `fleet`
    is the number of agents of whom these were drawn.
    """
    refused = [(c.agent_id, c.why_not.reason) for c in choice.considered if c.why_not is not None]
    full = {agent_id for agent_id, reason in refused if reason is Reason.FULL}
    rate = 0.0
    for agent in agents:
        response = agent.response_ms(task.capability)
        if agent.agent_id in full and response:
            rate += agent.in_flight / response
    return round(len(agents) / (rate * max(fleet, len(agents)))) if rate else None
