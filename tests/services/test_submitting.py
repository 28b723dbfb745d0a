"""Submitting: after the answer the task is there, whatever becomes of its announcement."""

import json

import pytest

from chalicelib.domain.errors import Invalid, KeyReused, TooLarge
from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.domain.task import FailureKind, Status
from chalicelib.services.ports import HintKind
from chalicelib.services.submission import Options, Order

from .doing import TENANT, registered, row, start, submitted
from .worlds import Watched

LARGE = {"text": "x" * 300}


def test_a_submitted_task_waits_in_its_line_and_is_announced_once(w: Watched) -> None:
    task = row(w, submitted(w, priority=7))
    assert (task.status, task.queue_key) == (Status.PENDING, "wait#acme#report#0")
    assert task.queue_order == w.clock() - 6 * 60_000
    assert [(hint.kind, hint.row_id) for hint in w.queue.sent] == [(HintKind.DISPATCH, task.task_id)]
    assert w.metrics.total("tasks_created_total") == 1


def test_an_agent_that_is_free_gets_it_at_once(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    w.drain()
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_lost_announcement_is_made_up_by_the_clock_a_minute_later(w: Watched) -> None:
    registered(w, heartbeat_ms=60_000)
    w.queue.drop = True
    task_id = submitted(w)
    w.queue.drop = False
    w.run(seconds=59)
    assert row(w, task_id).status is Status.PENDING
    w.run(seconds=1)
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_large_input_lies_apart_and_is_written_before_the_task(w: Watched) -> None:
    task = row(w, submitted(w, input_data=LARGE))
    assert task.document.inline is None
    assert task.document.key in w.payloads.texts


def test_an_input_above_the_limit_leaves_nothing_behind(w: Watched) -> None:
    with pytest.raises(TooLarge):
        submitted(w, input_data="x" * 256 * 1024)
    assert (w.tasks.rows, w.payloads.texts, w.queue.sent) == ({}, {}, [])


def test_the_earlier_of_expires_at_and_queue_timeout_counts(w: Watched) -> None:
    now = w.clock()
    assert row(w, submitted(w, expires_at=now + 9_000, queue_timeout_ms=5_000)).expires_at == now + 5_000
    assert row(w, submitted(w, expires_at=now + 4_000, queue_timeout_ms=5_000)).expires_at == now + 4_000
    assert row(w, submitted(w, expires_at=now + 4_000)).expires_at == now + 4_000


def test_the_queue_timeout_runs_from_when_the_task_may_run(w: Watched) -> None:
    later = w.clock() + 10_000
    assert row(w, submitted(w, not_before=later, queue_timeout_ms=5_000)).expires_at == later + 5_000


@pytest.mark.parametrize("not_before", [None, 8_000])
def test_a_task_that_expires_before_it_could_run_is_refused(w: Watched, not_before: int | None) -> None:
    now = w.clock()
    with pytest.raises(Invalid, match="give a later time"):
        submitted(
            w,
            expires_at=now + (not_before or 0),
            not_before=None if not_before is None else now + not_before,
        )
    assert w.tasks.rows == {}


def test_a_task_that_nobody_takes_expires_to_the_second(w: Watched) -> None:
    w.run(seconds=3)  # between two ticks
    task_id = submitted(w, queue_timeout_ms=20_000)
    w.run(seconds=19)
    assert row(w, task_id).status is Status.PENDING
    w.run(seconds=1)
    task = row(w, task_id)
    assert (task.status, task.failure, task.queue_key) == (Status.FAILED, FailureKind.EXPIRED, None)
    assert w.metrics.total("tasks_failed_total") == 1


def test_a_task_with_a_lost_announcement_expires_at_the_next_tick_after_its_time(w: Watched) -> None:
    w.queue.drop = True
    task_id = submitted(w, queue_timeout_ms=20_000)
    w.queue.drop = False
    w.run(seconds=60)
    assert row(w, task_id).failure is FailureKind.EXPIRED


def test_a_task_that_started_in_time_does_not_expire(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    task_id = submitted(w, queue_timeout_ms=20_000)
    w.drain()
    start(w, task_id)
    w.run(seconds=120)
    assert row(w, task_id).status is Status.ACTIVE


def test_a_task_with_not_before_joins_the_line_then_and_not_earlier(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    task_id = submitted(w, not_before=w.clock() + 30_000)
    assert row(w, task_id).queue_key is None
    w.run(seconds=29)
    assert row(w, task_id).status is Status.PENDING
    w.run(seconds=1)
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_not_before_beyond_the_horizon_is_left_to_the_tick_and_met_to_the_second(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    task_id = submitted(w, not_before=w.clock() + 200_000)
    assert w.queue.sent == []
    w.run(seconds=199)
    assert row(w, task_id).status is Status.PENDING
    w.run(seconds=1)
    assert row(w, task_id).status is Status.ASSIGNED


def test_the_same_key_and_body_make_one_task(w: Watched) -> None:
    order = Order(client_id="c", task_type="t", capability="report", input_data=LARGE)
    first, replayed = w.use_cases.submission.submit(order, tenant=TENANT, key="k")
    assert not replayed
    assert w.use_cases.submission.submit(order, tenant=TENANT, key="k") == (first, True)
    assert (len(w.tasks.rows), w.metrics.total("tasks_created_total")) == (1, 1)


def test_the_same_key_with_another_body_is_refused(w: Watched) -> None:
    w.use_cases.submission.submit(Order(client_id="c", task_type="t", capability="r"), tenant=TENANT, key="k")
    other = Order(client_id="c", task_type="t", capability="r", priority=9)
    with pytest.raises(KeyReused):
        w.use_cases.submission.submit(other, tenant=TENANT, key="k")
    assert len(w.tasks.rows) == 1


def test_the_same_key_of_another_tenant_makes_another_task(w: Watched) -> None:
    order = Order(client_id="c", task_type="t", capability="report")
    mine, _ = w.use_cases.submission.submit(order, tenant=TENANT, key="k")
    theirs, replayed = w.use_cases.submission.submit(order, tenant="other", key="k")
    assert not replayed
    assert mine.task_id != theirs.task_id


def test_a_replay_is_answered_though_its_times_lie_in_the_past_by_now(w: Watched) -> None:
    order = Order(client_id="c", task_type="t", capability="r", expires_at=w.clock() + 5_000)
    first, _ = w.use_cases.submission.submit(order, tenant=TENANT, key="k")
    w.clock.advance(seconds=6)
    assert w.use_cases.submission.submit(order, tenant=TENANT, key="k") == (first, True)
    with pytest.raises(Invalid):
        w.use_cases.submission.submit(order, tenant=TENANT, key="another")


def test_options_are_stored_as_what_differs_from_the_defaults_and_read_back() -> None:
    assert Options().as_json() == {}
    options = Options(timeout_ms=5, min_trust=0.5, retry=RetryPolicy(strategy=Backoff.FIXED, jitter=0))
    assert set(options.as_json()) == {"timeout_ms", "min_trust", "retry"}
    assert Options.from_json(options.as_json()) == options
    tagged = Options(capability_version=">1", required_tags=("gpu",), preferred_tags=("a", "b"))
    assert Options.from_json(json.loads(json.dumps(tagged.as_json()))) == tagged
    assert Options.from_json(Options(max_retries=0).as_json()) == Options(max_retries=0)
