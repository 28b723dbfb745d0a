"""Rows of any table: page by page, or again and strongly consistent. A row that makes no sense is told apart.

The stores read a page of rows or fail; whoever looks for broken rows has to get past them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pynamodb.connection import Connection
from pynamodb.models import Model

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.invariants import RowKind, Violation
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.store import agent_rows, reads, schedule_rows, task_rows
from chalicelib.store.tables import AgentRecord, ExecutionRecord, ScheduleRecord, TaskRecord

T = TypeVar("T")
PAGE = 1_000
NO_SENSE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
_ADVICE = (
    "nothing can be done with it as it is, not even by the clock: restore it to the second before"
    " (point-in-time recovery) and find out what wrote it"
)


@dataclass(frozen=True)
class Table(Generic[T]):
    """How the rows of one kind are kept."""

    kind: RowKind
    model: type[Model]
    read: Callable[[Any], T]

    def id_of(self, item: Mapping[str, Any]) -> str:
        """The id that a violation names: the key's parts."""
        names = (self.model._hash_keyname, self.model._range_keyname)
        return "#".join(str(next(iter(item[name].values()))) for name in names if name)

    def key_of(self, row_id: str) -> Any:
        """What `id_of` was made from."""
        if self.model._range_keyname is None:
            return row_id
        owner, _, slot = row_id.rpartition("#")
        return owner, int(slot)


TASKS: Table[Task] = Table(RowKind.TASK, TaskRecord, task_rows.from_record)
AGENTS: Table[Agent] = Table(RowKind.AGENT, AgentRecord, agent_rows.from_record)
SCHEDULES: Table[Schedule] = Table(RowKind.SCHEDULE, ScheduleRecord, schedule_rows.from_record)
EXECUTIONS: Table[Execution] = Table(RowKind.EXECUTION, ExecutionRecord, schedule_rows.run_from_record)
TABLES: Mapping[RowKind, Table[Any]] = {table.kind: table for table in (TASKS, AGENTS, SCHEDULES, EXECUTIONS)}


@dataclass
class Part(Generic[T]):
    """One page: its rows, and a violation for each that cannot be read."""

    rows: list[T] = field(default_factory=list)
    unreadable: list[Violation] = field(default_factory=list)


def unreadable(kind: RowKind, row_id: str, error: Exception) -> Violation:
    """1: accepted, and there, but of no use to anybody."""
    reason = " ".join(str(error).split())[:200]
    return Violation(1, kind, row_id, f"cannot be read: {type(error).__name__}: {reason}", _ADVICE)


@dataclass(frozen=True)
class Rows:
    """Of one deployment."""

    connection: Connection
    page: int = PAGE

    def pages(self, table: Table[T]) -> Iterator[Part[T]]:
        """Through a whole table, in no promised order; what is written meanwhile may be missing."""
        request: dict[str, Any] = {"TableName": table.model.Meta.table_name, "Limit": self.page}
        while True:
            answer = self.connection.dispatch("Scan", dict(request))
            yield _part(table, answer.get("Items", []))
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def all(self, table: Table[T], keys: Sequence[Any]) -> list[T]:
        """Strongly consistent, unknown ones left out; raises one of NO_SENSE if a row makes none."""
        return [table.read(row) for row in reads.rows_of(self.connection, table.model, keys)]

    def one(self, table: Table[T], key: Any) -> T | None:
        """The same for a single row."""
        return next(iter(self.all(table, [key])), None)

    def sound(self, table: Table[T], keys: Sequence[Any]) -> list[T]:
        """The same, and those that make no sense are left out too."""
        try:
            return self.all(table, keys)
        except NO_SENSE:
            return [row for key in dict.fromkeys(keys) if (row := self._sound(table, key)) is not None]

    def _sound(self, table: Table[T], key: Any) -> T | None:
        try:
            return self.one(table, key)
        except NO_SENSE:
            return None


def _part(table: Table[T], items: Sequence[Mapping[str, Any]]) -> Part[T]:
    part: Part[T] = Part()
    for item in items:
        try:
            part.rows.append(table.read(table.model.from_raw_data(dict(item))))
        except NO_SENSE as error:
            part.unreadable.append(unreadable(table.kind, table.id_of(item), error))
    return part
