"""The trace of whoever submits a task comes to whoever works on it."""

import pytest

from .requests import TASK, registered

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-aaaaaaaaaaaaaaaa-01"


def submit(api, traceparent, **headers):
    return api.post("/aitp/tasks", TASK, headers={"traceparent": traceparent, **headers})


def test_a_task_shows_the_trace_it_was_submitted_in(api):
    made = submit(api, TRACE).body
    assert made["traceparent"] == TRACE
    assert api.get(f"/aitp/tasks/{made['task_id']}").body["traceparent"] == TRACE
    assert api.post("/aitp/tasks", TASK).body["traceparent"] is None


@pytest.mark.parametrize("header", ["", "nonsense", TRACE.replace("00-", "ff-", 1)])
def test_a_header_that_is_no_traceparent_costs_nobody_the_task(api, header):
    made = submit(api, header)
    assert (made.status, made.body["traceparent"]) == (201, None)


def test_an_agent_is_handed_it_by_sync_and_by_poll(api):
    registered(api, session_id="s")
    submit(api, TRACE)
    said = {"session_id": "s", "ack": 0, "free_slots": 1, "held": []}
    (given,) = api.post("/ains/agents/agent-1/sync", said).body["assignments"]
    assert given["traceparent"] == TRACE
    (row,) = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    assert row["traceparent"] == TRACE


def test_a_submission_that_is_repeated_in_another_span_is_the_same_and_answered_alike(api):
    first = submit(api, TRACE, **{"Idempotency-Key": "k"})
    again = submit(api, OTHER, **{"Idempotency-Key": "k"})
    assert (first.status, again.status) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.body == first.body


def test_a_retry_goes_on_in_the_same_trace(api):
    task_id = submit(api, TRACE).body["task_id"]
    api.delete(f"/aitp/tasks/{task_id}")
    assert api.post(f"/aitp/tasks/{task_id}/retry", {}).body["traceparent"] == TRACE
