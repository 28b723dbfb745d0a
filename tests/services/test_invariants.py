"""The watch over every world of these tests: what is wrong fails in words."""

from dataclasses import replace

import pytest

from chalicelib.domain.task import Outcome, Status

from . import invariants
from .doing import registered, row, submitted
from .worlds import watched


def test_a_check_fails_in_words() -> None:
    w = watched()
    task_id = submitted(w)
    w.tasks.rows[task_id] = replace(row(w, task_id), status=Status.COMPLETED)
    with pytest.raises(AssertionError, match="is not what was written"):
        invariants.check(w)


def test_a_count_that_is_missing_fails_in_words() -> None:
    w = watched()
    submitted(w)
    w.metrics.counted.clear()
    with pytest.raises(AssertionError, match="metric tasks_created_total says 0, and there were 1"):
        invariants.check(w)


def test_a_released_attempt_counts_a_rescue_only_while_it_ran() -> None:
    w = watched()
    registered(w, "agent", heartbeat_ms=600_000)
    task_id = submitted(w)
    w.drain()
    w.use_cases.holding.release(task_id, agent_id="agent", token=1, tenant="acme")
    last = row(w, task_id).last
    assert last is not None
    assert last.outcome is Outcome.RELEASED
    invariants.check(w)
