"""Records of the tasks table's stream, as Lambda hands them over."""

from collections.abc import Mapping
from typing import Any

from chalicelib.services.ports import Change

from .task_rows import countable, remains


def change(record: Mapping[str, Any]) -> Change:
    """How the task stood before and after one write; None where there was, or is, no row."""
    told = record["dynamodb"]
    before, after = told.get("OldImage"), told.get("NewImage")
    return Change(
        number=int(told["SequenceNumber"]),
        before=countable(before) if before else None,
        after=countable(after) if after else None,
        left=remains(before) if before and not after else None,
    )
