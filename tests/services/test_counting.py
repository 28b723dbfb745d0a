"""Each transition is counted once, whoever makes it and however often it is asked for."""

from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.telemetry import METRIC_BY_NAME

from .doing import beat, cancel, complete, fail, registered, scheduled, start, submitted, sync
from .worlds import Watched

PROMPT = RetryPolicy(strategy=Backoff.FIXED, backoff_ms=1_000, jitter=0)


def test_a_lifetime_of_everything_is_counted_once_each(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    done = submitted(w, retry=PROMPT)
    w.drain()
    start(w, done)
    fail(w, done)
    fail(w, done)
    w.run(seconds=2)
    start(w, done)
    start(w, done)
    w.clock.advance(seconds=3)
    complete(w, done)
    complete(w, done)
    gone = submitted(w)
    cancel(w, gone)
    cancel(w, gone)
    late = submitted(w, timeout_ms=1_000, max_retries=1, retry=PROMPT)
    w.drain()
    start(w, late)
    w.run(seconds=2)
    start(w, late)
    w.run(seconds=2)
    counted = {
        name: w.metrics.total(f"tasks_{name}_total")
        for name in ("created", "assigned", "completed", "failed", "cancelled", "retried", "timed_out")
    }
    assert counted == {
        "created": 3,
        "assigned": 4,
        "completed": 1,
        "failed": 1,
        "cancelled": 1,
        "retried": 2,
        "timed_out": 2,
    }


def test_the_duration_is_from_submission_to_the_end(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    task_id = submitted(w)
    w.drain()
    w.clock.advance(seconds=2)
    start(w, task_id)
    w.clock.advance(seconds=5)
    complete(w, task_id)
    assert w.metrics.total("task_duration_ms") == 7_000


def test_all_that_is_counted_is_in_the_table_of_metrics_under_its_labels(w: Watched) -> None:
    registered(w, session="s1")
    scheduled(w)
    beat(w)
    sync(w)
    w.run(seconds=130)
    for name, _, labels in w.metrics.counted:
        assert set(labels) == set(METRIC_BY_NAME[name].labels)
