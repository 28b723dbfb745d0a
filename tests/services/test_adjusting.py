"""Changing a task's priority and timeout: who comes first, and when its time is over."""

import pytest

from chalicelib.domain.errors import IllegalMove, NotFound
from chalicelib.domain.task import FailureKind, Status

from .doing import TENANT, cancel, complete, poll, registered, row, start, submitted
from .worlds import Watched

BUSY = {"heartbeat_ms": 600_000}


def prioritise(w: Watched, task_id: str, priority: int, *, tenant: str = TENANT) -> int:
    return w.use_cases.adjusting.prioritise(task_id, tenant=tenant, priority=priority).priority


def retime(w: Watched, task_id: str, seconds: float, *, tenant: str = TENANT) -> int:
    timeout_ms = round(seconds * 1000)
    return w.use_cases.adjusting.retime(task_id, tenant=tenant, timeout_ms=timeout_ms).timeout_ms


def test_a_task_that_becomes_more_urgent_is_taken_first(w: Watched) -> None:
    first, second, third = submitted(w), submitted(w), submitted(w)
    w.drain()
    assert prioritise(w, third, 9) == 9
    assert prioritise(w, first, 1) == 1
    registered(w, slots=3)
    order = {task_id: place for place, task_id in enumerate(poll(w))}
    assert sorted(order, key=order.__getitem__) == [third, second, first]


def test_said_twice_is_written_once_and_another_writer_in_between_is_no_harm(w: Watched) -> None:
    task_id = submitted(w)
    w.tasks.meanwhile.first(lambda: retime(w, task_id, 9))
    assert prioritise(w, task_id, 9) == 9
    assert prioritise(w, task_id, 9) == 9
    assert (row(w, task_id).timeout_ms, row(w, task_id).version) == (9_000, 3)


def test_a_running_task_is_over_at_its_new_deadline_to_the_second(w: Watched) -> None:
    registered(w, **BUSY)
    shorter, longer = (submitted(w, timeout_ms=20_000, max_retries=0) for _ in range(2))
    ends = {shorter: 10, longer: 40}
    for task_id, seconds in ends.items():
        w.drain()
        assert poll(w) == [task_id]
        start(w, task_id)
        w.run(seconds=5)
        retime(w, task_id, seconds)
        w.run(seconds=seconds - 6)
        assert row(w, task_id).status is Status.ACTIVE
        w.run(seconds=1)
        assert row(w, task_id).failure is FailureKind.TIMEOUT


def test_a_running_task_whose_new_time_is_over_already_ends_at_once(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w, max_retries=0)
    w.drain()
    start(w, task_id)
    w.run(seconds=30)
    retime(w, task_id, 10)
    assert row(w, task_id).status is Status.ACTIVE
    w.drain()
    assert row(w, task_id).failure is FailureKind.TIMEOUT


def test_what_is_over_is_refused_and_what_is_not_there_or_anothers_is_not_found(w: Watched) -> None:
    registered(w)
    done, gone = submitted(w), submitted(w)
    w.drain()
    start(w, done)
    complete(w, done)
    cancel(w, gone)
    for change in (prioritise, retime):
        for task_id in (done, gone):
            with pytest.raises(IllegalMove):
                change(w, task_id, 5)
        with pytest.raises(NotFound):
            change(w, "nothing", 5)
        with pytest.raises(NotFound):
            change(w, done, 5, tenant="other")
