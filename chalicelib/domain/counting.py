"""What one write of a task's row adds to the counters: a pure function of how it stood before and after."""

from collections import Counter
from collections.abc import Mapping
from typing import Self

from chalicelib.values import dataclass

from .task import OVER, Outcome, Status, Task

_BY_OUTCOME = {Outcome.TIMEOUT: "tasks_timed_out_total", Outcome.AGENT_LOST: "tasks_agent_lost_total"}


@dataclass(frozen=True, kw_only=True)
class Countable:
    """As much of a task as the counters look at. `ended` is the token of its last assignment that ended."""

    status: Status
    token: int = 0
    attempt: int = 0
    ended: int | None = None
    outcome: Outcome | None = None
    is_retry: bool = False  # it was made in another's place

    @classmethod
    def of(cls, task: Task) -> Self:
        """How a task stands."""
        return cls(
            status=task.status,
            token=task.token,
            attempt=task.attempt,
            ended=None if task.last is None else task.last.token,
            outcome=None if task.last is None else task.last.outcome,
            is_retry=task.retry_of is not None,
        )


def counted(before: Countable | None, after: Countable | None) -> Mapping[str, int]:
    """Counts by metric. `before` is None for a new row, `after` for one whose retention is over."""
    counts: Counter[str] = Counter()
    if after is None:
        return counts
    if before is None:
        counts["tasks_created_total"] += 1
        counts["tasks_redriven_total"] += after.is_retry
        return +counts
    if after.status in OVER and before.status not in OVER:
        counts[f"tasks_{after.status.value.lower()}_total"] += 1
    if after.ended != before.ended and after.outcome in _BY_OUTCOME:
        counts[_BY_OUTCOME[after.outcome]] += 1
    counts["tasks_assigned_total"] += after.token - before.token
    counts["tasks_retried_total"] += after.attempt - before.attempt
    return +counts
