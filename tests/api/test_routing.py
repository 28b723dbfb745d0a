"""Routing over HTTP: strategies, where a task would go, and why one waits."""

from .requests import TASK, held, registered, submitted

CAPABILITY = TASK["capability_required"]


def test_the_strategies_are_described(api):
    listed = api.get("/ains/routing/strategies").body["strategies"]
    assert [s["name"] for s in listed] == [
        "trust_weighted",
        "least_loaded",
        "round_robin",
        "fastest_response",
        "highest_trust",
    ]
    assert [s["name"] for s in listed if s["is_default"]] == ["trust_weighted"]
    assert all(len(s["description"]) > 20 for s in listed)


def test_a_task_is_tried_and_not_stored(api, here):
    registered(api)
    answer = api.post("/ains/routing/test", {**TASK, "draws": 10})
    assert answer.status == 200, answer.text
    assert (answer.body["reason"], answer.body["agent_id"], answer.body["by"]) == (
        "ready",
        "agent-1",
        "score",
    )
    assert (answer.body["draws"], answer.body["shares"]) == (10, {"agent-1": 1.0})
    assert here.tasks.rows == {}


def test_a_trial_says_what_nobody_meets(api):
    registered(api, capabilities=[{"name": CAPABILITY, "version": "2.1"}])
    asked = {"capability_required": CAPABILITY, "capability_version": ">=1.2,<2"}
    answer = api.post("/ains/routing/test", asked)
    assert (answer.body["reason"], answer.body["agent_id"], answer.body["by"]) == ("version", None, None)
    assert answer.body["candidates"] == [
        {"agent_id": "agent-1", "score": None, "reason": "version", "why_not": "version 2.1 is not >=1.2,<2"}
    ]
    assert answer.body["message"] == "of 1 agent looked at none may have it now: 1 of another version"


def test_a_waiting_task_says_why(api):
    answer = api.get(f"/aitp/tasks/{submitted(api)}/explain")
    assert answer.status == 200, answer.text
    assert (answer.body["status"], answer.body["is_waiting"]) == ("PENDING", True)
    assert (answer.body["reason"], answer.body["candidates"]) == ("no_agent", [])
    assert (answer.body["ahead"], answer.body["routing_explanation"]) == (0, None)


def test_a_task_for_later_says_when(api):
    task_id = submitted(api, not_before="2027-01-15T11:00:00Z")
    explained = api.get(f"/aitp/tasks/{task_id}/explain").body
    assert (explained["reason"], explained["until"]) == ("not_before", "2027-01-15T11:00:00.000Z")


def test_a_held_task_is_not_waiting(api):
    task_id, _ = held(api)
    explained = api.get(f"/aitp/tasks/{task_id}/explain").body
    assert (explained["reason"], explained["is_waiting"]) == ("held", False)
    assert (explained["agent_id"], explained["candidates"]) == (None, [])  # nobody is looked for


def test_a_task_says_how_its_agent_was_chosen_also_when_it_is_over(api):
    task_id, _ = held(api)
    kept = api.get(f"/aitp/tasks/{task_id}/explain").body["routing_explanation"]
    assert [candidate["agent_id"] for candidate in kept["candidates"]] == ["agent-1"]
    assert api.delete(f"/aitp/tasks/{task_id}").status == 200
    explained = api.get(f"/aitp/tasks/{task_id}/explain").body
    assert (explained["reason"], explained["routing_explanation"]) == ("over", kept)
    assert api.get(f"/aitp/tasks/{task_id}").body["routing_explanation"] == kept


def test_a_task_that_is_not_there_is_not_explained(api):
    assert api.get("/aitp/tasks/none/explain").status == 404
