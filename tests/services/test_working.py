"""Start, report, fail, retry, time out: one outcome, recorded once, by whoever holds the lease."""

import pytest

from chalicelib.domain.errors import IllegalMove, NotFound, StaleLease, TooLarge
from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.domain.task import FailureKind, Outcome, Status
from chalicelib.services.holding import Report
from chalicelib.services.submission import Options

from .doing import TENANT, beat, complete, fail, poll, registered, report, row, slots, start, submitted, token
from .worlds import Watched, watched

PROMPT = RetryPolicy(strategy=Backoff.FIXED, backoff_ms=10_000, jitter=0)


def held(w: Watched, **options: object) -> str:
    """A task that agent `a` holds, and nobody else may take."""
    if "a" not in w.agents.rows:
        registered(w, heartbeat_ms=600_000)
    task_id = submitted(w, **options)
    w.drain()
    assert row(w, task_id).status is Status.ASSIGNED
    return task_id


def test_a_task_goes_from_submission_to_its_result(w: Watched) -> None:
    task_id = held(w)
    assert slots(w) == {"a": 1}
    started = start(w, task_id)
    assert started.lease is not None
    assert (started.status, started.lease.deadline) == (Status.ACTIVE, w.clock() + 300_000)
    w.clock.advance(seconds=5)
    done = complete(w, task_id, result={"answer": 42})
    assert (done.status, done.ended_at, done.progress) == (Status.COMPLETED, w.clock(), 1.0)
    assert done.result is not None
    assert done.result.inline == '{"answer":42}'
    assert slots(w) == {"a": 0}
    assert w.agents.rows["a"].trust("report", now=w.clock()).mean == pytest.approx(3 / 5)


def test_the_accepted_result_sent_again_is_answered_alike_and_written_once(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    done = complete(w, task_id, result=[1])
    assert complete(w, task_id, result=[1]) == done
    assert complete(w, task_id, result=[1], token=None) == done


@pytest.mark.parametrize("told", [{"result": [2]}, {"token": 7}, {"agent_id": "b"}])
def test_another_result_after_the_end_is_refused(w: Watched, told: dict[str, object]) -> None:
    task_id = held(w)
    start(w, task_id)
    done = complete(w, task_id, result=[1])
    with pytest.raises(StaleLease):
        complete(w, task_id, **({"result": [1]} | told))
    with pytest.raises(StaleLease):
        fail(w, task_id)
    assert row(w, task_id) == done


def test_a_result_before_the_start_is_out_of_order(w: Watched) -> None:
    task_id = held(w)
    for status in (Status.COMPLETED, Status.FAILED):
        with pytest.raises(IllegalMove, match=f"cannot go from ASSIGNED to {status}"):
            report(w, task_id, status)


def test_saying_active_again_writes_nothing_unless_it_got_further(w: Watched) -> None:
    task_id = held(w)
    first = start(w, task_id)
    assert start(w, task_id) is first
    assert start(w, task_id, progress=0.5).progress == 0.5
    further = row(w, task_id)
    assert start(w, task_id, progress=0.5) is further
    assert start(w, task_id) is further


def test_a_start_may_carry_progress(w: Watched) -> None:
    task_id = held(w)
    assert start(w, task_id, progress=0.1).progress == 0.1


def test_reports_of_an_unknown_task_are_not_found_and_leave_nothing(w: Watched) -> None:
    said = Report(task_id="none", agent_id="a", token=1, status=Status.COMPLETED, result="x" * 1_000)
    with pytest.raises(NotFound):
        w.use_cases.holding.report(said, tenant=TENANT)
    assert w.payloads.texts == {}


def test_a_zombies_large_result_is_not_even_stored(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    with pytest.raises(StaleLease, match="lease token 9"):
        complete(w, task_id, token=9, result="x" * 1_000)
    assert w.payloads.texts == {}


def test_a_large_result_lies_apart(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    done = complete(w, task_id, result="x" * 1_000)
    assert done.result is not None
    assert done.result.key in w.payloads.texts
    assert w.use_cases.reading.task(task_id, tenant=TENANT).result == "x" * 1_000


def test_a_result_above_the_limit_is_refused_and_the_task_goes_on(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    with pytest.raises(TooLarge):
        complete(w, task_id, result="x" * 256 * 1024)
    assert row(w, task_id).status is Status.ACTIVE


def test_who_does_not_hold_it_cannot_report_on_it(w: Watched) -> None:
    task_id = held(w)
    with pytest.raises(
        StaleLease, match="ASSIGNED and held by another agent, not by b, so it cannot become ACTIVE"
    ):
        start(w, task_id, agent_id="b")
    waiting = submitted(w)
    with pytest.raises(StaleLease, match="held by nobody"):
        start(w, waiting)


def test_an_old_client_without_a_token_is_held_to_the_agent(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id, token=None)
    assert complete(w, task_id, token=None).status is Status.COMPLETED


def test_an_error_waits_for_its_backoff_outside_the_line_and_is_tried_again(w: Watched) -> None:
    task_id = held(w, retry=PROMPT)
    start(w, task_id)
    waiting = fail(w, task_id, error="boom")
    assert (waiting.status, waiting.attempt, waiting.queue_key) == (Status.PENDING, 1, None)
    assert slots(w) == {"a": 0}
    w.run(seconds=9)
    assert row(w, task_id).status is Status.PENDING
    w.run(seconds=1)
    again = row(w, task_id)
    assert (again.status, again.token) == (Status.ASSIGNED, 2)
    assert again.version == waiting.version + 1  # it never stood in line
    start(w, task_id)
    assert complete(w, task_id).error is None
    assert w.metrics.total("tasks_retried_total") == 1


def test_a_failure_without_a_reason_says_so(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    assert fail(w, task_id).error == "the agent gave no reason"


def test_retries_are_bounded(w: Watched) -> None:
    task_id = held(w, max_retries=2, retry=PROMPT)
    for _ in range(3):
        start(w, task_id)
        fail(w, task_id, error="boom")
        w.run(seconds=10)
    task = row(w, task_id)
    assert (task.status, task.failure, task.attempt, task.error) == (
        Status.FAILED,
        FailureKind.ERROR,
        2,
        "boom",
    )
    assert task.token == 3


def test_an_error_that_is_not_retryable_is_the_end(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    assert fail(w, task_id, retryable=False).status is Status.FAILED


def test_the_agent_may_ask_for_a_longer_wait_but_not_for_a_shorter(w: Watched) -> None:
    one = held(w, retry=PROMPT)
    start(w, one)
    assert fail(w, one, retry_after_ms=50_000).ready_at == w.clock() + 50_000
    other = held(w, retry=PROMPT)
    start(w, other)
    assert fail(w, other, retry_after_ms=1_000).ready_at == w.clock() + 10_000


def test_a_failure_report_sent_again_is_answered_alike_and_charged_once(w: Watched) -> None:
    task_id = held(w, retry=PROMPT)
    start(w, task_id)
    after = fail(w, task_id, error="boom")
    assert fail(w, task_id, error="boom") == after
    assert fail(w, task_id, error="boom", token=None) == after
    with pytest.raises(StaleLease):
        fail(w, task_id, error="bang")
    with pytest.raises(StaleLease):
        complete(w, task_id)


def test_a_failure_report_sent_again_after_the_task_was_given_on_is_answered_alike(w: Watched) -> None:
    task_id = held(w, retry=PROMPT)
    start(w, task_id)
    fail(w, task_id, error="boom")
    w.run(seconds=10)
    again = row(w, task_id)
    assert (again.status, again.token) == (Status.ASSIGNED, 2)
    assert fail(w, task_id, error="boom", token=1) == again
    start(w, task_id)
    assert (
        fail(w, task_id, error="boom", token=None).attempt == 2
    )  # without a token it is about this assignment


def test_a_task_that_runs_too_long_times_out_to_the_second_and_is_charged(w: Watched) -> None:
    task_id = held(w, timeout_ms=90_000, retry=PROMPT)
    w.run(seconds=5)
    start(w, task_id)
    w.run(seconds=89)
    assert row(w, task_id).status is Status.ACTIVE
    w.run(seconds=1)
    task = row(w, task_id)
    assert task.last is not None
    assert (task.status, task.attempt, task.last.outcome) == (Status.PENDING, 1, Outcome.TIMEOUT)
    assert task.error == "ran longer than its 90 s"
    assert slots(w) == {"a": 0}
    assert w.metrics.total("tasks_timed_out_total") == 1
    assert w.agents.rows["a"].trust("report", now=w.clock()).mean < 0.5


def test_a_timeout_shorter_than_a_tick_is_met_to_the_second_too(w: Watched) -> None:
    w.run(seconds=7)
    task_id = held(w, timeout_ms=5_000, max_retries=0)
    w.run(seconds=2)
    start(w, task_id)
    w.run(seconds=4)
    assert row(w, task_id).status is Status.ACTIVE
    w.run(seconds=1)
    assert row(w, task_id).failure is FailureKind.TIMEOUT


def test_a_result_after_the_timeout_is_not_recorded(w: Watched) -> None:
    task_id = held(w, timeout_ms=90_000, max_retries=0)
    start(w, task_id)
    w.run(seconds=90)
    assert row(w, task_id).failure is FailureKind.TIMEOUT
    with pytest.raises(StaleLease):
        complete(w, task_id, result="late")
    assert row(w, task_id).result is None


def test_a_result_after_the_deadline_that_the_clock_has_not_seen_counts(w: Watched) -> None:
    task_id = held(w)
    start(w, task_id)
    w.clock.advance(seconds=301)
    assert complete(w, task_id).status is Status.COMPLETED


def test_a_task_that_is_not_started_in_time_goes_back_uncharged(w: Watched) -> None:
    task_id = held(w)
    registered(w, "b", heartbeat_ms=600_000)
    w.run(seconds=59)
    assert row(w, task_id).token == 1
    w.run(seconds=2)
    task = row(w, task_id)
    assert task.last is not None
    assert (task.last.outcome, task.attempt, task.rescues) == (Outcome.NOT_STARTED, 0, 0)
    assert all(not agent.evidence for agent in w.agents.rows.values())


def test_it_must_start_within_the_shortest_of_timeout_wish_and_a_minute(w: Watched) -> None:
    registered(w, start_within_ms=20_000, slots=3)
    lease = row(w, held(w)).lease
    assert lease is not None
    assert lease.start_by == w.clock() + 20_000
    lease = row(w, held(w, timeout_ms=7_000)).lease
    assert lease is not None
    assert lease.start_by == w.clock() + 7_000


def test_a_given_back_task_is_free_at_once_and_uncharged(w: Watched) -> None:
    task_id = held(w)
    freed = w.use_cases.holding.release(task_id, agent_id="a", token=1, tenant=TENANT)
    assert (freed.status, freed.attempt, freed.rescues) == (Status.PENDING, 0, 0)
    assert slots(w) == {"a": 0}
    with pytest.raises(StaleLease):
        w.use_cases.holding.release(task_id, agent_id="a", token=1, tenant=TENANT)


def test_every_attempt_is_kept(w: Watched) -> None:
    task_id = held(w, retry=PROMPT)
    for reason in ("one", "two"):
        start(w, task_id)
        fail(w, task_id, error=reason)
        w.run(seconds=10)
    start(w, task_id)
    complete(w, task_id)
    attempts = w.use_cases.reading.task(task_id, tenant=TENANT).attempts
    assert [(a["token"], a["error"], a["outcome"]) for a in attempts] == [
        (1, "one", "error"),
        (2, "two", "error"),
        (3, None, "completed"),
    ]


def test_a_warm_process_that_remembers_an_old_row_still_tells_a_zombie_the_truth() -> None:
    w = watched(remembers=True)
    task_id = held(w)
    start(w, task_id)
    assert w.tasks.memory is not None
    stale = w.tasks.memory[task_id]
    w.use_cases.holding.release(task_id, agent_id="a", token=1, tenant=TENANT)
    w.tasks.memory[task_id] = stale  # another container gave it back: this one has not heard
    with pytest.raises(StaleLease):
        start(w, task_id)
    w.tasks.memory[task_id] = stale
    with pytest.raises(StaleLease):
        complete(w, task_id, token=1)
    assert row(w, task_id).status is Status.PENDING


def test_a_remembered_row_saves_the_read(w: Watched) -> None:
    w.tasks.memory = {}
    task_id = held(w)
    before = w.tasks.reads
    start(w, task_id)
    complete(w, task_id)
    assert w.tasks.reads == before


def test_polling_lists_what_is_held_by_its_order(w: Watched) -> None:
    registered(w, slots=2)
    low = submitted(w, priority=1)
    high = submitted(w, priority=9)
    assert poll(w) == [high, low]
    beat(w)
    assert poll(w) == [high, low]
    assert token(w, low) == 1


def test_default_options_are_those_promised() -> None:
    options = Options()
    assert (options.timeout_ms, options.max_retries, options.strategy) == (300_000, 3, "trust_weighted")
