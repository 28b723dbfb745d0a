"""One walk through all tables in pieces: whatever looks wrong. A live system moves while it is read.

What is kept in memory is agents, schedules and tasks that somebody holds; of all else, a page at a time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.invariants import OF_AGENTS, OF_TASKS, Snapshot, Violation
from chalicelib.domain.invariants.executions import OF_MADE_TASKS, OF_RUNS
from chalicelib.domain.invariants.schedules import Tally, miscounted, standing, tallied
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task

from .rows import AGENTS, EXECUTIONS, SCHEDULES, TASKS, Part, Rows, Table

T = TypeVar("T")
Progress = Callable[[str, int], None]
Check = Callable[[Snapshot], Iterable[Violation]]


@dataclass
class Examination:
    """`progress` hears a table's name and how many of its rows were read so far."""

    rows: Rows
    clock: Callable[[], int]
    progress: Progress
    read: Counter[str] = field(default_factory=Counter)
    agents: dict[str, Agent] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    held: dict[str, Task] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def suspects(self) -> Iterator[Violation]:
        """Everything that looks wrong, to be looked at again."""
        for agents in self._pages(AGENTS, "agents"):
            self.agents |= {agent.agent_id: agent for agent in agents.rows}
            yield from agents.unreadable
        for schedules in self._pages(SCHEDULES, "schedules"):
            self.schedules |= {schedule.schedule_id: schedule for schedule in schedules.rows}
            yield from schedules.unreadable
        for tasks in self._pages(TASKS, "tasks"):
            yield from tasks.unreadable
            yield from self._of_tasks(tasks.rows)
        yield from _found(Snapshot(now=self.clock(), tasks=self.held, agents=self.agents), OF_AGENTS)
        for runs in self._pages(EXECUTIONS, "executions"):
            yield from runs.unreadable
            yield from self._of_runs(runs.rows)
        yield from standing(Snapshot(now=self.clock(), schedules=self.schedules))
        for schedule in self.schedules.values():
            yield from miscounted(schedule, self.tallies[schedule.schedule_id])

    def _pages(self, table: Table[T], name: str) -> Iterator[Part[T]]:
        for part in self.rows.pages(table):
            self.read[name] += len(part.rows) + len(part.unreadable)
            self.progress(name, self.read[name])
            yield part

    def _of_tasks(self, tasks: list[Task]) -> Iterator[Violation]:
        self.held |= {task.task_id: task for task in tasks if task.lease is not None}
        slots = [(t.schedule_id, t.slot) for t in tasks if t.schedule_id is not None and t.slot is not None]
        snapshot = Snapshot(
            now=self.clock(),
            tasks={task.task_id: task for task in tasks},
            schedules=self.schedules,
            executions=self.rows.sound(EXECUTIONS, slots),
        )
        yield from _found(snapshot, (*OF_TASKS, *OF_MADE_TASKS))

    def _of_runs(self, runs: list[Execution]) -> Iterator[Violation]:
        for run in runs:
            tallied(self.schedules, self.tallies, run)
        tasks = self.rows.sound(TASKS, [run.task_id for run in runs if run.task_id is not None])
        snapshot = Snapshot(
            now=self.clock(),
            tasks={task.task_id: task for task in tasks},
            schedules=self.schedules,
            executions=runs,
        )
        yield from _found(snapshot, OF_RUNS)


def _found(snapshot: Snapshot, checks: Iterable[Check]) -> Iterator[Violation]:
    for check in checks:
        yield from check(snapshot)
