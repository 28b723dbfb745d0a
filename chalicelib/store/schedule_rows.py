"""Schedules and executions as rows: indexes and conditions read attributes, the rest is one JSON document."""

import json
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.content import Content
from chalicelib.domain.execution import GIVEN_UP, Execution
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.domain.task import RETENTION_S

from .adapters import adapter
from .tables import ExecutionRecord, ScheduleRecord

_ATTRIBUTES = {"schedule_id", "created_at", "status", "version", "failed_runs"}
_NOT_KEPT = _ATTRIBUTES | {"unreadable"}
_RUN_ATTRIBUTES = {"schedule_id", "slot", "status"}
_GIVEN_UP = sorted(status.value for status in GIVEN_UP)


def columns(schedule: Schedule, *, cid: str) -> dict[str, Any]:
    """The attributes of a schedule's row but its key, and `failed_runs`.

    What is over is deleted 30 days later. The document of one that could not be read stays as it is: somebody
    may still make sense of it.
    """
    text = adapter(Schedule).dump_json(schedule, exclude=_NOT_KEPT, exclude_defaults=True).decode()
    document = {"doc": text} if schedule.unreadable is None else {}
    is_over = schedule.status is ScheduleStatus.COMPLETED
    return document | {
        "client_key": f"{schedule.tenant}#{schedule.client_id}",
        "created_at": schedule.created_at,
        "status": schedule.status.value,
        "version": schedule.version,
        "cid": cid,
        "clock_shard": None if schedule.due_at is None else clock_shard(schedule.schedule_id),
        "due_at": schedule.due_at,
        "ttl": schedule.updated_at // 1000 + RETENTION_S if is_over else None,
    }


def actions_of(schedule: Schedule, *, cid: str) -> list[Action]:
    """All but `failed_runs`, which runs count up on their own when they end."""
    return [
        getattr(ScheduleRecord, name).remove() if value is None else getattr(ScheduleRecord, name).set(value)
        for name, value in columns(schedule, cid=cid).items()
    ]


def from_record(record: ScheduleRecord) -> Schedule:
    """The schedule of a row; raises ValueError, TypeError or RecursionError where it makes no sense."""
    keys = {name: getattr(record, name) for name in _ATTRIBUTES}
    return adapter(Schedule).validate_python(json.loads(record.doc) | keys)


def standing(record: ScheduleRecord) -> Schedule:
    """The same, and a stand-in for one that makes no sense, which is due when its row is and then FAILED.

    So one bad row ends neither the list it stands in nor the look of the clock.
    """
    try:
        return from_record(record)
    except (ValueError, TypeError, RecursionError) as error:
        return _stand_in(record, why=" ".join(str(error).split())[:300])


def _stand_in(record: ScheduleRecord, *, why: str) -> Schedule:
    tenant, _, client_id = (record.client_key or "").partition("#")
    text = f"its row cannot be read: {why}"
    return Schedule(
        schedule_id=record.schedule_id,
        tenant=tenant,
        client_id=client_id,
        created_at=int(record.created_at or 0),
        updated_at=int(record.created_at or 0),
        version=int(record.version),
        status=ScheduleStatus.FAILED if record.due_at is None else ScheduleStatus.ACTIVE,
        next_slot=None if record.due_at is None else int(record.due_at),
        failed_runs=int(record.failed_runs or 0),
        task_type="",
        capability="",
        document=Content("", inline="{}"),
        reason=text,
        unreadable=text,
    )


def run_record(execution: Execution) -> ExecutionRecord:
    """The row of an execution; what is over is deleted 30 days later."""
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


def without_run() -> Condition:
    """The slot has no execution, or was given up before."""
    given_up = ExecutionRecord.status.is_in(*_GIVEN_UP)
    condition: Condition = ExecutionRecord.schedule_id.does_not_exist() | given_up
    return condition
