"""What agents of old send: a poll, and a report on one task."""

from typing import Any

from .base import Base
from .book import Told
from .forecast import take


class Calls(Base):
    def polled(self, name: str) -> dict[str, int]:
        """Token by task."""
        agent = self.model.agents[name]
        answer = self.system.call("GET", f"/aitp/tasks?assigned_agent_id={name}&limit=100")
        if not self.expect(answer, 404 if agent.left else 200):
            return {}
        agent.polled(self.at)
        rows = {row["task_id"]: row for row in answer.body["tasks"]}
        tokens = {task_id: int(row["lease_token"]) for task_id, row in rows.items()}
        held = {task.task_id: task.state.token for task in self.model.held_by(name)}
        fresh = {task_id: token for task_id, token in tokens.items() if task_id not in held}
        if not self.is_hidden(f"agent#{name}"):
            assert held.items() <= tokens.items(), f"{name} holds {held}, and sees {tokens}"
        assert agent.delivery == "poll" or not fresh
        take(self.model, agent, fresh, self.at)
        for task_id, row in rows.items():
            assert row["input_data"] == self.model.tasks[task_id].order.input_data
        return tokens

    def reported(self, task_id: str, told: Told) -> dict[str, Any] | None:
        """The answer to an accepted report."""
        task = self.model.tasks[task_id]
        before = self.model.state(task_id)
        after = task.judged(before, told, self.at)
        body = {"status": told.status, "agent_id": told.agent, "lease_token": told.token}
        if told.status == "COMPLETED":
            body["result_data"] = told.result
        if told.status == "FAILED":
            body |= {"error_message": told.error, "retryable": told.retryable}
            body["retry_after_seconds"] = told.after / 1000
        answer = self.system.call("PUT", f"/aitp/tasks/{task_id}/status", body)
        accepted = self.expect(answer, 409 if after is None else 200)
        self.model.becomes(task_id, before if after is None else after)
        if not accepted or after is None:
            return None
        assert answer.body["status"] == after.status
        return dict(answer.body)
