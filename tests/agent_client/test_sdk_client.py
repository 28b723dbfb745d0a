"""The client says what the contract says, repeats what is safe, and reads what it gets."""

import inspect
import json
import logging
from datetime import UTC, datetime

import pytest
from sdk_fakes import scripted

from agent_client import (
    BadAnswer,
    BadRequest,
    Client,
    ConnectionFailed,
    NotFound,
    Response,
    Retries,
    ServerError,
    Timeout,
    Unauthorized,
    WaitTimeout,
)


def ok(**fields: object) -> Response:
    return Response(200, {}, json.dumps(fields).encode())


def no(status: int, **headers: str) -> Response:
    return Response(status, {k.replace("_", "-"): v for k, v in headers.items()}, b"{}")


TASK = ok(task_id="t-1", status="PENDING")
SCHEDULE = ok(schedule_id="s-1", status="ACTIVE")
AGENT = ok(agent_id="a-1", status="ACTIVE")

CALLS = [
    (lambda c: c.register_agent("A", capabilities=["x"]), "POST /ains/agents", AGENT),
    (lambda c: c.heartbeat("a-1", status="ACTIVE"), "POST /ains/agents/a-1/heartbeat", AGENT),
    (
        lambda c: c.sync("a-1", session_id="s", ack=0, free_slots=1, metrics={"load": 1}),
        "POST /ains/agents/a-1/sync",
        ok(agent_id="a-1", seq=1),
    ),
    (
        lambda c: list(c.list_agents(capability="x", min_trust=0.5)),
        "GET /ains/agents?capability=x&min_trust=0.5",
        ok(agents=[]),
    ),
    (lambda c: c.get_agent("a/1"), "GET /ains/agents/a%2F1", AGENT),
    (lambda c: c.delete_agent("a-1"), "DELETE /ains/agents/a-1", AGENT),
    (lambda c: c.capabilities("a-1"), "GET /ains/agents/a-1/capabilities", ok(capabilities=["x"])),
    (lambda c: c.submit_task("T", capability_required="x", client_id="me"), "POST /aitp/tasks", TASK),
    (lambda c: c.get_task("t-1"), "GET /aitp/tasks/t-1", TASK),
    (
        lambda c: list(c.list_tasks(client_id="me", limit=5)),
        "GET /aitp/tasks?client_id=me&limit=5",
        ok(tasks=[]),
    ),
    (lambda c: c.report("t-1", "ACTIVE", progress=0.5), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.start_task("t-1", agent_id="a", lease_token=1), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.complete_task("t-1", result_data={}), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.fail_task("t-1", error_message="no"), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.cancel_task("t-1", reason="a b"), "DELETE /aitp/tasks/t-1?reason=a+b", TASK),
    (lambda c: c.wait("t-1"), "GET /aitp/tasks/t-1", ok(task_id="t-1", status="FAILED")),
    (
        lambda c: c.create_schedule(
            "T", capability_required="x", client_id="me", run_at=datetime(2030, 1, 1, tzinfo=UTC)
        ),
        "POST /aitp/tasks/schedule",
        SCHEDULE,
    ),
    (lambda c: c.get_schedule("s-1"), "GET /aitp/tasks/schedule/s-1", SCHEDULE),
    (
        lambda c: list(c.list_schedules(status="ACTIVE")),
        "GET /aitp/tasks/schedule?status=ACTIVE",
        ok(schedules=[]),
    ),
    (
        lambda c: c.update_schedule("s-1", if_match='"1"', priority=7),
        "PUT /aitp/tasks/schedule/s-1",
        SCHEDULE,
    ),
    (lambda c: c.delete_schedule("s-1"), "DELETE /aitp/tasks/schedule/s-1", SCHEDULE),
    (lambda c: c.pause_schedule("s-1", reason="why"), "POST /aitp/tasks/schedule/s-1/pause", SCHEDULE),
    (lambda c: c.resume_schedule("s-1"), "POST /aitp/tasks/schedule/s-1/resume", SCHEDULE),
    (lambda c: c.run_schedule("s-1"), "POST /aitp/tasks/schedule/s-1/run", TASK),
    (lambda c: list(c.executions("s-1")), "GET /aitp/tasks/schedule/s-1/executions", ok(executions=[])),
    (
        lambda c: c.validate_cron("0 9 * * *"),
        "POST /aitp/tasks/schedule/validate?cron_expression=0+9+%2A+%2A+%2A",
        ok(valid=True),
    ),
    (lambda c: c.health(), "GET /health", ok(status="ok")),
    (lambda c: c.health(deep=True), "GET /ains/health", ok(status="ok")),
]


@pytest.mark.parametrize(("call", "line", "answer"), CALLS, ids=[line for _, line, _ in CALLS])
def test_each_call_goes_where_the_contract_says(call, line, answer) -> None:
    client, wire, _ = scripted(answer)
    call(client)
    assert f"{wire.requests[0].method} {wire.requests[0].target}" == line


def test_every_public_method_is_called_above() -> None:
    source = "".join(inspect.getsource(call) for call, _, _ in CALLS)
    methods = [n for n, _ in inspect.getmembers(Client, inspect.isfunction) if not n.startswith("_")]
    untried = {name for name in methods if f"c.{name}(" not in source}
    assert untried == {"close", "without_retries"}


def test_an_answer_becomes_a_typed_value_and_unknown_fields_are_skipped() -> None:
    client, _, _ = scripted(
        ok(
            task_id="t-1",
            status="COMPLETED",
            created_at="2026-05-04T10:20:15.250Z",
            retry_policy={"strategy": "fixed"},
            attempts=[{"attempt": 0, "outcome": "error", "from_the_future": 1}],
            from_the_future={"x": 1},
            deadline_at=None,
        )
    )
    task = client.get_task("t-1")
    assert task.created_at == datetime(2026, 5, 4, 10, 20, 15, 250_000, UTC)
    assert task.attempts[0].outcome == "error"
    assert task.is_over
    assert task.deadline_at is None


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b"{}", b'{"task_id":"t","status":"X","created_at":"yesterday"}', b"[" * 100_000],
)
def test_an_answer_of_another_shape_is_a_bad_answer(body: bytes) -> None:
    client, _, _ = scripted(Response(200, {}, body))
    with pytest.raises(BadAnswer):
        client.get_task("t-1")


def test_a_list_without_its_items_is_a_bad_answer() -> None:
    client, _, _ = scripted(ok(things=[]), ok(agents=[1]))
    with pytest.raises(BadAnswer, match="no list of agents"):
        list(client.list_agents())
    with pytest.raises(BadAnswer, match="expected a AgentRecord"):
        list(client.list_agents())


def test_a_list_is_read_page_after_page_as_needed() -> None:
    one, two = {"task_id": "t-1", "status": "PENDING"}, {"task_id": "t-2", "status": "PENDING"}
    client, wire, _ = scripted(ok(tasks=[one], next_cursor="c 1"), ok(tasks=[two], next_cursor=None))
    tasks = client.list_tasks(client_id="me")
    assert next(tasks).task_id == "t-1"
    assert len(wire.requests) == 1
    assert [t.task_id for t in tasks] == ["t-2"]
    assert wire.requests[1].target == "/aitp/tasks?client_id=me&cursor=c+1"


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


def test_a_call_that_may_have_had_its_effect_is_not_repeated() -> None:
    client, wire, _ = scripted(Timeout("slow"), TASK)
    with pytest.raises(Timeout):
        client.run_schedule("s-1")
    assert len(wire.requests) == 1


def test_a_call_that_never_left_is_repeated_whatever_it_does() -> None:
    client, wire, _ = scripted(ConnectionFailed("refused", was_sent=False), no(429), TASK)
    client.run_schedule("s-1")
    assert len(wire.requests) == 3


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


def test_wait_looks_until_the_task_is_over() -> None:
    client, _, slept = scripted(TASK, TASK, ok(task_id="t-1", status="COMPLETED", result_data=3))
    assert client.wait("t-1").result_data == 3
    assert len(slept) == 2


def test_wait_gives_up_in_time() -> None:
    client, _, slept = scripted(TASK)
    with pytest.raises(WaitTimeout, match="still PENDING after 3 s"):
        client.wait("t-1", timeout=3)
    assert sum(slept) == pytest.approx(3)


def test_the_key_goes_out_in_its_header_and_nowhere_else(caplog) -> None:
    caplog.set_level(logging.DEBUG)
    client, wire, _ = scripted(no(401), TASK, api_key="secret-123")
    with pytest.raises(Unauthorized) as refused:
        client.get_task("t-1")
    assert wire.requests[0].headers["X-API-Key"] == "secret-123"
    assert "secret-123" not in repr(client) + repr(wire.requests[0]) + str(refused.value) + caplog.text


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="API key") as refused:
        Client("http://fake", api_key=key)
    assert key not in str(refused.value)


def test_address_and_key_come_from_the_environment_when_not_given(monkeypatch) -> None:
    monkeypatch.setenv("AINS_BASE_URL", "http://from-env:1")
    monkeypatch.setenv("AINS_API_KEY", "env-key")
    assert Client().base_url == "http://from-env:1"
    assert Client("http://given").base_url == "http://given"
    monkeypatch.delenv("AINS_BASE_URL")
    assert Client().base_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        Client(url)


def test_times_are_sent_as_iso_and_what_is_no_json_is_refused() -> None:
    client, wire, _ = scripted(TASK)
    at = datetime(2030, 1, 1, tzinfo=UTC)
    client.submit_task("T", capability_required="x", client_id="me", not_before=at)
    assert json.loads(wire.requests[0].body)["not_before"] == "2030-01-01T00:00:00+00:00"
    with pytest.raises(ValueError, match="not JSON compliant"):
        client.submit_task("T", capability_required="x", client_id="me", input_data=float("nan"))
    with pytest.raises(TypeError, match="set has no JSON form"):
        client.submit_task("T", capability_required="x", client_id="me", input_data={1})


def test_an_empty_id_is_refused_before_it_becomes_another_route() -> None:
    client, wire, _ = scripted(TASK)
    with pytest.raises(ValueError, match="empty"):
        client.get_task("")
    assert wire.requests == []
