"""The model: what is known, and what the current step may have made of it."""

from dataclasses import dataclass, field
from typing import Any

from . import book
from .book import Task
from .fleet import Agent
from .minutes import Schedule
from .states import HELD, End, State

FAULTS = 5  # in a row
CHARGED = ("error", "timeout", "agent_lost")


@dataclass
class Model:
    """Between two looks the set of possible states of each task; each look leaves one."""

    tasks: dict[str, Task] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    keys: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # request and first answer
    may: dict[str, set[State]] = field(default_factory=dict)  # what the current step made of a task
    pulling: set[str] = field(default_factory=set)  # agents that may have taken work unseen
    is_nature_at_work: bool = False  # messages were handled: time and the router did what they do
    calm_since: int = 0  # no tick was missed, no message lost or late, no index lagged since

    def state(self, task_id: str) -> State:
        """As the current step, so far, must have left it."""
        (state,) = self.may.get(task_id, {self.tasks[task_id].state})
        return state

    def becomes(self, task_id: str, *after: State) -> None:
        """The current step makes one of these of it."""
        self.may[task_id] = set(after)

    def expects_nothing(self) -> bool:
        """The current step must have changed no task and made none."""
        known = all(task.row is not None for task in self.tasks.values())
        return known and all(self.tasks[i].state in states for i, states in self.may.items())

    def possible(self, task: Task, now: int) -> set[State]:
        """All that it may be by now."""
        found = set(self.may.get(task.task_id, {task.state}))
        if self.is_nature_at_work:
            found |= book.by_nature(task, self.agents, now)
        pulling = [self.agents[name] for name in self.pulling]
        return found | {t for state in found for t in book.takes(state, task.order, pulling, now)}

    def looked(self) -> None:
        """The next step begins."""
        self.may.clear()
        self.pulling.clear()
        self.is_nature_at_work = False

    def held_by(self, agent_id: str) -> list[Task]:
        """Its open tasks, as the current step leaves them."""
        return [
            task
            for task in self.tasks.values()
            for state in self.may.get(task.task_id, {task.state})
            if state.status in HELD and state.agent == agent_id
        ]

    def allows(self, agent: Agent, shown: str, now: int) -> bool:
        """Its status, or that it is held back: it failed at much, and in what order nobody was told."""
        expected = agent.status(now)
        return shown == expected or (
            shown == "SUSPENDED" and expected != "OFFLINE" and self._faults(agent.agent_id) >= FAULTS
        )

    def _faults(self, agent_id: str) -> int:
        """All that it was charged, at most."""
        ends: set[tuple[str, End]] = set()
        for task in self.tasks.values():
            for state in (task.state, *self.may.get(task.task_id, ())):
                ends |= {(task.task_id, end) for end in state.ends}
        return sum(end[1] == agent_id and end[2] in CHARGED for _, end in ends)

    def lingering(self, agent_id: str) -> list[Task]:
        """Cancelled tasks whose slot it keeps until it hears."""
        return [t for t in self.tasks.values() if t.lingers is not None and t.lingers.agent == agent_id]

    def load(self, agent_id: str) -> int:
        """The slots it uses."""
        return len(self.held_by(agent_id)) + len(self.lingering(agent_id))
