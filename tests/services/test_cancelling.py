"""Cancelling: at once for the caller, in every state; the slot is free when the holder heard or is gone."""

import pytest

from chalicelib.domain.errors import IllegalMove, NotFound, StaleLease
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.domain.task import Status

from .doing import (
    TENANT,
    cancel,
    complete,
    fail,
    poll,
    registered,
    row,
    scheduled,
    slots,
    start,
    submitted,
)
from .worlds import Watched

BUSY = {"heartbeat_ms": 600_000}


def test_a_waiting_task_is_cancelled_and_leaves_its_line(w: Watched) -> None:
    task_id = submitted(w)
    done = cancel(w, task_id, reason="not needed")
    assert (done.status, done.error, done.queue_key, done.due_at) == (
        Status.CANCELLED,
        "not needed",
        None,
        None,
    )
    registered(w)
    assert poll(w) == []
    assert w.metrics.total("tasks_cancelled_total") == 1


def test_a_task_outside_the_line_is_cancelled_and_never_comes_back(w: Watched) -> None:
    registered(w, **BUSY)
    waiting = submitted(w, not_before=w.clock() + 30_000)
    backing_off = submitted(w, retry=RetryPolicy(strategy=Backoff.FIXED, backoff_ms=30_000))
    w.drain()
    start(w, backing_off)
    fail(w, backing_off)
    for task_id in (waiting, backing_off):
        assert cancel(w, task_id).status is Status.CANCELLED
    w.run(seconds=61)
    assert row(w, waiting).status is row(w, backing_off).status is Status.CANCELLED


@pytest.mark.parametrize("is_active", [False, True])
def test_a_held_task_keeps_its_slot_until_its_time_is_over(w: Watched, is_active: bool) -> None:
    registered(w, **BUSY)
    task_id = submitted(w, timeout_ms=100_000)
    w.drain()
    if is_active:
        start(w, task_id)
    seconds = 100 if is_active else 60
    assert cancel(w, task_id).error == "cancelled by its client"
    w.run(seconds=seconds - 1)
    assert slots(w) == {"a": 1}
    w.run(seconds=1)
    assert (slots(w), row(w, task_id).lease, row(w, task_id).due_at) == ({"a": 0}, None, None)
    assert w.agents.rows["a"].evidence == {}


def test_a_polling_agent_does_not_see_it_run_and_hears_by_its_report(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    cancel(w, task_id, reason="enough")
    with pytest.raises(IllegalMove, match="cannot go from CANCELLED to COMPLETED: enough"):
        complete(w, task_id, result="too late")
    assert (slots(w), row(w, task_id).result) == ({"a": 0}, None)
    with pytest.raises(StaleLease):
        complete(w, task_id, result="too late")


def test_two_reports_on_a_cancelled_task_free_its_slot_once(w: Watched) -> None:
    registered(w, slots=2, **BUSY)
    task_id = submitted(w)
    other = submitted(w)
    w.drain()
    start(w, task_id)
    cancel(w, task_id)

    def twin() -> None:
        with pytest.raises(IllegalMove):
            complete(w, task_id)

    w.tasks.meanwhile.first(twin)
    with pytest.raises(IllegalMove):
        complete(w, task_id)
    assert (slots(w), row(w, other).status) == ({"a": 1}, Status.ASSIGNED)


def test_the_slot_is_free_when_the_holders_lease_ends(w: Watched) -> None:
    registered(w)
    task_id = submitted(w, timeout_ms=600_000)
    w.drain()
    start(w, task_id)
    cancel(w, task_id)
    w.run(seconds=31)
    assert (slots(w), row(w, task_id).lease) == ({"a": 0}, None)
    assert w.agents.rows["a"].evidence == {}


def test_cancelling_again_changes_nothing(w: Watched) -> None:
    task_id = submitted(w)
    first = cancel(w, task_id, reason="one")
    assert cancel(w, task_id, reason="two") is first


def test_what_is_over_cannot_be_cancelled(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    complete(w, task_id)
    with pytest.raises(IllegalMove, match="cannot go from COMPLETED to CANCELLED"):
        cancel(w, task_id)


def test_an_unknown_task_cannot_be_cancelled(w: Watched) -> None:
    with pytest.raises(NotFound):
        cancel(w, "none")


def test_the_race_with_a_result_has_one_winner(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    w.tasks.meanwhile.first(lambda: complete(w, task_id))
    with pytest.raises(IllegalMove):
        cancel(w, task_id)
    assert row(w, task_id).status is Status.COMPLETED


def test_the_race_with_a_claim_ends_cancelled_and_held(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.tasks.meanwhile.first(w.drain)
    assert cancel(w, task_id).lease is not None
    assert slots(w) == {"a": 1}


def test_a_cancelled_run_settles_soon_though_its_announcement_is_lost_and_its_holder_works_on(
    w: Watched,
) -> None:
    registered(w, **BUSY)
    scheduled(w, task_options={"timeout_ms": 3_000_000})
    w.run(seconds=60)
    (run,) = w.schedules.runs.values()
    start(w, run.task_id)
    w.run(seconds=5)
    w.queue.drop = True
    cancel(w, run.task_id)
    w.queue.drop = False
    assert slots(w) == {"a": 1}
    w.run(seconds=120)
    (settled, *_) = [r for r in w.schedules.runs.values() if r.task_id == run.task_id]
    assert (settled.status, settled.error_message) == (ExecutionStatus.FAILED, "cancelled by its client")
    assert row(w, run.task_id).lease is not None
    assert w.use_cases.reading.task(run.task_id, tenant=TENANT).attempts == ()
