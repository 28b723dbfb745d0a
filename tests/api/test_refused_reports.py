"""Reports by somebody who does not hold the task, too late, or out of order: 409, and nothing is written."""

import pytest

from .requests import held, registered, submitted

LARGE = "x" * 1_000  # so large that it is stored apart: not for a report that is refused


def _report(api, task_id, **body):
    return api.put(f"/aitp/tasks/{task_id}/status", body)


@pytest.fixture
def lost(api, here):
    """A task that agent-1 lost and agent-2 holds now: its id, the old token and the new one."""
    task_id, old = held(api)
    here.clock.advance(seconds=31)
    registered(api, agent_id="agent-2")
    here.use_cases.looking.look("agent", "agent-1")
    (row,) = api.get("/aitp/tasks?assigned_agent_id=agent-2").body["tasks"]
    assert row["task_id"] == task_id
    return task_id, old, row["lease_token"]


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED", "FAILED"])
def test_an_agent_that_does_not_hold_the_task_is_refused(api, state, status):
    task_id, _ = held(api)
    registered(api, agent_id="agent-2")
    before = state()
    refused = _report(api, task_id, status=status, agent_id="agent-2", result_data=LARGE)
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/stale-lease")
    assert (
        f"ASSIGNED and held by another agent, not by agent-2, so it cannot become {status}"
        in refused.body["detail"]
    )
    assert state() == before


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED", "FAILED"])
def test_an_old_token_is_refused(api, state, lost, status):
    task_id, old, new = lost
    assert new > old
    before = state()
    for agent_id in ("agent-1", "agent-2"):
        refused = _report(api, task_id, status=status, agent_id=agent_id, lease_token=old, result_data=LARGE)
        assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/stale-lease")
        assert refused.body["detail"]
    assert state() == before


def test_a_token_that_was_never_given_is_refused(api, state):
    task_id, token = held(api)
    before = state()
    refused = _report(api, task_id, status="ACTIVE", agent_id="agent-1", lease_token=token + 1)
    assert refused.status == 409
    assert state() == before


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_a_task_is_started_before_it_is_finished(api, state, status):
    task_id, token = held(api)
    before = state()
    refused = _report(api, task_id, status=status, agent_id="agent-1", lease_token=token, result_data=LARGE)
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/illegal-move")
    assert "ASSIGNED" in refused.body["detail"]
    assert status in refused.body["detail"]
    assert state() == before


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED", "FAILED"])
def test_a_task_that_nobody_holds_is_not_reported_on(api, state, status):
    registered(api)
    task_id = submitted(api)
    before = state()
    for named in ({}, {"agent_id": "agent-1"}):
        refused = _report(api, task_id, status=status, result_data=LARGE, **named)
        assert refused.status == 409
        assert "PENDING" in refused.body["detail"]
    assert state() == before


@pytest.mark.parametrize(
    "again",
    [
        {"status": "ACTIVE"},
        {"status": "COMPLETED", "result_data": LARGE},
        {"status": "FAILED", "error_message": "no"},
    ],
)
def test_a_finished_task_stays_as_it_is(api, state, again):
    task_id, token = held(api)
    who = {"agent_id": "agent-1", "lease_token": token}
    assert _report(api, task_id, status="ACTIVE", **who).status == 200
    assert _report(api, task_id, status="COMPLETED", result_data=1, **who).status == 200
    before = state()
    refused = _report(api, task_id, **again, **who)
    assert refused.status == 409
    assert "COMPLETED" in refused.body["detail"]
    assert state() == before


def test_a_cancelled_task_takes_no_outcome_and_frees_its_slot(api, here):
    task_id, token = held(api)
    api.delete(f"/aitp/tasks/{task_id}")
    refused = _report(api, task_id, status="ACTIVE", agent_id="agent-1", lease_token=token)
    assert (refused.status, refused.body["type"]) == (409, "https://ains.dev/problems/illegal-move")
    assert "CANCELLED" in refused.body["detail"]
    assert api.get(f"/aitp/tasks/{task_id}").body["status"] == "CANCELLED"
    assert here.agents.rows["agent-1"].in_flight == 0


def test_a_sync_older_than_the_last_answer_changes_nothing(api, state):
    registered(api, session_id="session-1")
    for ack in (0, 1, 2):
        api.post("/ains/agents/agent-1/sync", {"session_id": "session-1", "ack": ack})
    before = state()
    refused = api.post("/ains/agents/agent-1/sync", {"session_id": "session-1", "ack": 0})
    assert refused.status == 409
    assert refused.body["type"] == "https://ains.dev/problems/stale-sync"
    assert state() == before


def test_the_agent_of_the_query_and_of_the_body_must_agree(api, state):
    task_id, _ = held(api)
    before = state()
    answer = api.put(
        f"/aitp/tasks/{task_id}/status?agent_id=agent-2", {"status": "ACTIVE", "agent_id": "agent-1"}
    )
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/agent_id")
    assert state() == before
