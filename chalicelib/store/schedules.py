"""Schedules and their executions in DynamoDB."""

from collections.abc import Sequence

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.services.ports import DueRow, Page

from . import paging, tasks
from .reads import rows_of
from .schedule_rows import actions_of, columns, run_from_record, run_record, standing, without_run
from .tables import ExecutionRecord, ScheduleRecord, TaskRecord
from .writes import Refused, Writes

_PENDING = ExecutionRecord.status == ExecutionStatus.PENDING.value
_FAILED = ScheduleRecord.failed_runs.add(1)
RANGE_PAGE = 1_000


def _move(
    transaction: TransactWrite, schedule: Schedule, *, was: int, cid: str, also: Sequence[Action] = ()
) -> None:
    transaction.update(
        ScheduleRecord(schedule.schedule_id),
        actions=[*actions_of(schedule, cid=cid), *also],
        condition=ScheduleRecord.version == was,
        return_values="ALL_OLD",
    )


def _record(transaction: TransactWrite, given_up: Sequence[Execution]) -> None:
    for execution in given_up:
        transaction.save(run_record(execution), condition=without_run())


class DynamoSchedules:
    """services.ports.ScheduleStore over the schedules and executions tables."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def add(self, schedule: Schedule) -> Schedule | None:
        cid = self._writes.new_call_id()
        record = ScheduleRecord(schedule.schedule_id, failed_runs=0, **columns(schedule, cid=cid))
        absent = ScheduleRecord.schedule_id.does_not_exist()
        try:
            self._writes.once(lambda: record.save(condition=absent), cid=cid)
        except Refused as refused:
            return standing(ScheduleRecord.from_raw_data(dict(refused.item or {})))
        return None

    def get(self, schedule_id: str) -> Schedule | None:
        try:
            return standing(ScheduleRecord.get(schedule_id, consistent_read=True))
        except ScheduleRecord.DoesNotExist:
            return None

    def save(self, schedule: Schedule, *, was: int) -> None:
        cid = self._writes.new_call_id()
        record = ScheduleRecord(schedule.schedule_id)
        actions = actions_of(schedule, cid=cid)
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

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        cid = self._writes.new_call_id()

        def fill(transaction: TransactWrite) -> None:
            transaction.save(
                tasks.to_record(task, cid=cid),
                condition=TaskRecord.task_id.does_not_exist(),
                return_values="ALL_OLD",
            )
            transaction.save(run_record(execution), condition=without_run())
            _move(transaction, schedule, was=was, cid=cid)
            _record(transaction, given_up)

        self._writes.together(fill, cid=cid)

    def pass_over(self, schedule: Schedule, *, was: int, given_up: Sequence[Execution]) -> None:
        if not given_up:
            self.save(schedule, was=was)
            return
        cid = self._writes.new_call_id()

        def fill(transaction: TransactWrite) -> None:
            _move(transaction, schedule, was=was, cid=cid)
            _record(transaction, given_up)

        self._writes.together(fill, cid=cid)

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[Schedule]:
        key = f"{tenant}#{client_id}"
        keys, after = paging.queried(
            ScheduleRecord.client, key, limit=limit, cursor=cursor, newest_first=True
        )
        rows = rows_of(self._writes.connection, ScheduleRecord, [key.schedule_id for key in keys])
        return Page(tuple(map(standing, rows)), after)

    def count_of_client(self, tenant: str, client_id: str, *, most: int) -> int:
        return min(most, ScheduleRecord.client.count(f"{tenant}#{client_id}", limit=most))

    def page(self, *, limit: int, cursor: str | None) -> Page[Schedule]:
        rows, after = paging.scanned(ScheduleRecord, limit=limit, cursor=cursor)
        return Page(tuple(map(standing, rows)), after)

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

        def fill(transaction: TransactWrite) -> None:
            transaction.save(run_record(execution), condition=_PENDING)
            if execution.status is ExecutionStatus.FAILED:
                transaction.update(
                    ScheduleRecord(execution.schedule_id),
                    actions=[_FAILED],
                    condition=ScheduleRecord.schedule_id.exists(),
                )

        try:
            self._writes.together(fill, cid=cid)
        except Refused as refused:
            return self._settled_alone(execution, cid=cid) if refused.position == 1 else False
        return True

    def end_run(self, execution: Execution, schedule: Schedule, *, was: int) -> bool:
        cid = self._writes.new_call_id()
        failures = [_FAILED] if execution.status is ExecutionStatus.FAILED else []

        def fill(transaction: TransactWrite) -> None:
            transaction.save(run_record(execution), condition=_PENDING)
            _move(transaction, schedule, was=was, cid=cid, also=failures)

        try:
            self._writes.together(fill, cid=cid)
        except Refused as refused:
            if refused.position == 0:
                return False
            raise
        return True

    def _settled_alone(self, execution: Execution, *, cid: str) -> bool:
        """Its schedule was deleted meanwhile: there is no counter to keep."""
        record = run_record(execution)
        try:
            self._writes.once(lambda: record.save(condition=_PENDING), cid=cid)
        except Refused:
            return False
        return True

    def executions(self, schedule_id: str, *, limit: int, cursor: str | None) -> Page[Execution]:
        rows, after = paging.queried(
            ExecutionRecord, schedule_id, limit=limit, cursor=cursor, newest_first=True
        )
        return Page(tuple(map(run_from_record, rows)), after)

    def executions_between(self, schedule_id: str, *, since: int, until: int) -> list[Execution]:
        found: list[Execution] = []
        within, cursor = ExecutionRecord.slot.between(since, until), None
        while True:
            rows, cursor = paging.queried(
                ExecutionRecord, schedule_id, within, limit=RANGE_PAGE, cursor=cursor
            )
            found += map(run_from_record, rows)
            if cursor is None:
                return found
