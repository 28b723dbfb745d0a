"""What the client sends about dead letters, and what it makes of the answers."""

import json
from datetime import UTC, datetime

from sdk_fakes import TASK, ok, scripted

from agent_client import RedrivenTask, RefusedTask, Timeout

DONE = ok(
    redriven=[{"task_id": "t-1", "retried_as": "t-2"}],
    refused=[{"task_id": "t-0", "reason": "no task t-0"}],
    next_cursor="c",
    message="1 redriven, 1 refused",
)


def test_a_retry_says_what_it_is_a_retry_of() -> None:
    client, _, _ = scripted(ok(task_id="t-2", status="PENDING", retry_of="t-1", retried_as=None))
    made = client.retry_task("t-1")
    assert (made.task_id, made.retry_of, made.retried_as) == ("t-2", "t-1", None)


def test_input_is_sent_only_where_it_is_edited() -> None:
    client, wire, _ = scripted(TASK)
    client.retry_task("t-1")
    client.retry_task("t-1", input_data={"n": 2})
    assert [json.loads(r.body) for r in wire.requests] == [{}, {"input_data": {"n": 2}}]


def test_lost_answers_are_asked_for_again_under_the_same_key() -> None:
    client, wire, _ = scripted(Timeout("slow"), TASK)
    client.retry_task("t-1")
    client.retry_task("t-1", idempotency_key="mine")
    assert [r.headers["Idempotency-Key"] for r in wire.requests] == ["id-1", "id-1", "mine"]
    client, wire, _ = scripted(Timeout("slow"), DONE)
    client.redrive(["t-1"])
    client.redrive(["t-1"], idempotency_key="mine")
    assert [r.headers["Idempotency-Key"] for r in wire.requests] == ["id-1", "id-1", "mine"]


def test_dead_letters_are_read_page_after_page() -> None:
    row = {"task_id": "t-1", "failure_kind": "timeout", "attempts": 4, "ended_at": "2030-01-01T00:00:00Z"}
    client, wire, _ = scripted(
        ok(dead_letters=[row], next_cursor="20833."), ok(dead_letters=[{"task_id": "t-0"}], next_cursor=None)
    )
    letters = list(client.dead_letters(client_id="me", failure_kind="timeout", limit=1))
    assert [letter.task_id for letter in letters] == ["t-1", "t-0"]
    assert (letters[0].attempts, letters[0].ended_at) == (4, datetime(2030, 1, 1, tzinfo=UTC))
    assert wire.requests[1].target.endswith("?client_id=me&failure_kind=timeout&limit=1&cursor=20833.")


def test_a_redrive_tells_what_became_of_each() -> None:
    client, wire, _ = scripted(DONE)
    done = client.redrive(["t-1", "t-0"], per_second=2, input_data=None)
    assert done.redriven == (RedrivenTask(task_id="t-1", retried_as="t-2"),)
    assert done.refused == (RefusedTask(task_id="t-0", reason="no task t-0"),)
    assert done.next_cursor == "c"
    assert json.loads(wire.requests[0].body) == {"task_ids": ["t-1", "t-0"], "per_second": 2}


def test_a_redrive_by_filter_sends_times_as_iso() -> None:
    client, wire, _ = scripted(DONE)
    at = datetime(2030, 1, 1, tzinfo=UTC)
    client.redrive(matching={"capability_required": "x", "since": at}, limit=5, cursor="c")
    client.redrive(matching={})
    asked = {"capability_required": "x", "since": "2030-01-01T00:00:00+00:00"}
    assert [json.loads(r.body) for r in wire.requests] == [
        {"filter": asked, "limit": 5, "cursor": "c"},
        {"filter": {}},
    ]
