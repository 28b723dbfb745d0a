"""Schedules and their executions, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import LostRace
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.services.ports import DueRow, Page

from .pages import due_rows, paged
from .tasks import FakeTasks


@dataclass
class FakeSchedules:
    tasks: FakeTasks
    rows: dict[str, Schedule] = field(default_factory=dict)
    runs: dict[tuple[str, int], Execution] = field(default_factory=dict)

    def add(self, schedule: Schedule) -> Schedule | None:
        if schedule.schedule_id in self.rows:
            return self.rows[schedule.schedule_id]
        self.rows[schedule.schedule_id] = schedule
        return None

    def get(self, schedule_id: str) -> Schedule | None:
        return self.rows.get(schedule_id)

    def _check(self, schedule_id: str, was: int) -> Schedule:
        row = self.rows.get(schedule_id)
        if row is None or row.version != was:
            raise LostRace("the row changed between read and write")
        return row

    def save(self, schedule: Schedule, *, was: int) -> None:
        row = self._check(schedule.schedule_id, was)
        self.rows[schedule.schedule_id] = replace(schedule, failed_runs=row.failed_runs)

    def delete(self, schedule: Schedule) -> None:
        if schedule.schedule_id in self.rows:
            self._check(schedule.schedule_id, schedule.version)
            del self.rows[schedule.schedule_id]

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        self._check(schedule.schedule_id, was)
        before = self.runs.get((execution.schedule_id, execution.slot))
        if task.task_id in self.tasks.rows or (before is not None and before.is_run):
            raise LostRace("the row changed between read and write")
        self._pass_over(schedule, was, given_up)
        self.tasks.add(task)
        self.runs[execution.schedule_id, execution.slot] = execution

    def pass_over(self, schedule: Schedule, *, was: int, given_up: Sequence[Execution]) -> None:
        self._check(schedule.schedule_id, was)
        self._pass_over(schedule, was, given_up)

    def _pass_over(self, schedule: Schedule, was: int, given_up: Sequence[Execution]) -> None:
        new = {(run.schedule_id, run.slot): run for run in given_up}
        if any(self.runs[key].is_run for key in new.keys() & self.runs.keys()):
            raise LostRace("the row changed between read and write")
        self.save(schedule, was=was)
        self.runs |= new

    def count_of_client(self, tenant: str, client_id: str, *, most: int) -> int:
        mine = [s for s in self.rows.values() if (s.tenant, s.client_id) == (tenant, client_id)]
        return min(most, len(mine))

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[Schedule]:
        mine = [r for r in self.rows.values() if (r.tenant, r.client_id) == (tenant, client_id)]
        newest_first = sorted(mine, key=lambda row: -row.created_at)
        return paged(newest_first, limit=limit, cursor=cursor, of=f"schedules of {tenant}#{client_id}")

    def page(self, *, limit: int, cursor: str | None) -> Page[Schedule]:
        return paged(list(self.rows.values()), limit=limit, cursor=cursor, of="schedules")

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        return due_rows(self.rows, shard, until, limit, cursor)

    def execution(self, schedule_id: str, slot: int) -> Execution | None:
        return self.runs.get((schedule_id, slot))

    def settle(self, execution: Execution) -> bool:
        key = (execution.schedule_id, execution.slot)
        if key not in self.runs or self.runs[key].status is not ExecutionStatus.PENDING:
            return False
        self.runs[key] = execution
        row = self.rows.get(execution.schedule_id)
        if execution.status is ExecutionStatus.FAILED and row is not None:
            self.rows[execution.schedule_id] = replace(row, failed_runs=row.failed_runs + 1)
        return True

    def end_run(self, execution: Execution, schedule: Schedule, *, was: int) -> bool:
        before = self.runs.get((execution.schedule_id, execution.slot))
        if before is None or before.status is not ExecutionStatus.PENDING:
            return False
        self.save(schedule, was=was)
        return self.settle(execution)

    def executions_between(self, schedule_id: str, *, since: int, until: int) -> list[Execution]:
        slots = sorted(slot for owner, slot in self.runs if owner == schedule_id and since <= slot <= until)
        return [self.runs[schedule_id, slot] for slot in slots]

    def executions(self, schedule_id: str, *, limit: int, cursor: str | None) -> Page[Execution]:
        mine = sorted(
            (run for (owner, _), run in self.runs.items() if owner == schedule_id), key=lambda r: -r.slot
        )
        return paged(mine, limit=limit, cursor=cursor, of=f"runs of {schedule_id}")
