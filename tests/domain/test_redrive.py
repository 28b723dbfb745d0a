"""A task made in the place of one that ended: the same work, a life of its own, the old outcome as it was."""

from dataclasses import replace

import pytest

from chalicelib.domain import ids, lifecycle, redrive
from chalicelib.domain.content import Content
from chalicelib.domain.errors import Conflict, IllegalMove
from chalicelib.domain.retry import RetryPolicy
from chalicelib.domain.task import FailureKind, Outcome, Status, Task

NOW = 1_800_000_000_000
LATER = NOW + 3_600_000


def asked(**changes: object) -> Task:
    plain: dict[str, object] = {
        "task_id": "t",
        "tenant": "acme",
        "client_id": "c",
        "created_at": NOW,
        "task_type": "work",
        "capability": "report",
        "document": Content("h", inline="{}"),
        "priority": 8,
        "timeout_ms": 7_000,
        "max_retries": 0,
        "retry": RetryPolicy(jitter=0.0),
        "min_trust": 0.5,
        "strategy": "least_loaded",
        "capability_version": ">=1",
        "required_tags": ("gpu",),
        "preferred_tags": ("eu",),
    }
    return lifecycle.submitted(Task(**plain | changes), now=NOW)  # type: ignore[arg-type]


def held(task: Task) -> Task:
    return lifecycle.assigned(task, agent_id="a", session_id=None, now=NOW, start_within_ms=60_000)


def failed(**changes: object) -> Task:
    running = lifecycle.started(held(asked(**changes)), now=NOW)
    return lifecycle.failed(running, FailureKind.ERROR, error="boom", now=NOW + 500, chance=0.5)


def test_the_new_task_asks_for_the_same_and_has_done_nothing_yet() -> None:
    old = failed()
    new = redrive.again(old, now=LATER, request="who and what")
    same = ("tenant", "client_id", "task_type", "capability", "document", "priority", "timeout_ms")
    same += ("max_retries", "retry", "min_trust", "strategy")
    same += ("capability_version", "required_tags", "preferred_tags")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (new.task_id, new.retry_of) == (ids.of_retry("t", tenant="acme"), "t")
    assert (new.created_at, new.version, new.token, new.attempt, new.rescues) == (LATER, 1, 0, 0, 0)
    assert (new.status, new.in_line, new.queue_order) == (Status.PENDING, True, LATER - 7 * 60_000)
    assert (old.failed_by, new.failed_by) == ((ids.mark("a"),), ())
    assert (new.last, new.error, new.failure, new.ended_at, new.retried_as) == (None,) * 5
    assert (new.request, old.request) == ("who and what", None)


def test_its_id_is_one_that_no_idempotency_key_makes() -> None:
    mine = ids.of_retry("t", tenant="acme")
    assert mine == ids.of_retry("t", tenant="acme")
    assert len({mine, ids.of_retry("t", tenant="other"), ids.of_retry("u", tenant="acme")}) == 3
    assert mine not in {ids.from_key("task", tenant="acme", key=key) for key in ("t", "retry-of-t", "retry")}


@pytest.mark.parametrize("not_before", [None, NOW + 20_000])
def test_it_may_wait_in_line_as_long_as_the_old_one_might(not_before: int | None) -> None:
    ready = not_before or NOW
    old = replace(failed(), not_before=not_before, expires_at=ready + 9_000)
    new = redrive.again(old, now=LATER)
    assert (new.not_before, new.expires_at, new.due_at) == (None, LATER + 9_000, LATER + 9_000)
    assert redrive.again(failed(), now=LATER).expires_at is None


def test_with_a_time_of_its_own_it_waits_outside_the_line_and_expires_from_then_on() -> None:
    old = replace(failed(), expires_at=NOW + 9_000)
    new = redrive.again(old, now=LATER, not_before=LATER + 2_000)
    assert (new.in_line, new.ready_at, new.due_at) == (False, LATER + 2_000, LATER + 2_000)
    assert (new.not_before, new.expires_at) == (LATER + 2_000, LATER + 11_000)


def test_it_stays_with_its_schedule_but_is_no_run_of_it() -> None:
    old = failed(schedule_id="s", slot=NOW, awaited=True)
    assert old.unsettled
    new = redrive.again(old, now=LATER)
    assert (new.schedule_id, new.slot, new.awaited) == ("s", None, False)


def test_edited_it_has_another_document() -> None:
    other = Content("other", owner="t2", kind="input#1")
    assert redrive.again(failed(), now=LATER, document=other).document is other


def cancelled_while_held() -> Task:
    return lifecycle.cancelled(held(asked()), now=NOW + 500, reason="not needed")


@pytest.mark.parametrize("old", [failed(), failed(awaited=True), cancelled_while_held()])
def test_the_old_one_names_the_new_one_and_is_otherwise_as_it_was(old: Task) -> None:
    marked = redrive.retried(old, retried_as="t2")
    assert marked == replace(old, version=old.version + 1, retried_as="t2")
    assert redrive.retried(marked, retried_as="t2") is marked
    with pytest.raises(Conflict, match="was retried as t2 already"):
        redrive.retried(marked, retried_as="t3")


def test_what_is_retried_is_still_settled_and_let_go_of() -> None:
    settled = lifecycle.settled(redrive.retried(failed(awaited=True), retried_as="t2"))
    assert (settled.unsettled, settled.due_at, settled.retried_as) == (False, None, "t2")
    freed = lifecycle.let_go(redrive.retried(cancelled_while_held(), retried_as="t2"), now=LATER)
    assert (freed.lease, freed.due_at, freed.retried_as) == (None, None, "t2")
    assert freed.last is not None
    assert freed.last.outcome is Outcome.CANCELLED


@pytest.mark.parametrize("status", [s for s in Status if s not in redrive.RETRYABLE])
def test_only_what_ended_without_a_result_is_retried(status: Status) -> None:
    task = replace(asked(), status=status)
    with pytest.raises(IllegalMove, match=f"is {status}: only what is FAILED or CANCELLED"):
        redrive.again(task, now=LATER)
    with pytest.raises(IllegalMove):
        redrive.retried(task, retried_as="t2")


def test_a_task_is_dead_when_it_failed_and_nothing_took_its_place() -> None:
    assert failed().is_dead
    assert not redrive.retried(failed(), retried_as="t2").is_dead
    assert not cancelled_while_held().is_dead
    assert not asked().is_dead


def test_days_are_those_of_utc() -> None:
    midnight = 20_838 * redrive.DAY_MS
    assert [redrive.day_of(midnight + ms) for ms in (-1, 0, redrive.DAY_MS - 1)] == [20_837, 20_838, 20_838]
