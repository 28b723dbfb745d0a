"""What is tried again, when, and what never is."""

import pytest
from sdk_fakes import TASK, no, scripted

from agent_client import (
    BadRequest,
    ConnectionFailed,
    NotFound,
    Retries,
    ServerError,
    Timeout,
)
from agent_client._calls import Call


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_refusal_of_a_repeatable_call_is_tried_again(status: int) -> None:
    client, wire, slept = scripted(no(status), no(status), TASK)
    assert client.get_task("t-1").task_id == "t-1"
    assert len(wire.requests) == 3
    assert slept == [0.25, 0.5]


@pytest.mark.parametrize("error", [Timeout("slow"), ConnectionFailed("reset")])
@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.submit_task("T", capability_required="x", client_id="me"),
        lambda c: c.complete_task("t-1"),
        lambda c: c.cancel_task("t-1"),
        lambda c: c.report("t-1", "ACTIVE"),
    ],
)
def test_a_lost_answer_is_asked_for_again_where_that_is_safe(error, call) -> None:
    client, wire, _ = scripted(error, TASK)
    call(client)
    assert wire.requests[0] == wire.requests[1]


def test_the_same_idempotency_key_goes_with_every_try_and_a_new_one_with_every_call() -> None:
    client, wire, _ = scripted(Timeout("slow"), TASK)
    client.submit_task("T", capability_required="x", client_id="me")
    client.submit_task("T", capability_required="x", client_id="me")
    client.submit_task("T", capability_required="x", client_id="me", idempotency_key="mine")
    assert [r.headers["Idempotency-Key"] for r in wire.requests] == ["id-1", "id-1", "id-2", "mine"]


def test_a_trace_goes_along_as_a_header_and_only_where_it_is_named() -> None:
    client, wire, _ = scripted(TASK, TASK)
    client.submit_task("T", capability_required="x", client_id="me", traceparent="00-a-b-01")
    client.submit_task("T", capability_required="x", client_id="me")
    assert [r.headers.get("traceparent") for r in wire.requests] == ["00-a-b-01", None]
    assert b"traceparent" not in wire.requests[0].body


def test_a_call_that_may_have_had_its_effect_is_not_repeated() -> None:
    client, wire, _ = scripted(Timeout("slow"), TASK)
    with pytest.raises(Timeout):
        client._json(Call("POST", "/somewhere"))
    assert len(wire.requests) == 1


def test_a_call_that_never_left_is_repeated_whatever_it_does() -> None:
    client, wire, _ = scripted(ConnectionFailed("refused", was_sent=False), no(429), TASK)
    client._json(Call("POST", "/somewhere"))
    assert len(wire.requests) == 3


def test_a_run_now_whose_answer_was_lost_is_asked_for_again_under_its_key() -> None:
    client, wire, _ = scripted(Timeout("slow"), TASK)
    client.run_schedule("s-1")
    client.run_schedule("s-1", idempotency_key="mine")
    assert [r.headers["Idempotency-Key"] for r in wire.requests] == ["id-1", "id-1", "mine"]


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequest), (404, NotFound), (500, ServerError)])
def test_a_lasting_refusal_is_told_at_once(status: int, kind: type) -> None:
    client, wire, slept = scripted(no(status))
    with pytest.raises(kind):
        client.get_task("t-1")
    assert (len(wire.requests), slept) == (1, [])


def test_it_gives_up_after_the_last_attempt() -> None:
    client, wire, slept = scripted(no(503), retries=Retries(attempts=3, base=1, cap=1.5))
    with pytest.raises(ServerError):
        client.get_task("t-1")
    assert (len(wire.requests), slept) == (3, [1.0, 1.5])


def test_retry_after_is_the_least_that_is_waited() -> None:
    client, _, slept = scripted(no(429, retry_after="7"), TASK)
    client.get_task("t-1")
    assert slept == [7.0]


def test_without_retries_every_failure_is_told_at_once() -> None:
    client, wire, _ = scripted(no(503))
    with pytest.raises(ServerError):
        client.without_retries().get_task("t-1")
    assert len(wire.requests) == 1
