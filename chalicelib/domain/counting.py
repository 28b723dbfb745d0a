"""What one write of a task's row adds to the counters: a pure function of the row before and after."""

from collections import Counter
from collections.abc import Mapping

from .task import Outcome, Task

_BY_OUTCOME = {Outcome.TIMEOUT: "tasks_timed_out_total", Outcome.AGENT_LOST: "tasks_agent_lost_total"}


def counted(before: Task | None, after: Task | None) -> Mapping[str, int]:
    """Counts by metric. `before` is None for a new row, `after` for one whose retention is over."""
    counts: Counter[str] = Counter()
    if after is None:
        return counts
    if before is None:
        counts["tasks_created_total"] += 1
        counts["tasks_redriven_total"] += after.retry_of is not None
        return +counts
    if after.is_over and not before.is_over:
        counts[f"tasks_{after.status.value.lower()}_total"] += 1
    if after.last is not None and after.last != before.last and after.last.outcome in _BY_OUTCOME:
        counts[_BY_OUTCOME[after.last.outcome]] += 1
    counts["tasks_assigned_total"] += after.token - before.token
    counts["tasks_retried_total"] += after.attempt - before.attempt
    return +counts
