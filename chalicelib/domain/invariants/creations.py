"""Creating tasks: what was accepted stays, and stays what was asked for."""

from collections import Counter
from collections.abc import Iterator

from .snapshot import History, Snapshot, is_forgotten
from .violation import RowKind, Violation, of_task

ASKED = (
    "tenant",
    "client_id",
    "created_at",
    "task_type",
    "capability",
    "document",
    "max_retries",
    "request",
    "schedule_id",
    "slot",
)
_RESTORE = "restore the row to the second before (point-in-time recovery), and find out what else wrote it"
_FIND = "find out what else wrote this row; what its client was told is the truth"


def durable(s: Snapshot, history: History) -> Iterator[Violation]:
    """1. Each task that was ever put is there, as it was last written, until 30 days after its end."""
    last = {task_id: after for task_id, _, after, _ in history.steps}
    for task_id, written in last.items():
        row = s.tasks.get(task_id)
        if row is None and not is_forgotten(written.ended_at, now=s.now):
            yield of_task(written, 1, "is gone", _RESTORE)
        elif row is not None and row != written:
            yield of_task(written, 1, "is not what was written", _RESTORE)
    for task_id in s.tasks.keys() - last.keys():
        yield Violation(1, RowKind.TASK, task_id, "was never written", _FIND)


def created_once(_: Snapshot, history: History) -> Iterator[Violation]:
    """2. Each id was put once, and no write changes what was asked for."""
    times = Counter(task_id for task_id, before, _, _ in history.steps if before is None)
    for task_id, n in times.items():
        if n > 1:
            yield Violation(2, RowKind.TASK, task_id, f"was put {n} times", _FIND)
    for before, after in history.changes():
        for name in ASKED:
            if getattr(before, name) != getattr(after, name):
                yield of_task(after, 2, f"was asked for with another {name}", _FIND)
