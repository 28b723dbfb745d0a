"""Tasks over HTTP."""

from .requests import TASK, held, registered, submitted


def test_a_submitted_task_can_be_read_with_its_input(api):
    made = api.post("/aitp/tasks", {**TASK, "input_data": {"text": "hello"}, "metadata": {"order": 7}})
    assert made.status == 201
    assert made.headers["Location"] == f"/aitp/tasks/{made.body['task_id']}"
    assert made.body["metadata"] == {"order": 7}
    read = api.get(made.headers["Location"])
    assert read.status == 200
    assert read.body["input_data"] == {"text": "hello"}
    assert read.body["status"] == "PENDING"
    assert read.body["attempts"] == []


def test_the_old_spellings_are_accepted(api):
    old = {"clientid": "shop", "tasktype": "t", "capabilityrequired": "text/en-de", "inputdata": {"n": 1}}
    made = api.post("/aitp/tasks", old)
    assert made.status == 201
    assert made.body["client_id"] == "shop"
    assert api.get(made.headers["Location"]).body["input_data"] == {"n": 1}


def test_two_spellings_of_one_field_must_agree(api):
    assert api.post("/aitp/tasks", {**TASK, "clientid": "shop"}).status == 201
    refused = api.post("/aitp/tasks", {**TASK, "clientid": "other"})
    assert refused.status == 400
    assert refused.body["errors"][0]["pointer"] == "/clientid"


def test_all_options_come_back_as_they_were_sent(api):
    options = {
        "priority": 9,
        "timeout_seconds": 1.5,
        "max_retries": 0,
        "retry_policy": {
            "strategy": "linear",
            "backoff_seconds": 0.5,
            "max_backoff_seconds": 7.0,
            "multiplier": 3.0,
            "jitter": 0.0,
        },
        "queue_timeout_seconds": 60.0,
        "min_trust": 0.25,
        "routing_strategy": "least_loaded",
        "capability_version": ">=1.2,<2",
        "required_tags": ["gpu"],
        "preferred_tags": ["eu", "fast"],
    }
    made = api.post("/aitp/tasks", {**TASK, **options})
    assert {name: made.body[name] for name in options} == options


def test_a_retry_policy_may_be_just_a_name(api):
    made = api.post("/aitp/tasks", {**TASK, "retry_policy": "fixed"})
    assert made.body["retry_policy"]["strategy"] == "fixed"
    assert made.body["retry_policy"]["backoff_seconds"] == 2


def test_times_with_any_offset_are_read_and_shown_in_utc(api):
    made = api.post("/aitp/tasks", {**TASK, "not_before": "2027-01-15T11:00:00+02:00"})
    assert made.body["not_before"] == made.body["ready_at"] == "2027-01-15T09:00:00.000Z"


def test_the_same_idempotency_key_makes_one_task(api, here):
    key = {"Idempotency-Key": "order-7"}
    first = api.post("/aitp/tasks", TASK, headers=key)
    again = api.post("/aitp/tasks", TASK, headers=key)
    assert (again.status, again.body["task_id"]) == (201, first.body["task_id"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(here.tasks.rows) == 1
    other = api.post("/aitp/tasks", {**TASK, "priority": 6}, headers=key)
    assert (other.status, other.body["type"]) == (422, "https://ains.dev/problems/idempotency-mismatch")


def test_a_repeated_submission_is_answered_as_the_first_was(api, here):
    registered(api)
    key = {"Idempotency-Key": "order-7"}
    order = {**TASK, "input_data": "x" * 500, "metadata": {"order": 7}, "queue_timeout_seconds": 60}
    first = api.post("/aitp/tasks", order, headers=key)
    task_id = first.body["task_id"]

    def again():
        answer = api.post("/aitp/tasks", order, headers=key)
        assert (answer.status, answer.text) == (first.status, first.text)
        assert answer.headers == {**first.headers, "Idempotent-Replayed": "true"}

    api.get("/aitp/tasks?assigned_agent_id=agent-1")
    again()
    for status in ("ACTIVE", "COMPLETED"):
        here.clock.advance(seconds=1)
        assert api.put(f"/aitp/tasks/{task_id}/status", {"status": status}).status == 200
        again()
    assert api.get(f"/aitp/tasks/{task_id}").body["status"] == "COMPLETED"


def test_an_agent_works_from_its_list(api):
    registered(api)
    task_id = submitted(api, input_data={"text": "hello"})
    (row,) = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    assert (row["status"], row["input_data"]) == ("ASSIGNED", {"text": "hello"})
    token = row["lease_token"]
    url = f"/aitp/tasks/{task_id}/status"
    began = api.put(url, {"status": "ACTIVE", "agent_id": "agent-1", "lease_token": token})
    assert (began.status, began.body["status"], began.body["attempt"]) == (200, "ACTIVE", 0)
    report = {"status": "COMPLETED", "result_data": {"text": "hallo"}, "lease_token": token}
    ended = api.put(f"{url}?agent_id=agent-1", report)
    assert (ended.status, ended.body["status"]) == (200, "COMPLETED")
    assert api.put(f"{url}?agent_id=agent-1", report).status == 200
    read = api.get(f"/aitp/tasks/{task_id}").body
    assert read["result_data"] == {"text": "hallo"}
    assert [attempt["outcome"] for attempt in read["attempts"]] == ["completed"]
    assert (read["assigned_agent_id"], read["lease_token"]) == ("agent-1", token)
    assert api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"] == []


def test_a_report_that_names_no_agent_is_its_holders(api):
    task_id, _ = held(api)
    url = f"/aitp/tasks/{task_id}/status"
    assert api.put(url, {"status": "ACTIVE"}).status == 200
    assert api.put(url, {"status": "FAILED", "error_message": "no", "retryable": False}).status == 200
    read = api.get(f"/aitp/tasks/{task_id}").body
    assert (read["status"], read["failure_kind"], read["error_message"]) == ("FAILED", "error", "no")


def test_a_long_error_message_is_cut_not_refused(api):
    task_id, _ = held(api)
    url = f"/aitp/tasks/{task_id}/status"
    api.put(url, {"status": "ACTIVE"})
    assert api.put(url, {"status": "FAILED", "error_message": "x" * 9_999}).status == 200
    assert len(api.get(f"/aitp/tasks/{task_id}").body["error_message"]) == 1_000


def test_a_cancelled_task_says_why(api):
    task_id = submitted(api)
    gone = api.delete(f"/aitp/tasks/{task_id}", {"reason": "changed my mind"})
    assert (gone.status, gone.body["status"]) == (200, "CANCELLED")
    assert api.get(f"/aitp/tasks/{task_id}").body["error_message"] == "changed my mind"
    assert api.delete(f"/aitp/tasks/{task_id}?reason=again").status == 200
    assert api.get("/aitp/tasks?client_id=shop&status=CANCELLED").body["tasks"][0]["task_id"] == task_id


def test_a_finished_task_cannot_be_cancelled(api):
    task_id, _ = held(api)
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "ACTIVE"})
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "COMPLETED"})
    refused = api.delete(f"/aitp/tasks/{task_id}")
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/illegal-move")
    assert "COMPLETED" in refused.body["detail"]
    assert "CANCELLED" in refused.body["detail"]


def test_a_list_goes_on_where_its_cursor_says(api):
    ids = {submitted(api) for _ in range(5)}
    seen, url = [], "/aitp/tasks?client_id=shop&limit=2"
    while True:
        page = api.get(url).body
        seen += [task["task_id"] for task in page["tasks"]]
        if page["next_cursor"] is None:
            break
        url = f"/aitp/tasks?client_id=shop&limit=2&cursor={page['next_cursor']}"
    assert len(seen) == 5
    assert set(seen) == ids


def test_a_list_can_be_filtered_and_offset(api):
    for kind in ("translate", "summarize", "translate"):
        submitted(api, task_type=kind)
    both = api.get("/aitp/tasks?client_id=shop&task_type=translate").body["tasks"]
    assert [task["task_type"] for task in both] == ["translate", "translate"]
    assert api.get("/aitp/tasks?task_type=translate&offset=1").body["tasks"] == both[1:]
    assert api.get("/aitp/tasks?client_id=nobody").body == {"tasks": [], "next_cursor": None}


def test_a_list_is_anchored_once(api):
    refused = api.get("/aitp/tasks?client_id=shop&schedule_id=schedule-1")
    assert refused.status == 400
    assert "client_id" in refused.body["detail"]


def test_large_metadata_is_left_out_of_lists_only(api):
    metadata = {"note": "x" * 500}
    task_id = submitted(api, metadata=metadata)
    (row,) = api.get("/aitp/tasks?client_id=shop").body["tasks"]
    assert row["metadata"] is None
    assert api.get(f"/aitp/tasks/{task_id}").body["metadata"] == metadata


def test_a_list_of_large_work_ends_before_the_answer_grows_too_large(api, here):
    registered(api, max_concurrency=20)
    for _ in range(20):
        submitted(api, input_data="x" * 250_000)
    answer = api.get("/aitp/tasks?assigned_agent_id=agent-1")
    assert 0 < len(answer.body["tasks"]) < 20
    assert len(answer.text) < 4.5 * 1024 * 1024
    assert here.agents.rows["agent-1"].in_flight == 20


def test_an_id_in_a_path_may_be_percent_encoded(api):
    registered(api, agent_id="eu:agent.1")
    assert api.get("/ains/agents/eu%3Aagent%2E1").body["agent_id"] == "eu:agent.1"


def test_what_an_agent_ended_is_listed_by_its_status_and_gives_it_no_work(api):
    done, token = held(api)
    for status in ("ACTIVE", "COMPLETED"):
        report = {"status": status, "agent_id": "agent-1", "lease_token": token}
        assert api.put(f"/aitp/tasks/{done}/status", report).status == 200
    waiting = submitted(api)
    (row,) = api.get("/aitp/tasks?assigned_agent_id=agent-1&status=COMPLETED").body["tasks"]
    assert (row["task_id"], row["assigned_agent_id"], "input_data" in row) == (done, "agent-1", False)
    assert api.get("/aitp/tasks?assigned_agent_id=agent-1&status=FAILED").body["tasks"] == []
    assert api.get(f"/aitp/tasks/{waiting}").body["status"] == "PENDING"
    assert api.get("/aitp/tasks?assigned_agent_id=none&status=FAILED").status == 404
