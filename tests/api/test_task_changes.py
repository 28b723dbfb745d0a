"""Priority and timeout over HTTP."""

from .requests import held, registered, submitted

PRIORITY, TIMEOUT = {"priority": 10}, {"timeout_seconds": 45.5}


def test_a_waiting_task_is_made_more_urgent(api):
    first, second = submitted(api), submitted(api)
    changed = api.put(f"/aitp/tasks/{second}/priority", PRIORITY)
    assert (changed.status, changed.body["priority"], changed.body["status"]) == (200, 10, "PENDING")
    assert changed.body["message"] == f"task {second} has priority 10"
    registered(api)
    (taken,) = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    assert (taken["task_id"], taken["priority"]) == (second, 10)
    assert api.get(f"/aitp/tasks/{first}").body["priority"] == 5


def test_the_deadline_of_a_running_task_is_moved(api, here):
    task_id, _ = held(api)
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "ACTIVE"})
    began = api.get(f"/aitp/tasks/{task_id}").body
    here.clock.advance(seconds=5)
    changed = api.put(f"/aitp/tasks/{task_id}/timeout", TIMEOUT)
    assert (changed.status, changed.body["timeout_seconds"]) == (200, 45.5)
    assert changed.body["message"] == f"task {task_id} may run 45.5 s"
    assert (began["started_at"], changed.body["deadline_at"]) == (
        "2027-01-15T08:00:00.000Z",
        "2027-01-15T08:00:45.500Z",
    )
    assert api.put(f"/aitp/tasks/{task_id}/timeout", TIMEOUT).text == changed.text


def test_what_is_over_or_not_there_is_refused(api):
    task_id = submitted(api)
    api.delete(f"/aitp/tasks/{task_id}")
    for change, body in (("priority", PRIORITY), ("timeout", TIMEOUT)):
        refused = api.put(f"/aitp/tasks/{task_id}/{change}", body)
        assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/illegal-move")
        assert "CANCELLED" in refused.body["detail"]
        assert api.put(f"/aitp/tasks/nothing/{change}", body).status == 404


def test_a_repeated_submission_is_answered_as_the_first_was_whatever_was_changed_since(api):
    key = {"Idempotency-Key": "order-7"}
    body = {"client_id": "shop", "task_type": "t", "capability_required": "c"}
    first = api.post("/aitp/tasks", body, headers=key)
    api.put(f"/aitp/tasks/{first.body['task_id']}/priority", PRIORITY)
    api.put(f"/aitp/tasks/{first.body['task_id']}/timeout", TIMEOUT)
    assert api.post("/aitp/tasks", body, headers=key).text == first.text
