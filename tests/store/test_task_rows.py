"""A task's row: under a kilobyte through its life, only in the indexes it stands in, gone when it is over."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import lifecycle, redrive
from chalicelib.domain.content import packed
from chalicelib.domain.routing import Candidate, Choice, Reason, Refusal, Strategy
from chalicelib.domain.task import Attempt, FailureKind, Lease, Outcome, Task
from chalicelib.services.handing import explained
from chalicelib.store.task_rows import ATTEMPT, LEASE, from_record, to_record
from tests.budgets.counting import item_bytes
from tests.contract.values import NOW, a_task

AGENTS = [f"agent-01jd3m8x5v9k2w7q4r6t8y0z{n:02}" for n in range(3)]
SESSION = "session-01jd3m8x5v9k2w7q4r6t8y0zbb"
DAY_S = 24 * 3600


def stored(task: Task) -> dict[str, Any]:
    row: dict[str, Any] = to_record(task, cid="0123456789abcdef").serialize()
    return row


def typical() -> Task:
    """With ids as they are made, and a document in line."""
    document = {
        "input": {"url": "https://files.example/reports/2027/q1.pdf", "pages": [1, 2]},
        "metadata": {},
    }
    task_id = "task-01jd3m8x5v9k2w7q4r6t8y0zaa"
    return a_task(
        task_id,
        tenant="local",
        client_id="billing-service",
        capability="summarize-documents",
        task_type="summarize",
        document=packed(document, owner=task_id, kind="input")[0],
    )


def given(task: Task) -> Task:
    considered = (
        Candidate(AGENTS[0], 0.873),
        Candidate(AGENTS[1], 0.412),
        Candidate(AGENTS[2], None, Refusal(Reason.NOT_DRAWN, "not drawn")),
    )
    return lifecycle.assigned(
        task,
        agent_id=AGENTS[0],
        session_id=SESSION,
        now=NOW + 100,
        start_within_ms=60_000,
        delivered_seq=1_234,
        explanation=explained(Choice(None, considered, Strategy.TRUST_WEIGHTED)),
    )


def tried_again(task: Task) -> Task:
    error = "ConnectError: the file server did not answer within 30 seconds"
    failed = lifecycle.failed(task, FailureKind.ERROR, error=error, now=NOW + 200, chance=0.5)
    again = lifecycle.started(given(lifecycle.queued(failed, now=NOW + 9_000)), now=NOW + 9_500)
    return lifecycle.progressed(again, 0.25)


def life() -> list[Task]:
    """Every state of a task that fails once and then succeeds."""
    waiting = typical()
    held = given(waiting)
    running = lifecycle.started(held, now=NOW + 150)
    again = tried_again(running)
    result, _ = packed({"summary": "Revenue grew by 4 %.", "pages": 2}, owner="t", kind="result")
    return [waiting, held, running, again, lifecycle.completed(again, result=result, now=NOW + 20_000)]


def test_a_typical_row_stays_under_a_kilobyte_through_its_life() -> None:
    sizes = [item_bytes(stored(task)) for task in life()]
    assert max(sizes) < 1_024, sizes


@pytest.mark.parametrize("step", range(5))
def test_what_is_shortened_comes_back_whole(step: int) -> None:
    task = life()[step]
    assert from_record(to_record(task, cid="c")) == task


@pytest.mark.parametrize(
    "explanation", ["", "words", "[]", "{}", '{"strategy":1}', '{"strategy": "spaced", "candidates": []}']
)
def test_an_explanation_of_another_form_is_kept_as_it_is(explanation: str) -> None:
    task = a_task(explanation=explanation)
    assert from_record(to_record(task, cid="c")) == task


@pytest.mark.parametrize("error", [None, "", "no", "x" * 1_000])
def test_an_error_that_ended_the_last_attempt_stands_on_the_row_once(error: str | None) -> None:
    last = Attempt(
        attempt=0, token=1, agent_id="a", assigned_at=1, started_at=2, ended_at=3, outcome=Outcome.ERROR
    )
    same, other = (a_task(last=replace(last, error=said), error=error) for said in (error, "another"))
    assert from_record(to_record(same, cid="c")) == same
    assert from_record(to_record(other, cid="c")) == other
    assert item_bytes(stored(same)) < 1_000 + 600


def test_parts_that_rows_hold_by_position_grow_only_at_the_end() -> None:
    """Rows of an older deployment lack the last ones; a name in between would shift theirs."""
    assert LEASE[:11] == (
        "agent_id",
        "token",
        "assigned_at",
        "start_by",
        "session_id",
        "started_at",
        "deadline",
        "delivered_seq",
        "by_queue",
        "redeliver_at",
        "deliveries",
    )
    assert ATTEMPT[:8] == (
        "attempt",
        "token",
        "agent_id",
        "assigned_at",
        "started_at",
        "ended_at",
        "outcome",
        "error",
    )


def test_a_row_that_lacks_the_end_of_a_part_has_its_defaults() -> None:
    record = to_record(given(typical()), cid="c")
    doc = json.loads(record.doc)
    record.doc = json.dumps(doc | {"lease": doc["lease"][:4]})
    assert from_record(record).lease == Lease(
        agent_id=AGENTS[0], token=1, assigned_at=NOW + 100, start_by=NOW + 60_100
    )


def test_only_what_is_over_expires_and_then_after_thirty_days() -> None:
    *open_rows, over = life()
    assert all("ttl" not in stored(task) for task in open_rows)
    assert stored(over)["ttl"] == {"N": str((NOW + 20_000) // 1000 + 30 * DAY_S)}


def test_a_cancelled_task_that_is_still_held_expires_too() -> None:
    assert "ttl" in stored(lifecycle.cancelled(given(typical()), now=NOW, reason=None))


def test_a_row_lacks_the_keys_of_indexes_it_does_not_stand_in() -> None:
    task = a_task(queue_key=None, queue_order=None, due_at=None)
    assert stored(task).keys().isdisjoint({"queue_key", "queue_order", "clock_shard", "due_at"})
    assert {"clock_shard", "due_at"} <= stored(replace(task, due_at=NOW)).keys()


def failed_for_good() -> Task:
    """After two attempts, with an outcome that somebody waits for."""
    task = replace(life()[3], max_retries=1, awaited=True, schedule_id="schedule-01jd3m8x5v9k2w7q4r6t8y0zdd")
    error = "ConnectError: the file server did not answer within 30 seconds"
    return lifecycle.failed(task, FailureKind.ERROR, error=error, now=NOW + 20_000, chance=0.5)


def test_a_row_that_failed_for_good_is_dead_until_it_was_retried() -> None:
    dead = failed_for_good()
    assert stored(dead)["dead_key"] == {"S": "local#2027-01-15"}
    assert stored(dead)["ended_at"] == {"N": str(NOW + 20_000)}
    retried = redrive.retried(dead, retried_as="task-01jd3m8x5v9k2w7q4r6t8y0zaa")
    assert "dead_key" not in stored(retried)
    assert from_record(to_record(retried, cid="c")) == retried
    cancelled = lifecycle.cancelled(typical(), now=NOW, reason=None)
    assert all("dead_key" not in stored(task) for task in (*life(), cancelled))


def test_failed_and_retried_rows_stay_under_a_kilobyte_too() -> None:
    dead = failed_for_good()
    retried = redrive.retried(dead, retried_as="task-01jd3m8x5v9k2w7q4r6t8y0zaa")
    again = replace(redrive.again(dead, now=NOW + 30_000, not_before=NOW + 40_000), request="0" * 32)
    sizes = [item_bytes(stored(task)) for task in (dead, retried, again)]
    assert max(sizes) < 1_024, sizes
    assert from_record(to_record(again, cid="c")) == again


def test_a_row_that_says_its_end_in_its_document_only_is_read_too() -> None:
    """Rows of an older deployment do."""
    record = to_record(life()[-1], cid="c")
    doc = json.loads(record.doc)
    assert "ended_at" not in doc
    record.doc, record.ended_at = json.dumps(doc | {"ended_at": NOW + 20_000}), None
    assert from_record(record) == life()[-1]


def test_an_attempt_has_no_part_without_a_name() -> None:
    assert len(ATTEMPT) == len(Attempt.__dataclass_fields__)
