"""Schedules and their executions in DynamoDB."""

import json
from typing import Any

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.ids import clock_shard
from chalicelib.domain.schedule import Execution, ExecutionStatus, Schedule
from chalicelib.domain.task import RETENTION_S, Task
from chalicelib.services.ports import DueRow, Page

from . import paging, tasks
from .adapters import adapter
from .reads import rows_of
from .tables import ExecutionRecord, ScheduleRecord, TaskRecord
from .writes import Refused, Writes

_ATTRIBUTES = {"schedule_id", "created_at", "status", "version", "failed_runs"}
_RUN_ATTRIBUTES = {"schedule_id", "slot", "status"}


def _columns(schedule: Schedule, *, cid: str) -> dict[str, Any]:
    return {
        "client_key": f"{schedule.tenant}#{schedule.client_id}",
        "created_at": schedule.created_at,
        "status": schedule.status.value,
        "version": schedule.version,
        "cid": cid,
        "clock_shard": None if schedule.due_at is None else clock_shard(schedule.schedule_id),
        "due_at": schedule.due_at,
        "doc": adapter(Schedule).dump_json(schedule, exclude=_ATTRIBUTES, exclude_defaults=True).decode(),
    }


def _actions(schedule: Schedule, *, cid: str) -> list[Action]:
    """All but `failed_runs`, which runs count up on their own when they end."""
    return [
        getattr(ScheduleRecord, name).remove() if value is None else getattr(ScheduleRecord, name).set(value)
        for name, value in _columns(schedule, cid=cid).items()
    ]


def from_record(record: ScheduleRecord) -> Schedule:
    """The schedule of a row."""
    keys = {name: getattr(record, name) for name in _ATTRIBUTES}
    return adapter(Schedule).validate_python(json.loads(record.doc) | keys)


def _run_record(execution: Execution) -> ExecutionRecord:
    return ExecutionRecord(
        execution.schedule_id,
        execution.slot,
        status=execution.status.value,
        doc=adapter(Execution).dump_json(execution, exclude=_RUN_ATTRIBUTES, exclude_defaults=True).decode(),
        ttl=None if execution.ended_at is None else execution.ended_at // 1000 + RETENTION_S,
    )


def run_from_record(record: ExecutionRecord) -> Execution:
    """The execution of a row."""
    keys = {name: getattr(record, name) for name in _RUN_ATTRIBUTES}
    return adapter(Execution).validate_python(json.loads(record.doc) | keys)


class DynamoSchedules:
    """services.ports.ScheduleStore over the schedules and executions tables."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def add(self, schedule: Schedule) -> Schedule | None:
        cid = self._writes.new_call_id()
        record = ScheduleRecord(schedule.schedule_id, failed_runs=0, **_columns(schedule, cid=cid))
        absent = ScheduleRecord.schedule_id.does_not_exist()
        try:
            self._writes.once(lambda: record.save(condition=absent), cid=cid)
        except Refused as refused:
            return from_record(ScheduleRecord.from_raw_data(dict(refused.item or {})))
        return None

    def get(self, schedule_id: str) -> Schedule | None:
        try:
            return from_record(ScheduleRecord.get(schedule_id, consistent_read=True))
        except ScheduleRecord.DoesNotExist:
            return None

    def save(self, schedule: Schedule, *, was: int) -> None:
        cid = self._writes.new_call_id()
        record = ScheduleRecord(schedule.schedule_id)
        actions = _actions(schedule, cid=cid)
        self._writes.once(
            lambda: record.update(actions=actions, condition=ScheduleRecord.version == was), cid=cid
        )

    def delete(self, schedule: Schedule) -> None:
        record = ScheduleRecord(schedule.schedule_id)
        unchanged = ScheduleRecord.version == schedule.version
        try:
            self._writes.once(lambda: record.delete(condition=unchanged), cid="")
        except Refused as refused:
            if refused.item is not None:
                raise

    def fire(self, schedule: Schedule, *, was: int, task: Task, execution: Execution) -> None:
        cid = self._writes.new_call_id()

        def fill(transaction: TransactWrite) -> None:
            transaction.save(
                tasks.to_record(task, cid=cid),
                condition=TaskRecord.task_id.does_not_exist(),
                return_values="ALL_OLD",
            )
            transaction.save(_run_record(execution), condition=ExecutionRecord.schedule_id.does_not_exist())
            transaction.update(
                ScheduleRecord(schedule.schedule_id),
                actions=_actions(schedule, cid=cid),
                condition=ScheduleRecord.version == was,
                return_values="ALL_OLD",
            )

        self._writes.together(fill, cid=cid)

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[Schedule]:
        key = f"{tenant}#{client_id}"
        keys, after = paging.queried(
            ScheduleRecord.client, key, limit=limit, cursor=cursor, newest_first=True
        )
        rows = rows_of(self._writes.connection, ScheduleRecord, [key.schedule_id for key in keys])
        return Page(tuple(map(from_record, rows)), after)

    def page(self, *, limit: int, cursor: str | None) -> Page[Schedule]:
        rows, after = paging.scanned(ScheduleRecord, limit=limit, cursor=cursor)
        return Page(tuple(map(from_record, rows)), after)

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        by_then = ScheduleRecord.due_at <= until
        rows, after = paging.queried(ScheduleRecord.clock, shard, by_then, limit=limit, cursor=cursor)
        return Page(tuple(DueRow(row.schedule_id, int(row.due_at or 0)) for row in rows), after)

    def execution(self, schedule_id: str, slot: int) -> Execution | None:
        try:
            return run_from_record(ExecutionRecord.get(schedule_id, slot, consistent_read=True))
        except ExecutionRecord.DoesNotExist:
            return None

    def settle(self, execution: Execution) -> bool:
        cid = self._writes.new_call_id()
        pending = ExecutionRecord.status == ExecutionStatus.PENDING.value

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_run_record(execution), condition=pending)
            if execution.status is ExecutionStatus.FAILED:
                transaction.update(
                    ScheduleRecord(execution.schedule_id),
                    actions=[ScheduleRecord.failed_runs.add(1)],
                    condition=ScheduleRecord.schedule_id.exists(),
                )

        try:
            self._writes.together(fill, cid=cid)
        except Refused as refused:
            return self._settled_alone(execution, cid=cid) if refused.position == 1 else False
        return True

    def _settled_alone(self, execution: Execution, *, cid: str) -> bool:
        """Its schedule was deleted meanwhile: there is no counter to keep."""
        record = _run_record(execution)
        pending = ExecutionRecord.status == ExecutionStatus.PENDING.value
        try:
            self._writes.once(lambda: record.save(condition=pending), cid=cid)
        except Refused:
            return False
        return True

    def executions(self, schedule_id: str, *, limit: int, cursor: str | None) -> Page[Execution]:
        rows, after = paging.queried(
            ExecutionRecord, schedule_id, limit=limit, cursor=cursor, newest_first=True
        )
        return Page(tuple(map(run_from_record, rows)), after)
