"""Retrying what is over: one new task, whoever asks how often, and a crash in between loses nothing."""

from collections.abc import Callable

import pytest

from chalicelib.domain import ids
from chalicelib.domain.errors import Conflict, IllegalMove, KeyReused, NotFound, TooLarge
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.task import Status, Task
from chalicelib.services.retrying import Edited

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
from .redoing import Killed, document, failed, killed, retry
from .worlds import Watched

LARGE = {"text": "x" * 300}
OUTCOME = ("status", "result", "error", "failure", "ended_at", "attempt", "token", "last")


def test_a_failed_task_is_retried_as_a_new_one_that_runs(w: Watched) -> None:
    task_id = failed(w, input_data=LARGE, priority=7)
    before = row(w, task_id)
    w.clock.advance(seconds=5)
    made = retry(w, task_id)
    after = row(w, task_id)
    assert [getattr(after, name) for name in OUTCOME] == [getattr(before, name) for name in OUTCOME]
    assert (after.retried_as, row(w, made.task_id).retry_of) == (made.task_id, task_id)
    w.drain()
    start(w, made.task_id)
    assert complete(w, made.task_id, result=1).status is Status.COMPLETED
    assert (w.metrics.total("tasks_redriven_total"), w.metrics.total("tasks_created_total")) == (1, 2)


def test_its_input_is_referred_to_and_not_copied(w: Watched) -> None:
    task_id = failed(w, input_data=LARGE)
    texts = dict(w.payloads.texts)
    assert retry(w, task_id).document == row(w, task_id).document
    assert w.payloads.texts == texts


@pytest.mark.parametrize("old", [LARGE, 1])
@pytest.mark.parametrize("new", [{"text": "y" * 300}, None])
def test_edited_input_takes_the_place_of_the_old_and_the_metadata_stay(
    w: Watched, old: object, new: object
) -> None:
    task_id = failed(w, input_data=old, metadata={"trace": 7})
    made = retry(w, task_id, edited=Edited(new))
    assert document(w, made) == {"input": new, "metadata": {"trace": 7}}
    assert document(w, row(w, task_id)) == {"input": old, "metadata": {"trace": 7}}


def test_input_above_the_limit_is_refused_and_nothing_is_made(w: Watched) -> None:
    task_id = failed(w)
    before = (dict(w.tasks.rows), dict(w.payloads.texts))
    with pytest.raises(TooLarge):
        retry(w, task_id, edited=Edited("x" * 256 * 1024))
    assert (w.tasks.rows, w.payloads.texts) == before


def test_input_whose_document_is_gone_can_be_edited_all_the_same(w: Watched) -> None:
    task_id = failed(w, input_data=LARGE)
    w.payloads.texts.clear()
    assert document(w, retry(w, task_id, edited=Edited(2))) == {"input": 2}


def test_a_cancelled_task_is_retried_while_its_holder_has_not_heard_yet(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000, slots=2)
    task_id = submitted(w, timeout_ms=5_000)
    w.drain()
    start(w, task_id)
    cancel(w, task_id)
    made = retry(w, task_id)
    assert slots(w) == {"a": 1}
    w.drain()
    w.run(seconds=10)  # the time of the cancelled one is over, and the new one goes on
    assert (row(w, task_id).lease, row(w, task_id).retried_as) == (None, made.task_id)
    assert row(w, made.task_id).status is Status.ASSIGNED
    assert slots(w) == {"a": 1}


def test_what_is_open_or_completed_is_not_retried(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    for step in (lambda: None, lambda: poll(w), lambda: start(w, task_id), lambda: complete(w, task_id)):
        step()
        with pytest.raises(IllegalMove, match=f"is {row(w, task_id).status}: only what is FAILED"):
            retry(w, task_id)
    assert len(w.tasks.rows) == 1


def test_a_second_retry_is_told_of_the_first(w: Watched) -> None:
    task_id = failed(w)
    made = retry(w, task_id)
    for again in ({}, {"key": "k"}, {"edited": Edited(2)}):
        with pytest.raises(Conflict, match=f"was retried as {made.task_id}"):
            retry(w, task_id, **again)
    assert len(w.tasks.rows) == 2


def test_a_retry_that_fails_is_retried_in_its_turn(w: Watched) -> None:
    first = retry(w, failed(w))
    w.drain()
    start(w, first.task_id)
    fail(w, first.task_id)
    second = retry(w, first.task_id)
    assert (second.retry_of, row(w, first.task_id).retried_as) == (first.task_id, second.task_id)


def test_the_same_key_and_body_answer_the_first_result(w: Watched) -> None:
    task_id = failed(w)
    call = w.use_cases.retrying.retry
    first, was_known = call(task_id, tenant=TENANT, key="k", edited=Edited({"n": 2}))
    assert not was_known
    w.drain()
    start(w, first.task_id)
    assert call(task_id, tenant=TENANT, key="k", edited=Edited({"n": 2})) == (first, True)
    assert w.queue.sent == []
    assert w.metrics.total("tasks_redriven_total") == 1


@pytest.mark.parametrize("other", [None, Edited(None), Edited({"n": 3})])
def test_the_same_key_with_another_body_is_refused(w: Watched, other: Edited | None) -> None:
    task_id = failed(w)
    retry(w, task_id, key="k", edited=Edited({"n": 2}))
    with pytest.raises(KeyReused):
        retry(w, task_id, key="k", edited=other)
    assert len(w.tasks.rows) == 2


def test_a_key_counts_for_each_task_by_itself(w: Watched) -> None:
    one = failed(w)
    other = failed(w)
    assert retry(w, one, key="k").task_id != retry(w, other, key="k").task_id


def test_a_retry_that_is_gone_is_still_named(w: Watched) -> None:
    task_id = failed(w)
    made = retry(w, task_id, key="k")
    gone = [w.tasks.rows.pop(made.task_id)]
    with pytest.raises(Conflict, match=made.task_id):
        retry(w, task_id, key="k")
    w.tasks.rows[made.task_id] = gone[0]


@pytest.mark.parametrize("key", [None, "k"])
def test_a_repetition_finishes_what_a_crash_left_undone(w: Watched, key: str | None) -> None:
    task_id = failed(w)
    w.tasks.meanwhile.first(killed)
    with pytest.raises(Killed):
        retry(w, task_id, key=key)
    made_id = ids.of_retry(task_id, tenant=TENANT)
    assert (row(w, task_id).retried_as, row(w, made_id).status) == (None, Status.PENDING)
    made, was_known = w.use_cases.retrying.retry(task_id, tenant=TENANT, key=key)
    assert (made.task_id, was_known) == (made_id, key is not None)
    assert (row(w, task_id).retried_as, len(w.tasks.rows)) == (made_id, 2)
    assert w.metrics.total("tasks_redriven_total") == 1
    w.drain()
    assert row(w, made_id).status is Status.ASSIGNED


@pytest.mark.parametrize(
    ("again", "refusal"), [({"edited": Edited(2)}, Conflict), ({"key": "k", "edited": Edited(2)}, KeyReused)]
)
def test_another_request_after_a_crash_is_refused_and_finishes_it(
    w: Watched, again: dict[str, object], refusal: type[Exception]
) -> None:
    task_id = failed(w)
    w.tasks.meanwhile.first(killed)
    with pytest.raises(Killed):
        retry(w, task_id, key="k")
    with pytest.raises(refusal, match=ids.of_retry(task_id, tenant=TENANT)):
        retry(w, task_id, **again)  # type: ignore[arg-type]
    assert row(w, task_id).retried_as == ids.of_retry(task_id, tenant=TENANT)
    assert len(w.tasks.rows) == 2


def test_a_crash_before_the_announcement_is_made_up_by_the_clock(w: Watched) -> None:
    task_id = failed(w)
    w.queue.drop = True
    made = retry(w, task_id)
    w.queue.drop = False
    w.run(seconds=120)
    assert row(w, made.task_id).status is not Status.PENDING


@pytest.fixture
def run(w: Watched) -> str:
    """The task of a slot, failed; its outcome is not settled yet."""
    registered(w, heartbeat_ms=600_000)
    scheduled(w, task_options={"max_retries": 0})
    w.run(seconds=60)
    (task_id,) = w.tasks.rows
    start(w, task_id)
    fail(w, task_id, error="boom")
    assert row(w, task_id).unsettled
    return task_id


def settle(w: Watched, task_id: str) -> None:
    w.use_cases.settling.settle(task_id)


@pytest.mark.parametrize("settled_first", [True, False])
def test_a_run_that_failed_is_retried_and_its_execution_stays_as_it_ended(
    w: Watched, run: str, settled_first: bool
) -> None:
    if settled_first:
        settle(w, run)
    made = retry(w, run)
    settle(w, run)
    assert not row(w, run).unsettled
    assert (made.schedule_id, made.slot) == (row(w, run).schedule_id, None)
    w.drain()
    start(w, made.task_id)
    assert not complete(w, made.task_id, result=1).unsettled
    w.drain()
    (execution,) = w.schedules.runs.values()
    assert (execution.status, execution.task_id) == (ExecutionStatus.FAILED, run)
    (schedule,) = w.schedules.rows.values()
    assert (schedule.total_runs, schedule.failed_runs) == (1, 1)


def test_settled_between_read_and_mark_it_is_marked_all_the_same(w: Watched, run: str) -> None:
    w.tasks.meanwhile.first(lambda: settle(w, run))
    made = retry(w, run)
    after = row(w, run)
    assert (after.retried_as, after.unsettled) == (made.task_id, False)


def test_retried_between_read_and_settlement_it_is_settled_by_the_next_look(w: Watched, run: str) -> None:
    w.tasks.meanwhile.first(lambda: retry(w, run))
    settle(w, run)
    assert row(w, run).unsettled
    w.queue.sent.clear()
    w.run(seconds=120)
    assert not row(w, run).unsettled


def test_two_at_once_make_one_task_and_both_hear_of_it(w: Watched, run: str) -> None:
    theirs: list[Task] = []
    w.tasks.meanwhile.first(lambda: theirs.append(retry(w, run)))
    mine = retry(w, run)
    assert [task.task_id for task in theirs] == [mine.task_id]
    assert len([t for t in w.tasks.rows.values() if t.retry_of]) == 1
    assert w.metrics.total("tasks_redriven_total") == 1


FOREIGN: dict[str, Callable[[Watched, str], object]] = {
    "another tenant's": lambda w, task_id: w.use_cases.retrying.retry(task_id, tenant="other"),
    "one that never was": lambda w, _: w.use_cases.retrying.retry("none", tenant=TENANT),
}


@pytest.mark.parametrize("whose", FOREIGN)
def test_what_is_not_ones_own_is_not_found(w: Watched, whose: str) -> None:
    task_id = failed(w)
    with pytest.raises(NotFound, match="no task"):
        FOREIGN[whose](w, task_id)
    assert (len(w.tasks.rows), row(w, task_id).retried_as) == (1, None)
