"""A little of everything that the dashboards show, second after second."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.proof.watched import Watching

TASK = {"client_id": "c", "task_type": "sum", "capability_required": "sum", "input_data": {"n": 1}}
INBOX = "/aitp/tasks?assigned_agent_id=worker"


def load(w: Watching, *, until: Callable[[], bool], seconds: float) -> None:
    """Work comes and is done until all was seen, or the time is over."""
    http = w.service
    for name, capability in (("worker", "sum"), ("idler", "other")):
        agent = {"agent_id": name, "display_name": name, "capabilities": [capability], "max_concurrency": 4}
        http.post("/ains/agents", json=agent).raise_for_status()
    every_second = {"cron_expression": "* * * * * *", "cron_format": "seconds"}
    http.post("/aitp/tasks/schedule", json=TASK | every_second).raise_for_status()
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        _round(http)
        time.sleep(0.3)


def _round(http: httpx.Client) -> None:
    http.post("/aitp/tasks", json=TASK)
    http.post("/ains/agents/worker/heartbeat", json={})
    http.get("/aitp/tasks/nobody-knows-it")
    for number, task in enumerate(http.get(INBOX).json()["tasks"]):
        _done(http, task, is_good=number % 2 == 0)


def _done(http: httpx.Client, task: dict[str, Any], *, is_good: bool) -> None:
    """Its lease may be over, on a slow machine: there are others."""
    path, token = f"/aitp/tasks/{task['task_id']}/status", {"lease_token": task["lease_token"]}
    http.put(path, json={"status": "ACTIVE", **token})
    end = (
        {"status": "COMPLETED", "result_data": {}} if is_good else {"status": "FAILED", "error_message": "no"}
    )
    http.put(path, json=end | token)
