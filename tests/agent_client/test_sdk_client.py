"""The client reads what it gets, keeps its key to itself and refuses what cannot be sent."""

import json
import logging
from datetime import UTC, datetime

import pytest
from sdk_fakes import TASK, no, ok, scripted

from agent_client import (
    BadAnswer,
    Client,
    Response,
    Unauthorized,
    WaitTimeout,
)


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
