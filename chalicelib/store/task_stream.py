"""Records of the tasks table's stream, as Lambda hands them over."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.task import Task
from chalicelib.services.ports import Change

from .tables import TaskRecord
from .task_rows import from_record


def change(record: Mapping[str, Any]) -> Change:
    """The row before and after one write; None where there was, or is, no row."""
    told = record["dynamodb"]
    return Change(
        number=int(told["SequenceNumber"]),
        before=_task(told.get("OldImage")),
        after=_task(told.get("NewImage")),
    )


def _task(image: Mapping[str, Any] | None) -> Task | None:
    return from_record(TaskRecord.from_raw_data(dict(image))) if image else None
