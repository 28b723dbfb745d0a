"""What the log says of each request, and how little that is."""

import json
from itertools import count

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.api.measuring import HttpMeter, NoMetrics
from chalicelib.api.request_log import RequestLog
from tests.fakes import SilentLog

from .conftest import Api
from .requests import TASK, held, scheduled, submitted

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACE = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
OTHER = f"00-{TRACE_ID[::-1]}-00f067aa0ba902b7-01"


def logged(use_cases, log, **auth):
    """An API each of whose requests takes a quarter of a second."""
    seconds = count()
    meter = HttpMeter(NoMetrics(), lambda: next(seconds) / 4, RequestLog(lambda: log))
    door = Auth(**(auth or {"open_mode": True}))
    return Api(create_app(use_cases, auth=door, version="1.2.3", meter=meter))


@pytest.fixture
def log():
    return SilentLog()


@pytest.fixture
def api(here, log):
    return logged(lambda: here.use_cases, log)


def last(log):
    return {"message": log.lines[-1][0], **log.lines[-1][1]}


def test_a_request_is_one_line(api, log):
    assert api.get("/health").status == 200
    assert log.lines == [
        (
            "request",
            {
                "route": "/health",
                "status": 200,
                "duration_ms": 250.0,
                "request_id": "request-1",
                "method": "GET",
            },
        )
    ]


def test_a_new_task_is_named_with_its_tenant_and_the_trace_it_came_in(api, log):
    task_id = api.post("/aitp/tasks", TASK, headers={"traceparent": TRACE}).body["task_id"]
    line = last(log)
    assert (line["route"], line["status"], line["tenant"]) == ("/aitp/tasks", 201, "local")
    assert (line["task_id"], line["trace_id"]) == (task_id, TRACE_ID)


def test_whoever_asks_about_a_task_stands_in_its_trace_or_in_their_own(api, log):
    task_id = api.post("/aitp/tasks", TASK, headers={"traceparent": TRACE}).body["task_id"]
    api.get(f"/aitp/tasks/{task_id}")
    assert (last(log)["task_id"], last(log)["trace_id"]) == (task_id, TRACE_ID)
    api.get(f"/aitp/tasks/{task_id}", headers={"traceparent": OTHER})
    assert last(log)["trace_id"] == TRACE_ID[::-1]


def test_a_task_of_no_trace_and_a_header_that_is_none_are_of_no_trace(api, log):
    api.get(f"/aitp/tasks/{submitted(api)}", headers={"traceparent": "nonsense"})
    assert "trace_id" not in last(log)


def test_ids_of_the_path_are_told_and_what_is_no_id_is_not(api, log):
    schedule_id = scheduled(api)
    api.get(f"/aitp/tasks/schedule/{schedule_id}")
    assert last(log)["schedule_id"] == schedule_id
    api.get("/ains/agents/no%2Esuch")
    assert (last(log)["agent_id"], last(log)["status"]) == ("no.such", 404)
    api.get("/aitp/tasks/no%20id")
    assert last(log)["route"] == "/aitp/tasks/{task_id}"
    assert "task_id" not in last(log)


def test_of_a_refusal_only_the_kind_is_told(api, log):
    api.post("/aitp/tasks", {**TASK, "priority": "very high"})
    assert (last(log)["status"], last(log)["problem"], last(log)["tenant"]) == (400, "validation", "local")
    assert "high" not in json.dumps(log.lines)
    task_id, token = held(api)
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "COMPLETED", "lease_token": token + 1})
    assert (last(log)["problem"], last(log)["task_id"]) == ("stale-lease", task_id)


def test_a_method_that_a_path_does_not_have_is_told_with_the_path(api, log):
    api.call("PATCH", "/aitp/tasks")
    assert (last(log)["method"], last(log)["route"], last(log)["status"]) == ("PATCH", "/aitp/tasks", 405)


def test_who_showed_no_key_has_no_tenant(here, log):
    logged(lambda: here.use_cases, log, admin_key_sha256="0" * 64).get("/aitp/tasks")
    assert (last(log)["status"], last(log)["problem"]) == (401, "unauthorized")
    assert "tenant" not in last(log)


def test_a_crash_is_told_by_type_and_place(log):
    def broken():
        raise RuntimeError("the secret is 12345") from KeyError("12345")

    assert logged(broken, log).get("/aitp/tasks/task-1").status == 500
    line = last(log)
    assert line["message"] == "request crashed"
    assert (line["error"], line["task_id"], line["problem"]) == (
        "RuntimeError from KeyError",
        "task-1",
        "internal",
    )
    assert line["stack"][-1].startswith("tests/api/test_request_log.py:")
    assert line["stack"][-1].endswith(" broken")
    assert "12345" not in json.dumps(log.lines)
