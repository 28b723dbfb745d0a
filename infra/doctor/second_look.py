"""Whether what looks wrong stands: its row and all that it is judged by, strongly consistent, read twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.domain import queueing
from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.invariants import OF_AGENTS, RowKind, Snapshot, Violation, violations
from chalicelib.domain.invariants.schedules import Tally, miscounted, standing, tallied
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.services.ports import ScheduleStore, TaskStore

from .rows import AGENTS, EXECUTIONS, NO_SENSE, SCHEDULES, TABLES, TASKS, Rows, unreadable

INBOX = 100
RUNS = 1_000


class Suspect(NamedTuple):
    """What is looked at again: whether this invariant holds for this row."""

    number: int
    kind: RowKind
    row_id: str


class Sighting(NamedTuple):
    """What was seen; `form` is all that must be the same later for it to be the same thing."""

    found: tuple[Violation, ...]
    form: object


@dataclass(frozen=True)
class SecondLook:
    """`held` are tasks that were seen held: an agent's inbox is an index, which may not show them yet."""

    rows: Rows
    tasks: TaskStore
    schedules: ScheduleStore
    held: Callable[[], Iterable[Task]]
    clock: Callable[[], int]
    settle: Callable[[], None]

    def standing(self, suspects: Iterable[Suspect]) -> tuple[list[Violation], int]:
        """Those that stand unchanged, and how many moved on under our eyes while they looked wrong."""
        first = {suspect: self.look(suspect) for suspect in dict.fromkeys(suspects)}
        wrong = {suspect: sighting for suspect, sighting in first.items() if sighting.found}
        if not wrong:
            return [], 0
        self.settle()
        again = {suspect: self.look(suspect) for suspect in wrong}
        stands = [s for s, sighting in again.items() if sighting.found and sighting.form == wrong[s].form]
        moved = sum(1 for s, sighting in again.items() if sighting.found and s not in stands)
        return [violation for s in stands for violation in again[s].found], moved

    def look(self, suspect: Suspect) -> Sighting:
        """Once. What cannot be judged, since a row beside it makes no sense, is not found."""
        if suspect.number == 1:
            return self._unreadable(suspect)
        try:
            found, form = self._judged(suspect)
        except NO_SENSE:
            return Sighting((), None)
        return Sighting(tuple(v for v in found if (v.number, v.kind, v.row_id) == suspect), form)

    def _unreadable(self, suspect: Suspect) -> Sighting:
        table = TABLES[suspect.kind]
        try:
            self.rows.one(table, table.key_of(suspect.row_id))
        except NO_SENSE as error:
            return Sighting((unreadable(suspect.kind, suspect.row_id, error),), str(error))
        return Sighting((), None)

    def _judged(self, suspect: Suspect) -> tuple[Iterable[Violation], object]:
        if suspect.kind is RowKind.TASK:
            return self._task(suspect.row_id)
        if suspect.kind is RowKind.AGENT:
            return self._agent(suspect.row_id)
        if suspect.kind is RowKind.SCHEDULE:
            return self._schedule(suspect.row_id)
        return self._execution(suspect.row_id)

    def _task(self, task_id: str) -> tuple[Iterable[Violation], object]:
        """By its holder, its schedule and its slot's execution."""
        task = self.rows.one(TASKS, task_id)
        if task is None:
            return (), None
        agent = self.rows.one(AGENTS, task.lease.agent_id) if task.lease else None
        schedule = self.rows.one(SCHEDULES, task.schedule_id) if task.schedule_id else None
        slot = (task.schedule_id, task.slot)
        run = self.rows.one(EXECUTIONS, slot) if None not in slot else None
        return violations(self._snapshot(task, agent, schedule, run)), task

    def _execution(self, row_id: str) -> tuple[Iterable[Violation], object]:
        """By its task and its schedule."""
        run = self.rows.one(EXECUTIONS, EXECUTIONS.key_of(row_id))
        if run is None:
            return (), None
        task = self.rows.one(TASKS, run.task_id) if run.task_id is not None else None
        schedule = self.rows.one(SCHEDULES, run.schedule_id)
        return violations(self._snapshot(task, schedule, run)), (run, task)

    def _schedule(self, schedule_id: str) -> tuple[Iterable[Violation], object]:
        """By its executions, counted before it is read: it counts in one transaction with each."""
        known = self.rows.one(SCHEDULES, schedule_id)
        kept = Tally() if known is None else self._kept(known)
        schedule = self.rows.one(SCHEDULES, schedule_id)
        if schedule is None:
            return (), None
        return [*standing(self._snapshot(schedule)), *miscounted(schedule, kept)], schedule

    def _kept(self, schedule: Schedule) -> Tally:
        tallies: dict[str, Tally] = {schedule.schedule_id: Tally()}
        cursor: str | None = None
        while True:
            page = self.schedules.executions(schedule.schedule_id, limit=RUNS, cursor=cursor)
            for run in page.items:
                tallied({schedule.schedule_id: schedule}, tallies, run)
            cursor = page.cursor
            if cursor is None:
                return tallies[schedule.schedule_id]

    def _agent(self, agent_id: str) -> tuple[Iterable[Violation], object]:
        """By all that it holds. Heartbeats move its row, so its form is what it holds and counts."""
        agent = self.rows.one(AGENTS, agent_id)
        if agent is None:
            return (), None
        ids = {task.task_id for task in self.held() if task.lease and task.lease.agent_id == agent_id}
        ids |= set(self._inbox(agent_id))
        tasks = [t for t in self.rows.all(TASKS, sorted(ids)) if t.lease and t.lease.agent_id == agent_id]
        found = _found(self._snapshot(agent, *tasks))
        return found, (agent.in_flight, agent.due_at, [(t.task_id, t.token) for t in tasks])

    def _inbox(self, agent_id: str) -> Iterator[str]:
        cursor: str | None = None
        while True:
            page = self.tasks.standing(queueing.inbox(agent_id), limit=INBOX, after=cursor)
            yield from (place.task_id for place in page.items)
            cursor = page.cursor
            if cursor is None:
                return

    def _snapshot(self, *rows: Task | Agent | Schedule | Execution | None) -> Snapshot:
        """Of these alone."""
        return Snapshot(
            now=self.clock(),
            tasks={row.task_id: row for row in rows if isinstance(row, Task)},
            agents={row.agent_id: row for row in rows if isinstance(row, Agent)},
            schedules={row.schedule_id: row for row in rows if isinstance(row, Schedule)},
            executions=[row for row in rows if isinstance(row, Execution)],
        )


def _found(snapshot: Snapshot) -> list[Violation]:
    return [violation for check in OF_AGENTS for violation in check(snapshot)]
