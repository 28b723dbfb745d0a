"""Who may have a task, and for everybody else why not: in words for people, and by name for programs."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain import versions
from chalicelib.domain.agent import Agent, AgentStatus, Wish
from chalicelib.domain.ids import mark
from chalicelib.domain.task import Outcome, Task

_LOST = frozenset({Outcome.AGENT_LOST, Outcome.NOT_STARTED})


class Reason(StrEnum):
    """Why an agent does not get a task, the farthest from having it first."""

    OTHER_TENANT = "other_tenant"
    LACKS_CAPABILITY = "lacks_capability"
    VERSION = "version"
    TAGS = "tags"
    OFFLINE = "offline"
    DRAINING = "draining"
    SUSPENDED = "suspended"
    BELOW_MIN_TRUST = "below_min_trust"
    LOST_IT = "lost_it"  # it was lost with this task, or let it lie
    FAILED_IT = "failed_it"
    FULL = "full"
    DEGRADED = "degraded"  # from here on: it might have had it, others were preferred
    PREFERRED_TAGS = "preferred_tags"
    NOT_DRAWN = "not_drawn"


class Refusal(NamedTuple):
    """Why not."""

    reason: Reason
    text: str

    def __str__(self) -> str:
        return self.text


_STATUSES: Mapping[AgentStatus, Reason] = {
    AgentStatus.OFFLINE: Reason.OFFLINE,
    AgentStatus.DRAINING: Reason.DRAINING,
    AgentStatus.SUSPENDED: Reason.SUSPENDED,
}


def why_not(agent: Agent, task: Task, *, now: int) -> Refusal | None:
    """Why this agent may not take this task now; None when it may."""
    for check in (_unable, _unavailable, _untrusted, _full):
        refusal = check(agent, task, now)
        if refusal is not None:
            return refusal
    return None


def _unable(agent: Agent, task: Task, _now: int) -> Refusal | None:
    """It could not do it at any time."""
    if agent.tenant != task.tenant:
        return Refusal(Reason.OTHER_TENANT, "of another tenant")
    if task.capability not in agent.profile.capabilities:
        return Refusal(Reason.LACKS_CAPABILITY, f"lacks {task.capability}")
    wanted = task.capability_version
    if wanted is not None:
        version = agent.profile.versions.get(task.capability)
        if version is None:
            return Refusal(Reason.VERSION, f"registered no version; {wanted} is asked for")
        if not versions.admits(wanted, version):
            return Refusal(Reason.VERSION, f"version {version} is not {wanted}")
    lacking = [tag for tag in task.required_tags if tag not in agent.profile.tags]
    return Refusal(Reason.TAGS, f"lacks the tag {', '.join(lacking)}") if lacking else None


def _unavailable(agent: Agent, _task: Task, now: int) -> Refusal | None:
    status = agent.status(now)
    if status not in _STATUSES:
        return None
    words = status.value.lower()
    if status is AgentStatus.SUSPENDED:
        words += f" for {-((now - agent.held_until) // 1000)} s more"
    elif status is AgentStatus.OFFLINE and not agent.left and agent.wish is not Wish.OFFLINE:
        words += f": its lease ended {(now - agent.lease_until) // 1000} s ago"
    return Refusal(_STATUSES[status], words)


def _untrusted(agent: Agent, task: Task, now: int) -> Refusal | None:
    if task.min_trust is None:
        return None
    trusted = agent.trust(task.capability, now=now).assured
    if trusted >= task.min_trust:
        return None
    return Refusal(Reason.BELOW_MIN_TRUST, f"trust {trusted:.2f} is below {task.min_trust:.2f}")


def _full(agent: Agent, _task: Task, _now: int) -> Refusal | None:
    if agent.free_slots > 0:
        return None
    return Refusal(Reason.FULL, f"full: holds {agent.in_flight} of {agent.slots}")


def could_take(agent: Agent, task: Task, *, now: int) -> bool:
    """Nothing but its load stands in the way."""
    return why_not(replace(agent, in_flight=0), task, now=now) is None


def lost_it(agent_id: str, task: Task) -> bool:
    """This agent was lost with this task, or let it lie."""
    last = task.last
    return last is not None and last.agent_id == agent_id and last.outcome in _LOST


def had_it(agent_id: str, task: Task) -> bool:
    """It was lost with this task or failed it: it gets it back only when nobody else is capable."""
    return lost_it(agent_id, task) or (bool(task.failed_by) and mark(agent_id) in task.failed_by)


def had_it_before(agent_id: str, task: Task) -> Refusal:
    """What such an agent is told."""
    if lost_it(agent_id, task):
        return Refusal(Reason.LOST_IT, "was lost with this task, or did not start it")
    return Refusal(Reason.FAILED_IT, "failed this task before")
