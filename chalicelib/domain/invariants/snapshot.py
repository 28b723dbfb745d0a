"""What the invariants look at: the rows as they stand, and how the tasks came to be so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import RETENTION_S, Task
from chalicelib.domain.trust_events import Adjustment
from chalicelib.values import dataclass


class Step(NamedTuple):
    """One accepted write of a task's row; `before` is None when it was put. `at` in milliseconds UTC."""

    task_id: str
    before: Task | None
    after: Task
    at: int


class Claim(NamedTuple):
    """A lease given: the row before and after, and the agent's row at that moment."""

    before: Task
    after: Task
    agent: Agent
    now: int


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All rows at one time, by id; or a part of them, for those invariants that say so."""

    now: int
    tasks: Mapping[str, Task] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    executions: Sequence[Execution] = ()

    def execution_by_slot(self) -> dict[tuple[str, int], Execution]:
        """By schedule and slot."""
        return {(run.schedule_id, run.slot): run for run in self.executions}


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything that was accepted, oldest first; plain tuples of the same shape do as well.

    `buried` are ids of agents whose row was deleted, `adjusted` is what was added to trust later. `counted`
    holds the sum by metric; None when nobody counted, as a process that dies between a write and its count
    never does.
    """

    steps: Sequence[Step] = ()
    claims: Sequence[Claim] = ()
    buried: frozenset[str] = frozenset()
    adjusted: Sequence[Adjustment] = ()
    counted: Mapping[str, float] | None = None

    def by_task(self) -> dict[str, list[tuple[Task | None, Task]]]:
        """The rows before and after each write, by task."""
        found: dict[str, list[tuple[Task | None, Task]]] = defaultdict(list)
        for task_id, before, after, _ in self.steps:
            found[task_id].append((before, after))
        return found

    def changes(self) -> Iterator[tuple[Task, Task]]:
        """Every write of a row that was there."""
        return ((before, after) for _, before, after, _ in self.steps if before is not None)


def is_forgotten(ended_at: int | None, *, now: int) -> bool:
    """What ended so long ago may be deleted, at a time of the database's choosing."""
    return ended_at is not None and ended_at // 1000 + RETENTION_S <= now // 1000
