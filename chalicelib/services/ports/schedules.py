"""Schedules, the ticks that look at them, and time that is given away piece by piece."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.domain.execution import Execution
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task

from .clocked import Clocked, Page


class ScheduleStore(Clocked, Protocol):
    """Schedules and their executions."""

    def add(self, schedule: Schedule) -> Schedule | None:
        """Put if absent; the row already there, or None when it was put."""

    def get(self, schedule_id: str) -> Schedule | None:
        """Strongly consistent."""

    def save(self, schedule: Schedule, *, was: int) -> None:
        """Raises LostRace unless the row stands at version `was`."""

    def delete(self, schedule: Schedule) -> None:
        """Fine when it is gone already. Raises LostRace when the row stands at another version."""

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        """All rows or none. LostRace when the schedule moved on, or the slot has a run, or its task exists.

        A slot that was given up before may be fired after all, or given up again; one that has a run neither.
        """

    def pass_over(self, schedule: Schedule, *, was: int, given_up: Sequence[Execution]) -> None:
        """The schedule moves on without a task, and the slots it gave up are recorded. LostRace as above."""

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[Schedule]:
        """Newest first."""

    def count_of_client(self, tenant: str, client_id: str, *, most: int) -> int:
        """How many it has, counted up to `most` (an index: it may lag)."""

    def page(self, *, limit: int, cursor: str | None) -> Page[Schedule]:
        """Through the whole table, in no promised order."""

    def execution(self, schedule_id: str, slot: int) -> Execution | None:
        """Strongly consistent."""

    def settle(self, execution: Execution) -> bool:
        """The outcome and, if it failed, the schedule's counter, once: False when it was already there."""

    def end_run(self, execution: Execution, schedule: Schedule, *, was: int) -> bool:
        """The same with the whole schedule, which changes by it. LostRace when the schedule moved on."""

    def executions(self, schedule_id: str, *, limit: int, cursor: str | None) -> Page[Execution]:
        """Newest slot first."""

    def executions_between(self, schedule_id: str, *, since: int, until: int) -> list[Execution]:
        """Of slots from `since` to `until`, both included, oldest first; the newest may be missing yet."""


class Limits(Protocol):
    """Times that are given away piece by piece: what is reserved at a rate, or lined up by turns."""

    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        """Where a piece of this length (milliseconds) begins that nobody else has: at `since`, or where the
        last piece ends if that is later. A piece whose caller dies is lost, never given twice.
        """


class TickStore(Protocol):
    """When the tick last ran."""

    def last(self) -> int | None:
        """Milliseconds UTC."""

    def mark(self, now: int) -> int | None:
        """The tick runs now; when it ran before."""
