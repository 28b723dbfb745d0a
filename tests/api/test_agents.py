"""Agents over HTTP."""

from .requests import AGENT, SYNC, held, registered, submitted


def test_a_registered_agent_is_active(api):
    made = api.post("/ains/agents", {**AGENT, "tags": ["eu"], "max_concurrency": 3, "metadata": {"v": 1}})
    assert (made.status, made.headers["Location"]) == (201, "/ains/agents/agent-1")
    assert (made.body["status"], made.body["trust_score"], made.body["lease_seconds"]) == ("ACTIVE", 0.5, 30)
    read = api.get("/ains/agents/agent-1").body
    assert (read["tags"], read["free_slots"], read["metadata"]) == (["eu"], 3, {"v": 1})
    assert read["last_heartbeat"] == "2027-01-15T08:00:00.000Z"
    assert read["trust_by_capability"] == {"text/en-de": {"trust_score": 0.5, "effective_results": 0.0}}


def test_an_agent_may_leave_its_id_to_us(api):
    nameless = {name: value for name, value in AGENT.items() if name != "agent_id"}
    first, second = (api.post("/ains/agents", nameless) for _ in range(2))
    assert first.body["agent_id"].startswith("agent-")
    assert first.body["agent_id"] != second.body["agent_id"]


def test_the_same_idempotency_key_registers_one_agent(api, here):
    nameless = {name: value for name, value in AGENT.items() if name != "agent_id"}
    key = {"Idempotency-Key": "start-1"}
    first, second = (api.post("/ains/agents", nameless, headers=key) for _ in range(2))
    assert "Idempotent-Replayed" not in first.headers
    assert first.body["agent_id"] == second.body["agent_id"]
    assert len(here.agents.rows) == 1


def test_a_repeated_registration_is_answered_as_the_first_was(api, here):
    described = {"name": "text/en-de", "version": "2"}
    sent = {"display_name": "A", "capabilities": [described], "delivery": "sqs", "session_id": "s1"}
    key = {"Idempotency-Key": "start-1"}
    first = api.post("/ains/agents", sent, headers=key)
    agent_id = first.body["agent_id"]
    api.post(f"/ains/agents/{agent_id}/drain")
    registered(api, agent_id=agent_id, session_id="s2")
    here.clock.advance(seconds=40)
    again = api.post("/ains/agents", sent, headers=key)
    assert (again.status, again.text) == (first.status, first.text) == (201, first.text)
    assert again.headers == {**first.headers, "Idempotent-Replayed": "true"}
    assert api.get(f"/ains/agents/{agent_id}").body["status"] == "OFFLINE"


def test_another_registration_under_the_same_key_is_refused(api, here):
    nameless = {name: value for name, value in AGENT.items() if name != "agent_id"}
    key = {"Idempotency-Key": "start-1"}
    api.post("/ains/agents", nameless, headers=key)
    refused = api.post("/ains/agents", {**nameless, "tags": ["eu"]}, headers=key)
    assert (refused.status, refused.body["type"]) == (422, "https://ains.dev/problems/idempotency-mismatch")
    assert len(here.agents.rows) == 1


def test_registering_again_is_an_update(api):
    registered(api)
    again = api.post("/ains/agents", {**AGENT, "display_name": "Renamed"})
    assert (again.status, again.body["display_name"]) == (200, "Renamed")


def test_an_agent_with_a_queue_is_told_where_it_is(api):
    made = api.post("/ains/agents", {**AGENT, "delivery": "sqs"})
    assert made.body["queue_url"]
    assert api.post("/ains/agents", {**AGENT, "agent_id": "other"}).body["queue_url"] is None


def test_capabilities_keep_their_descriptions(api):
    described = {"name": "text/en-fr", "version": "2", "input_schema": {"type": "object"}, "latency_ms": 40.0}
    registered(api, capabilities=["text/en-de", described])
    listed = api.get("/ains/agents/agent-1/capabilities").body["capabilities"]
    by_name = {capability["name"]: capability for capability in listed}
    assert described.items() <= by_name["text/en-fr"].items()
    assert by_name["text/en-de"]["version"] is None


def test_an_empty_heartbeat_keeps_an_agent_alive(api, here):
    registered(api)
    here.clock.advance(seconds=20)
    beat = api.post("/ains/agents/agent-1/heartbeat")
    assert beat.body == {
        "agent_id": "agent-1",
        "acknowledged": True,
        "agent_status": "ACTIVE",
        "last_heartbeat": "2027-01-15T08:00:20.000Z",
        "next_heartbeat_in": 10.0,
    }
    here.clock.advance(seconds=31)
    assert api.get("/ains/agents/agent-1").body["status"] == "OFFLINE"


def test_a_heartbeat_says_how_the_agent_is(api):
    registered(api)
    said = {"uptime_ms": 5, "metrics": {"cpu": 0.5}, "timestamp": "2027-01-15T08:00:00"}
    for status, shown in (("DEGRADED", "DEGRADED"), ("AVAILABLE", "ACTIVE"), ("OFFLINE", "OFFLINE")):
        beat = api.post("/ains/agents/agent-1/heartbeat", {"status": status, **said})
        assert (beat.status, beat.body["agent_status"]) == (200, shown)


def test_a_sync_takes_work_and_reports_it(api):
    registered(api, session_id="session-1")
    task_id = submitted(api, input_data={"text": "hello"}, metadata={"order": 7})
    first = api.post("/ains/agents/agent-1/sync", SYNC)
    assert (first.status, first.body["seq"], first.body["next_sync_in"]) == (200, 1, 5.0)
    (given,) = first.body["assignments"]
    assert (given["task_id"], given["input_data"]) == (task_id, {"text": "hello"})
    assert (given["metadata"], given["start_by"]) == ({"order": 7}, "2027-01-15T08:01:00.000Z")
    named = {"task_id": task_id, "lease_token": given["lease_token"]}
    held = [{**named, "status": "ACTIVE", "progress": 0.5}]
    second = api.post("/ains/agents/agent-1/sync", {**SYNC, "ack": 1, "held": held, "free_slots": 0})
    assert (second.body["lost"], second.body["assignments"]) == ([], [])
    assert api.get(f"/aitp/tasks/{task_id}").body["progress"] == 0.5
    reports = [{**named, "status": "COMPLETED", "result_data": 42}]
    third = api.post("/ains/agents/agent-1/sync", {**SYNC, "ack": 2, "reports": reports})
    receipt = {"task_id": task_id, "accepted": True, "status": "COMPLETED", "detail": None}
    assert third.body["reports"] == [receipt]
    assert api.get(f"/aitp/tasks/{task_id}").body["result_data"] == 42


def test_a_refused_report_does_not_hold_up_the_sync(api):
    registered(api, session_id="session-1")
    reports = [{"task_id": "nothing", "lease_token": 1, "status": "FAILED"}]
    answer = api.post("/ains/agents/agent-1/sync", {**SYNC, "reports": reports})
    (receipt,) = answer.body["reports"]
    assert (answer.status, receipt["accepted"], receipt["detail"]) == (200, False, "no task nothing")


def test_a_released_task_goes_back_in_line(api):
    registered(api, session_id="session-1")
    task_id = submitted(api)
    (given,) = api.post("/ains/agents/agent-1/sync", SYNC).body["assignments"]
    released = [{"task_id": task_id, "lease_token": given["lease_token"]}]
    api.post("/ains/agents/agent-1/sync", {**SYNC, "ack": 1, "released": released, "free_slots": 0})
    assert api.get(f"/aitp/tasks/{task_id}").body["status"] == "PENDING"


def test_another_session_supersedes(api):
    registered(api, session_id="session-1")
    registered(api, session_id="session-2")
    refused = api.post("/ains/agents/agent-1/sync", SYNC)
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/superseded")


def test_a_drained_agent_takes_nothing_new_until_it_is_undrained(api):
    registered(api)
    for _ in range(2):
        drained = api.post("/ains/agents/agent-1/drain", {"reason": "new disk"})
        assert (drained.status, drained.body["status"]) == (200, "DRAINING")
    assert drained.body["message"] == "agent agent-1 takes no new work; it holds 0"
    submitted(api)
    beat = api.post("/ains/agents/agent-1/heartbeat", {"status": "ACTIVE"})
    assert beat.body["agent_status"] == "DRAINING"
    assert api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"] == []
    shown = api.get("/ains/agents/agent-1").body
    assert (shown["drained_at"], shown["drain_reason"]) == ("2027-01-15T08:00:00.000Z", "new disk")
    assert api.get("/ains/agents?status=DRAINING").body["agents"] == [shown]
    undrained = api.delete("/ains/agents/agent-1/drain")
    assert (undrained.status, undrained.body["status"]) == (200, "ACTIVE")
    assert undrained.body["message"] == "agent agent-1 is no longer drained; it is ACTIVE"
    assert len(api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]) == 1


def test_a_sync_is_told_that_its_agent_is_drained_and_a_restart_lifts_it(api):
    registered(api, session_id="session-1")
    submitted(api)
    api.post("/ains/agents/agent-1/drain")
    answer = api.post("/ains/agents/agent-1/sync", {**SYNC, "status": "ACTIVE"})
    assert (answer.body["agent_status"], answer.body["assignments"]) == ("DRAINING", [])
    registered(api, session_id="session-2")
    assert api.get("/ains/agents/agent-1").body["status"] == "ACTIVE"


def test_an_unknown_agent_cannot_be_drained(api):
    assert api.post("/ains/agents/nobody/drain").status == 404
    assert api.delete("/ains/agents/nobody/drain").status == 404


def test_an_agent_that_leaves_gives_its_tasks_back(api):
    task_id, _ = held(api)
    left = api.delete("/ains/agents/agent-1")
    assert (left.status, left.body["status"]) == (200, "OFFLINE")
    assert api.get("/ains/agents/agent-1").status == 404
    assert api.get(f"/aitp/tasks/{task_id}").body["status"] == "PENDING"


def test_agents_are_listed_by_what_they_are(api):
    registered(api, tags=["eu"])
    registered(api, agent_id="agent-2", capabilities=["text/en-fr"])
    registered(api, agent_id="agent-3", capabilities=["text/en-fr", "text/en-de"])
    api.post("/ains/agents/agent-3/heartbeat", {"status": "DEGRADED"})

    def listed(query):
        return [agent["agent_id"] for agent in api.get(f"/ains/agents?{query}").body["agents"]]

    assert listed("") == ["agent-1", "agent-2", "agent-3"]
    assert listed("tag=eu") == ["agent-1"]
    assert sorted(listed("capability=text/en-fr")) == ["agent-2", "agent-3"]
    assert listed("status=DEGRADED") == ["agent-3"]
    assert listed("min_trust=0.6") == []
    assert listed("offset=1&limit=1") == ["agent-2"]


def test_search_finds_who_may_take_work_the_most_trusted_first(api):
    for number in (1, 2, 3):
        registered(api, agent_id=f"agent-{number}")
    api.post("/ains/agents/agent-3/heartbeat", {"status": "OFFLINE"})
    task_id = submitted(api)
    api.get("/aitp/tasks?assigned_agent_id=agent-2")
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "ACTIVE"})
    api.put(f"/aitp/tasks/{task_id}/status", {"status": "COMPLETED"})
    found = api.get("/ains/search?capability=text/en-de").body["agents"]
    assert [agent["agent_id"] for agent in found] == ["agent-2", "agent-1"]
    assert [
        a["agent_id"] for a in api.get("/ains/search?capability=text/en-de&min_trust=0.55").body["agents"]
    ] == ["agent-2"]


def test_push_delivery_is_not_offered_yet(api):
    refused = api.post("/ains/agents", {**AGENT, "delivery": "push"})
    assert refused.status == 400
    assert "not offered yet" in refused.body["detail"]


def test_a_sync_names_all_it_gives_also_what_is_too_large_for_one_answer(api):
    registered(api, session_id="s", max_concurrency=20)
    for _ in range(20):
        submitted(api, input_data="x" * 250_000)
    answer = api.post("/ains/agents/agent-1/sync", {"session_id": "s", "ack": 0, "free_slots": 20})
    given = answer.body["assignments"]
    assert len(given) == 20
    assert len(answer.text) < 4.5 * 1024 * 1024
    assert {len(a["input_data"] or "") for a in given if not a["input_data_omitted"]} == {250_000}
    (omitted, *_) = [a for a in given if a["input_data_omitted"]]
    assert omitted["input_data"] is None
    assert api.get(f"/aitp/tasks/{omitted['task_id']}").body["input_data"] == "x" * 250_000
