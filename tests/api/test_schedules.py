"""Schedules over HTTP."""

import pytest

from .requests import SCHEDULE, TASK, held, registered, scheduled

ROOT = "/aitp/tasks/schedule"
QUERY = (
    f"{ROOT}?client_id=shop&task_type=translate&capability_required=text/en-de"
    "&cron_expression=*/5%20*%20*%20*%20*&priority=7&description=every%20five"
)


def test_a_schedule_is_made_by_query_parameters_with_its_input_in_the_body(api):
    made = api.post(QUERY, {"input_data": {"text": "hello"}})
    assert made.status == 201
    assert made.headers["Location"] == f"{ROOT}/{made.body['schedule_id']}"
    shown = api.get(made.headers["Location"]).body
    assert (shown["priority"], shown["description"], shown["client_id"]) == (7, "every five", "shop")
    assert shown["input_data"] == {"text": "hello"}
    assert (shown["status"], shown["next_run_at"]) == ("ACTIVE", "2027-01-15T08:05:00.000Z")


def test_a_schedule_is_made_by_json_alone(api):
    options = {"max_retries": 7, "timezone": "Europe/Berlin", "max_runs": 3, "catchup_policy": "all"}
    made = api.post(ROOT, {**SCHEDULE, **options, "metadata": {"order": 7}})
    assert made.status == 201
    assert {name: made.body[name] for name in options} == options
    assert made.body["metadata"] == {"order": 7}


def test_a_query_parameter_and_a_field_that_disagree_are_refused(api, here):
    assert api.post(QUERY, {"client_id": "shop"}).status == 201
    refused = api.post(QUERY, {"client_id": "other", "priority": 3})
    assert refused.status == 400
    assert [wrong["pointer"] for wrong in refused.body["errors"]] == ["/client_id", "/priority"]
    assert len(here.schedules.rows) == 1


def test_a_single_run_needs_no_cron(api):
    made = api.post(ROOT, {**TASK, "run_at": "2027-01-15T10:00:00+01:00"})
    assert (made.body["cron_expression"], made.body["next_run_at"]) == (None, "2027-01-15T09:00:00.000Z")


def test_the_same_idempotency_key_makes_one_schedule(api, here):
    key = {"Idempotency-Key": "nightly"}
    first, again = (api.post(ROOT, SCHEDULE, headers=key) for _ in range(2))
    assert (again.status, again.body["schedule_id"]) == (201, first.body["schedule_id"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert api.post(ROOT, {**SCHEDULE, "priority": 1}, headers=key).status == 422
    assert len(here.schedules.rows) == 1


def test_a_repeated_creation_is_answered_as_the_first_was(api, here):
    key = {"Idempotency-Key": "nightly"}
    first = api.post(QUERY, {"input_data": "x" * 500}, headers=key)
    where = first.headers["Location"]
    here.run(seconds=301)
    api.put(where, {"priority": 1, "cron_expression": "0 9 * * *"})
    api.post(f"{where}/pause", {"reason": "holidays"})
    again = api.post(QUERY, {"input_data": "x" * 500}, headers=key)
    assert (again.status, again.text) == (first.status, first.text)
    assert again.headers == {**first.headers, "Idempotent-Replayed": "true"}
    assert api.get(where).body["status"] == "PAUSED"


def test_a_repeated_run_now_is_answered_as_the_first_was(api, here):
    registered(api)
    schedule_id = scheduled(api, cron_expression="0 9 * * *")
    key = {"Idempotency-Key": "now"}
    first = api.post(f"{ROOT}/{schedule_id}/run", headers=key)
    assert (first.status, "Idempotent-Replayed" in first.headers) == (201, False)
    api.get("/aitp/tasks?assigned_agent_id=agent-1")
    here.clock.advance(seconds=5)
    again = api.post(f"{ROOT}/{schedule_id}/run", headers=key)
    assert (again.status, again.text) == (first.status, first.text)
    assert again.headers == {**first.headers, "Idempotent-Replayed": "true"}
    assert len(here.tasks.rows) == 1
    other = scheduled(api)
    refused = api.post(f"{ROOT}/{other}/run", headers=key)
    assert (refused.status, refused.body["type"]) == (422, "https://ains.dev/problems/idempotency-mismatch")
    assert api.post(f"{ROOT}/{schedule_id}/run", headers={"Idempotency-Key": "a b"}).status == 400


def test_schedules_are_listed_by_client_and_status(api):
    first, second = scheduled(api), scheduled(api, client_id="bank", input_data="x" * 500)
    api.post(f"{ROOT}/{first}/pause")

    def listed(query):
        return [schedule["schedule_id"] for schedule in api.get(f"{ROOT}?{query}").body["schedules"]]

    assert sorted(listed("")) == sorted([first, second])
    assert listed("client_id=bank") == [second]
    assert listed("status=PAUSED") == [first]
    assert listed("limit=1&offset=1") == [second]


def test_a_change_moves_only_what_is_sent(api):
    schedule_id = scheduled(api, max_retries=7)
    changed = api.put(f"{ROOT}/{schedule_id}", {"cron_expression": "0 9 * * *", "timeout_seconds": 5})
    assert (changed.status, changed.body["next_run_at"]) == (200, "2027-01-15T09:00:00.000Z")
    shown = api.get(f"{ROOT}/{schedule_id}").body
    assert (shown["timeout_seconds"], shown["max_retries"]) == (5, 7)
    assert shown["input_data"] == {"text": "hello"}


def test_a_change_by_query_parameters_works_too(api):
    schedule_id = scheduled(api)
    assert api.put(f"{ROOT}/{schedule_id}?priority=9", {"input_data": 1}).status == 200
    shown = api.get(f"{ROOT}/{schedule_id}").body
    assert (shown["priority"], shown["input_data"]) == (9, 1)


def test_a_single_run_takes_the_place_of_a_cron(api):
    schedule_id = scheduled(api)
    changed = api.put(f"{ROOT}/{schedule_id}", {"run_at": "2027-02-01T00:00:00Z"})
    assert (changed.body["cron_expression"], changed.body["run_at"]) == (None, "2027-02-01T00:00:00.000Z")


def test_a_change_is_made_to_the_version_it_was_meant_for(api):
    schedule_id = scheduled(api)
    etag = api.get(f"{ROOT}/{schedule_id}").headers["ETag"]
    changed = api.put(f"{ROOT}/{schedule_id}", {"priority": 9}, headers={"If-Match": etag})
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    refused = api.put(f"{ROOT}/{schedule_id}", {"priority": 1}, headers={"If-Match": etag})
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/conflict")
    assert api.get(f"{ROOT}/{schedule_id}").body["priority"] == 9
    assert api.put(f"{ROOT}/{schedule_id}", {"priority": 1}, headers={"If-Match": "*"}).status == 200
    assert api.put(f"{ROOT}/{schedule_id}", {"priority": 1}, headers={"If-Match": "soon"}).status == 400


def test_the_client_of_a_schedule_is_fixed(api):
    schedule_id = scheduled(api)
    assert api.put(f"{ROOT}/{schedule_id}", {"client_id": "shop", "priority": 2}).status == 200
    refused = api.put(f"{ROOT}/{schedule_id}", {"client_id": "other"})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "/client_id")


def test_a_paused_schedule_waits_until_it_is_resumed(api, here):
    schedule_id = scheduled(api)
    paused = api.post(f"{ROOT}/{schedule_id}/pause", {"reason": "holidays"})
    assert (paused.body["status"], paused.body["next_run_at"]) == ("PAUSED", None)
    assert api.get(f"{ROOT}/{schedule_id}").body["reason"] == "holidays"
    here.clock.advance(seconds=3_600)
    resumed = api.post(f"{ROOT}/{schedule_id}/resume")
    assert (resumed.body["status"], resumed.body["next_run_at"]) == ("ACTIVE", "2027-01-15T09:05:00.000Z")


def test_a_deleted_schedule_is_gone(api):
    schedule_id = scheduled(api)
    assert api.delete(f"{ROOT}/{schedule_id}").body["status"] == "DELETED"
    assert api.get(f"{ROOT}/{schedule_id}").status == 404


def test_a_run_now_is_a_task_and_an_execution(api, here):
    registered(api)
    schedule_id = scheduled(api)
    run = api.post(f"{ROOT}/{schedule_id}/run")
    assert (run.status, run.body["schedule_id"]) == (201, schedule_id)
    task_id = run.body["task_id"]
    assert run.headers["Location"] == f"/aitp/tasks/{task_id}"
    (row,) = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    assert row["input_data"] == {"text": "hello"}
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "ACTIVE"})
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "COMPLETED", "result_data": "x" * 1_000})
    here.drain()
    (execution,) = api.get(f"{ROOT}/{schedule_id}/executions").body["executions"]
    assert (execution["task_id"], execution["status"]) == (task_id, "COMPLETED")
    assert (execution["result_data"], execution["lateness_seconds"]) == ("x" * 1_000, 0)
    assert [t["task_id"] for t in api.get(f"/aitp/tasks?schedule_id={schedule_id}").body["tasks"]] == [
        task_id
    ]


def test_executions_go_on_where_the_cursor_says(api, here):
    schedule_id = scheduled(api, cron_expression="* * * * *")
    here.run(seconds=301)
    first = api.get(f"{ROOT}/{schedule_id}/executions?limit=3").body
    rest = api.get(f"{ROOT}/{schedule_id}/executions?limit=3&cursor={first['next_cursor']}").body
    slots = [execution["slot"] for execution in first["executions"] + rest["executions"]]
    assert slots == [f"2027-01-15T08:0{minute}:00.000Z" for minute in (5, 4, 3, 2, 1)]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"run_at": "2027-02-01T00:00:00Z"}, "/cron_expression"),
        ({"cron_expression": None}, "/cron_expression"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"end_at": "2027-01-15T08:01:00Z"}, "/end_at"),
        ({"start_at": "2028-01-01T00:00:00Z", "end_at": "2027-12-01T00:00:00Z"}, "/end_at"),
    ],
)
def test_a_schedule_that_contradicts_itself_is_refused(api, here, fields, pointer):
    refused = api.post(ROOT, {**SCHEDULE, **fields})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, pointer)
    assert here.schedules.rows == {}


def test_a_run_in_the_past_is_refused(api):
    refused = api.post(ROOT, {**TASK, "run_at": "2020-01-01T00:00:00Z"})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "/run_at")


def test_a_completed_schedule_cannot_go_on(api, here):
    schedule_id = scheduled(api, max_runs=1)
    here.run(seconds=301)
    assert api.get(f"{ROOT}/{schedule_id}").body["status"] == "COMPLETED"
    for action in ("pause", "resume", "run"):
        refused = api.post(f"{ROOT}/{schedule_id}/{action}")
        assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/illegal-move")
        assert "COMPLETED" in refused.body["detail"]


def test_the_tasks_of_a_schedule_outlive_it(api):
    held(api)
    schedule_id = scheduled(api)
    task_id = api.post(f"{ROOT}/{schedule_id}/run").body["task_id"]
    api.delete(f"{ROOT}/{schedule_id}")
    assert api.get(f"/aitp/tasks/{task_id}").status == 200
