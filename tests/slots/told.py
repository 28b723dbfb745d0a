"""A store of schedules that tells of each write when it is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.domain.execution import Execution
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from tests.fakes import FakeSchedules


class Write(NamedTuple):
    """The row before and after it, and the run that it made or ended."""

    kind: str
    before: Schedule | None
    after: Schedule | None
    run: Execution | None = None


def _nobody(_: Write) -> None:
    return None


@dataclass
class ToldSchedules(FakeSchedules):
    tell: Callable[[Write], None] = _nobody
    _is_part: bool = False  # of a larger write

    def _done(self, kind: str, schedule_id: str, write: Callable[[], object], run: Execution | None) -> None:
        before, self._is_part = self.rows.get(schedule_id), True
        try:
            write()
        finally:
            self._is_part = False
        self.tell(Write(kind, before, self.rows.get(schedule_id), run))

    def save(self, schedule: Schedule, *, was: int) -> None:
        if self._is_part:
            super().save(schedule, was=was)
            return
        write = super().save
        self._done("save", schedule.schedule_id, lambda: write(schedule, was=was), None)

    def delete(self, schedule: Schedule) -> None:
        write = super().delete
        self._done("delete", schedule.schedule_id, lambda: write(schedule), None)

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        write = super().fire
        self._done(
            "fire",
            schedule.schedule_id,
            lambda: write(schedule, was=was, task=task, execution=execution, given_up=given_up),
            execution,
        )

    def pass_over(self, schedule: Schedule, *, was: int, given_up: Sequence[Execution]) -> None:
        write = super().pass_over
        self._done(
            "pass_over", schedule.schedule_id, lambda: write(schedule, was=was, given_up=given_up), None
        )

    def settle(self, execution: Execution) -> bool:
        is_new = super().settle(execution)
        if is_new and not self._is_part:
            row = self.rows.get(execution.schedule_id)
            self.tell(Write("settle", row, row, execution))
        return is_new

    def end_run(self, execution: Execution, schedule: Schedule, *, was: int) -> bool:
        before, self._is_part = self.rows.get(execution.schedule_id), True
        try:
            is_new = super().end_run(execution, schedule, was=was)
        finally:
            self._is_part = False
        if is_new:
            self.tell(Write("settle", before, self.rows.get(execution.schedule_id), execution))
        return is_new
