"""A service with something to see: agents, tasks in every state, schedules, a dead letter."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.processes import until

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"  # shown as text or not safe


@dataclass(frozen=True)
class Seeder:
    """Speaks the HTTP contract, as clients and agents do."""

    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json()

    def agent(self, agent_id: str, name: str, *capabilities: str, slots: int = 4) -> None:
        registration = {"agent_id": agent_id, "display_name": name, "capabilities": list(capabilities)}
        body = {**registration, "max_concurrency": slots, "tags": ["eu-west-1"]}
        self.call("POST", "/ains/agents", {**body, "heartbeat_interval_seconds": 60})

    def task(self, task_type: str, capability: str, data: Any = None, **options: Any) -> str:
        asked = {"client_id": "billing", "task_type": task_type, "capability_required": capability}
        return str(self.call("POST", "/aitp/tasks", {**asked, "input_data": data, **options})["task_id"])

    def schedule(self, description: str, cron: str, capability: str = "report", **options: Any) -> str:
        asked = {"client_id": "billing", "task_type": "report", "capability_required": capability}
        body = {**asked, "description": description, "cron_expression": cron, "input_data": {"region": "eu"}}
        return str(self.call("POST", "/aitp/tasks/schedule", {**body, **options})["schedule_id"])

    def status(self, task_id: str) -> str:
        return str(self.call("GET", f"/aitp/tasks/{task_id}")["status"])

    def started(self, task_id: str, **report: Any) -> str:
        """Begun by the agent it was given to, whose id is the answer."""

        def held() -> str | None:
            found = self.call("GET", f"/aitp/tasks/{task_id}")
            return found["assigned_agent_id"] if found["status"] == "ASSIGNED" else None

        agent_id = until(held, timeout=20, what=f"{task_id} was not assigned")
        self.report(task_id, agent_id, status="ACTIVE", **report)
        return agent_id

    def report(self, task_id: str, agent_id: str, **report: Any) -> None:
        self.call("PUT", f"/aitp/tasks/{task_id}/status", {"agent_id": agent_id, **report})

    def completed(self, task_id: str, result: Any) -> None:
        self.report(task_id, self.started(task_id), status="COMPLETED", result_data=result)

    def failed(self, task_id: str, message: str) -> None:
        failure = {"status": "FAILED", "error_message": message, "retryable": False}
        self.report(task_id, self.started(task_id), **failure)
