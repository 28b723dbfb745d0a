"""Priority and timeout change while a task is not over, and mean the same as if they had been asked for."""

from dataclasses import replace

import pytest

from chalicelib.domain import adjusting, lifecycle, queueing
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.task import OVER, Outcome, Status, Task
from tests.contract.values import NOW, a_task, an_agent, held

MINUTE = 60_000


def fresh(**asked: int) -> Task:
    return lifecycle.submitted(
        replace(a_task("t", due_at=None, queue_key=None, queue_order=None), **asked), now=NOW
    )


def started(**asked: int) -> Task:
    return lifecycle.started(held(fresh(**asked), an_agent()), now=NOW)


@pytest.mark.parametrize("priority", [1, 4, 6, 10])
def test_a_waiting_task_stands_where_its_new_priority_would_have_put_it(priority: int) -> None:
    task = adjusting.prioritised(fresh(), priority)
    as_if = fresh(priority=priority)
    assert (task.queue_key, task.queue_order) == (as_if.queue_key, as_if.queue_order)
    assert (task.version, task.priority, task.due_at) == (2, priority, as_if.due_at)


def test_a_task_outside_the_line_joins_it_by_its_new_priority() -> None:
    later = adjusting.prioritised(fresh(not_before=NOW + 5_000), 9)
    assert (later.queue_key, later.queue_order, later.due_at) == (None, None, NOW + 5_000)
    assert lifecycle.queued(later, now=NOW + 5_000).queue_order == queueing.order(NOW + 5_000, 9)


def test_a_held_task_keeps_its_place_and_returns_to_the_line_by_its_new_priority() -> None:
    given = held(fresh(), an_agent())
    task = adjusting.prioritised(given, 10)
    assert (task.queue_key, task.queue_order, task.lease) == (
        given.queue_key,
        given.queue_order,
        given.lease,
    )
    assert lifecycle.freed(task, Outcome.RELEASED, now=NOW).queue_order == NOW - 9 * MINUTE


def test_a_timeout_of_what_has_not_begun_counts_from_its_start() -> None:
    for task in (fresh(), held(fresh(), an_agent())):
        after = adjusting.retimed(task, 7_000)
        assert replace(after, version=1, timeout_ms=0, first_timeout_ms=None) == replace(
            task, version=1, timeout_ms=0
        )
    begun = lifecycle.started(after, now=NOW + 1_000)
    assert begun.lease is not None
    assert begun.lease.deadline == NOW + 8_000


def test_the_deadline_of_what_runs_moves_and_the_clock_comes_no_later_than_it() -> None:
    running = started(timeout_ms=50_000)
    sooner = adjusting.retimed(running, 20_000)
    assert sooner.lease is not None
    assert (sooner.lease.deadline, sooner.due_at, sooner.version) == (NOW + 20_000, NOW + 20_000, 4)
    later = adjusting.retimed(running, 900_000)
    assert later.lease is not None
    assert (later.lease.deadline, later.due_at) == (NOW + 900_000, running.due_at)


def test_the_same_once_more_is_nothing_to_write() -> None:
    task = adjusting.retimed(adjusting.prioritised(started(), 8), 1_000)
    assert adjusting.prioritised(task, 8) is task
    assert adjusting.retimed(task, 1_000) is task


def test_a_changed_task_can_still_be_told_as_it_was_when_it_was_new() -> None:
    first = fresh(priority=3, timeout_ms=9_000)
    for priority, timeout_ms in ((7, 1_000), (8, 2_000), (3, 9_000)):
        task = adjusting.retimed(adjusting.prioritised(first, priority), timeout_ms)
        again = adjusting.retimed(adjusting.prioritised(task, 10), 99_000)
        assert lifecycle.as_submitted(task) == lifecycle.as_submitted(again) == first


@pytest.mark.parametrize("status", sorted(OVER))
def test_what_is_over_changes_no_more(status: Status) -> None:
    over = replace(fresh(), status=status)
    with pytest.raises(IllegalMove, match=f"task t is {status}: the priority of what is over"):
        adjusting.prioritised(over, 5)
    with pytest.raises(IllegalMove, match=f"task t is {status}: the timeout of what is over"):
        adjusting.retimed(over, 300_000)
