"""Requests that are fine: tests change one thing about them."""

from typing import Any

TASK = {"client_id": "shop", "task_type": "translate", "capability_required": "text/en-de"}
AGENT = {"agent_id": "agent-1", "display_name": "Agent One", "capabilities": ["text/en-de"]}
SYNC = {"session_id": "session-1", "ack": 0, "free_slots": 1}
SCHEDULE = {**TASK, "cron_expression": "*/5 * * * *", "input_data": {"text": "hello"}}


def submitted(api: Any, **more: Any) -> str:
    """The id of a new task."""
    answer = api.post("/aitp/tasks", {**TASK, **more})
    assert answer.status == 201, answer.text
    return str(answer.body["task_id"])


def registered(api: Any, **more: Any) -> str:
    """The id of a new agent."""
    answer = api.post("/ains/agents", {**AGENT, **more})
    assert answer.status in (200, 201), answer.text
    return str(answer.body["agent_id"])


def held(api: Any, **more: Any) -> tuple[str, int]:
    """A task that agent-1 was given, and its token."""
    registered(api)
    task_id = submitted(api, **more)
    (row,) = api.get("/aitp/tasks?assigned_agent_id=agent-1").body["tasks"]
    assert row["task_id"] == task_id
    return task_id, row["lease_token"]


def scheduled(api: Any, **more: Any) -> str:
    """The id of a new schedule."""
    answer = api.post("/aitp/tasks/schedule", {**SCHEDULE, **more})
    assert answer.status == 201, answer.text
    return str(answer.body["schedule_id"])
