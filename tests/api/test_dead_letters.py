"""Tasks that failed for good, over HTTP: listed with their reason, retried one by one or by filter."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from tests.fakes import World
from tests.gateway import VERSION, Api

from .requests import registered, submitted

KEY = {"Idempotency-Key": "again-7"}
REDRIVE = "/aitp/dead-letters/redrive"


def failed(api: Api, *, agent_id: str = "agent-1", error: str = "no such file", **more: Any) -> str:
    """The id of a task that its agent could not do."""
    registered(api, agent_id=agent_id)
    task_id = submitted(api, max_retries=0, **more)
    api.get(f"/aitp/tasks?assigned_agent_id={agent_id}")
    url = f"/aitp/tasks/{task_id}/status?agent_id={agent_id}"
    for report in ({"status": "ACTIVE"}, {"status": "FAILED", "error_message": error}):
        assert api.put(url, report).status == 200
    return task_id


def listed(api: Api, query: str = "") -> list[str]:
    return [row["task_id"] for row in api.get(f"/aitp/dead-letters{query}").body["dead_letters"]]


def test_a_dead_letter_says_what_failed_and_why(api):
    task_id = failed(api)
    answer = api.get("/aitp/dead-letters")
    assert answer.body == {
        "dead_letters": [
            {
                "task_id": task_id,
                "client_id": "shop",
                "task_type": "translate",
                "capability_required": "text/en-de",
                "failure_kind": "error",
                "error_message": "no such file",
                "attempts": 1,
                "agent_id": "agent-1",
                "created_at": "2027-01-15T08:00:00.000Z",
                "ended_at": "2027-01-15T08:00:00.000Z",
                "schedule_id": None,
                "retry_of": None,
            }
        ],
        "next_cursor": None,
    }


def test_one_that_nobody_took_had_no_attempt(api, here):
    submitted(api, queue_timeout_seconds=1)
    here.run(seconds=2)
    (row,) = api.get("/aitp/dead-letters").body["dead_letters"]
    assert (row["failure_kind"], row["attempts"], row["agent_id"]) == ("expired", 0, None)


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("capability=text/en-de", True),
        ("capability=text/fr", False),
        ("task_type=translate&client_id=shop&failure_kind=error", True),
        ("task_type=other", False),
        ("client_id=other", False),
        ("failure_kind=timeout", False),
        ("schedule_id=s", False),
        ("since=2027-01-15T08:00:00Z", True),
        ("since=2027-01-15T08:00:00.001Z", False),
        ("until=2027-01-15T08:00:00.001Z", True),
        ("until=2027-01-15T08:00:00Z", False),
    ],
)
def test_a_list_is_filtered(api, query, is_there):
    task_id = failed(api)
    assert listed(api, f"?{query}") == ([task_id] if is_there else [])
    by_filter = dict(pair.split("=") for pair in query.split("&"))
    if "capability" in by_filter:
        by_filter["capability_required"] = by_filter.pop("capability")
    done = api.post(REDRIVE, {"filter": by_filter}).body
    assert [row["task_id"] for row in done["redriven"]] == ([task_id] if is_there else [])


def test_a_list_goes_on_where_its_cursor_says(api, here):
    ids = []
    for _ in range(5):
        ids.append(failed(api))
        here.clock.advance(seconds=40_000)
    seen, url = [], "/aitp/dead-letters?limit=2"
    while True:
        page = api.get(url).body
        seen += [row["task_id"] for row in page["dead_letters"]]
        if page["next_cursor"] is None:
            break
        url = f"/aitp/dead-letters?limit=2&cursor={page['next_cursor']}"
    assert seen == ids[::-1]


def test_a_retry_is_a_new_task_and_both_say_so(api):
    task_id = failed(api, input_data={"text": "hello"}, metadata={"order": 7})
    made = api.post(f"/aitp/tasks/{task_id}/retry")
    new_id = made.body["task_id"]
    assert (made.status, made.headers["Location"]) == (201, f"/aitp/tasks/{new_id}")
    assert (made.body["retry_of"], made.body["retried_as"], made.body["status"]) == (task_id, None, "PENDING")
    new, old = (api.get(f"/aitp/tasks/{i}").body for i in (new_id, task_id))
    assert (new["input_data"], new["metadata"]) == ({"text": "hello"}, {"order": 7})
    assert (new["retry_of"], old["retried_as"]) == (task_id, new_id)
    assert (old["status"], old["failure_kind"], old["error_message"]) == ("FAILED", "error", "no such file")
    assert listed(api) == []


@pytest.mark.parametrize("edited", [{"text": "bye"}, None, "x" * 1_000])
def test_a_retry_with_other_input(api, edited):
    task_id = failed(api, input_data={"text": "hello"}, metadata={"order": 7})
    made = api.post(f"/aitp/tasks/{task_id}/retry", {"input_data": edited})
    new = api.get(made.headers["Location"]).body
    assert (new["input_data"], new["metadata"]) == (edited, {"order": 7})


def test_a_second_retry_is_told_of_the_first(api):
    task_id = failed(api)
    made = api.post(f"/aitp/tasks/{task_id}/retry").body
    again = api.post(f"/aitp/tasks/{task_id}/retry")
    assert (again.status, again.body["type"]) == (409, "https://ains.dev/problems/conflict")
    assert made["task_id"] in again.body["detail"]


def test_an_open_task_is_not_retried(api, ids):
    refused = api.post(f"/aitp/tasks/{ids['task_id']}/retry")
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/illegal-move")
    assert "ASSIGNED" in refused.body["detail"]


def test_the_same_key_and_body_retry_once(api, here):
    url = f"/aitp/tasks/{failed(api)}/retry"
    first = api.post(url, {"input_data": 1}, headers=KEY)
    api.get("/aitp/tasks?assigned_agent_id=agent-1")
    again = api.post(url, {"input_data": 1}, headers=KEY)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    other = api.post(url, {"input_data": 2}, headers=KEY)
    assert (other.status, other.body["type"]) == (422, "https://ains.dev/problems/idempotency-mismatch")
    assert len(here.tasks.rows) == 2


def test_tasks_are_redriven_by_id_and_the_refused_have_a_reason(api):
    one, other = failed(api), failed(api)
    answer = api.post(REDRIVE, {"task_ids": [one, "none", other]})
    new = {task_id: api.get(f"/aitp/tasks/{task_id}").body["retried_as"] for task_id in (one, other)}
    assert answer.status == 200
    assert answer.body == {
        "redriven": [{"task_id": one, "retried_as": new[one]}, {"task_id": other, "retried_as": new[other]}],
        "refused": [{"task_id": "none", "reason": "no task none"}],
        "next_cursor": None,
        "message": "2 redriven, 1 refused",
    }


def test_a_redrive_is_spaced(api):
    failed(api), failed(api), failed(api)
    done = api.post(REDRIVE, {"filter": {}, "per_second": 0.5}).body["redriven"]
    starts = [api.get(f"/aitp/tasks/{row['retried_as']}").body["not_before"] for row in done]
    assert starts == [None, "2027-01-15T08:00:02.000Z", "2027-01-15T08:00:04.000Z"]


def test_a_redrive_goes_on_with_the_next(api):
    for _ in range(3):
        failed(api)
    asked = {"filter": {}, "limit": 2}
    first = api.post(REDRIVE, asked).body
    assert (len(first["redriven"]), "there may be more" in first["message"]) == (2, True)
    rest = api.post(REDRIVE, asked | {"cursor": first["next_cursor"]}).body
    assert (len(rest["redriven"]), rest["next_cursor"]) == (1, None)
    assert listed(api) == []


def test_one_task_is_redriven_with_other_input(api):
    task_id = failed(api, input_data=1)
    (done,) = api.post(REDRIVE, {"task_ids": [task_id], "input_data": 2}).body["redriven"]
    assert api.get(f"/aitp/tasks/{done['retried_as']}").body["input_data"] == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/filter"),
        ({"filter": {}, "task_ids": ["a"]}, "/filter"),
        ({"task_ids": ["a"], "limit": 5}, "/limit"),
        ({"task_ids": ["a"], "cursor": "c"}, "/cursor"),
        ({"filter": {}, "input_data": None}, "/input_data"),
        ({"task_ids": ["a", "b"], "input_data": 1}, "/input_data"),
        ({"filter": {}, "cursor": "nonsense"}, "/cursor"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(api, state, body, pointer):
    failed(api)
    before = state()
    refused = api.post(REDRIVE, body)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, pointer)
    assert state() == before


def test_the_same_key_and_body_redrive_the_same_tasks(api):
    for _ in range(3):
        failed(api)
    asked = {"filter": {}, "limit": 2}
    first = api.post(REDRIVE, asked, headers=KEY)
    again = api.post(REDRIVE, asked, headers=KEY)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(listed(api)) == 1
    other = api.post(REDRIVE, asked | {"limit": 1}, headers=KEY)
    assert (other.status, other.body["type"]) == (422, "https://ains.dev/problems/idempotency-mismatch")


@pytest.mark.parametrize("key", ["", "with blank", "ü", "x" * 256])
def test_a_key_that_is_none_is_refused(api, state, key):
    task_id = failed(api)
    before = state()
    for url, body in ((f"/aitp/tasks/{task_id}/retry", {}), (REDRIVE, {"filter": {}})):
        refused = api.post(url, body, headers={"Idempotency-Key": key})
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "Idempotency-Key")
    assert state() == before


def test_what_is_another_tenants_is_not_there(api, here: World, state):
    theirs = submitted(api)
    api.delete(f"/aitp/tasks/{theirs}")
    failed(api)
    rows = here.tasks.rows
    for task_id, task in rows.items():
        rows[task_id] = replace(task, tenant="other")
    before = state()
    assert listed(api) == []
    assert api.post(f"/aitp/tasks/{theirs}/retry").status == 404
    done = api.post(REDRIVE, {"task_ids": [theirs]}).body
    assert (done["redriven"], done["refused"]) == ([], [{"task_id": theirs, "reason": f"no task {theirs}"}])
    assert api.post(REDRIVE, {"filter": {}}).body["redriven"] == []
    assert state() == before


def test_without_a_key_nothing_is_listed_or_redriven(here: World) -> None:
    closed = Api(create_app(lambda: here.use_cases, auth=Auth(), version=VERSION))
    assert closed.get("/aitp/dead-letters").status == 401
    assert closed.post(REDRIVE, {"filter": {}}).status == 401
    assert closed.post("/aitp/tasks/task-1/retry").status == 401
