"""At rest: faults stopped long ago, agents came, and all that was to happen has happened."""

from collections.abc import Iterator

from .snapshot import Snapshot
from .violation import Violation, moment, of_agent, of_task

_WAIT = "see what it waits for: the tick (GET /ains/health), an agent that is able, or its own deadline"


def at_rest(s: Snapshot) -> list[Violation]:
    """7. Every task is over and settled, no slot is in use, and the clock waits for nothing that is over."""
    return [*_tasks(s), *_agents(s)]


def _tasks(s: Snapshot) -> Iterator[Violation]:
    for task in s.tasks.values():
        if not task.is_over:
            yield of_task(task, 7, f"is still {task.status}", _WAIT)
        if task.unsettled:
            yield of_task(task, 7, "is not settled: who waits for it does not know", _WAIT)
        if task.lease is not None:
            yield of_task(task, 7, f"is still held by {task.lease.agent_id}", _WAIT)
        if task.is_over and task.due_at is not None:
            yield of_task(task, 7, f"is over and still looked at {moment(task.due_at)}", _WAIT)


def _agents(s: Snapshot) -> Iterator[Violation]:
    for agent in s.agents.values():
        if agent.in_flight != 0:
            yield of_agent(agent, 7, f"still counts {agent.in_flight} tasks in flight", _WAIT)
