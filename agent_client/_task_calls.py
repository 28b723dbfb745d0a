"""The client's calls about tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypedDict, Unpack

from agent_client._calls import Call, Calls, Fields, present, segment
from agent_client.errors import WaitTimeout
from agent_client.models import Task

_FIRST_LOOK = 0.05
_LAST_LOOK = 2.0


class TaskOptions(TypedDict, total=False):
    """What a submission may say beside what is to be done."""

    priority: int
    timeout_seconds: float
    max_retries: int
    retry_policy: str | Fields
    queue_timeout_seconds: float
    expires_at: datetime
    not_before: datetime
    min_trust: float
    routing_strategy: str
    capability_version: str
    required_tags: list[str]
    preferred_tags: list[str]
    metadata: Fields


class TaskCalls(Calls):
    """Submitting, watching and reporting tasks."""

    def submit_task(
        self,
        task_type: str,
        *,
        capability_required: str,
        client_id: str,
        input_data: Any = None,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> Task:
        """The stored task. An Idempotency-Key is always sent, so that a repeated call makes no second one.

        `traceparent` (W3C Trace Context) is kept with the task and handed to its agent.
        """
        body = {
            "task_type": task_type,
            "capability_required": capability_required,
            "client_id": client_id,
            "input_data": {} if input_data is None else input_data,
            **options,
        }
        headers = {"Idempotency-Key": idempotency_key or self._ports.new_id()}
        if traceparent is not None:
            headers["traceparent"] = traceparent
        return self._fetch(Task, Call("POST", "/aitp/tasks", body=body, headers=headers))

    def get_task(self, task_id: str) -> Task:
        """With its input, result and past attempts."""
        return self._fetch(Task, Call("GET", f"/aitp/tasks/{segment(task_id)}"))

    def list_tasks(
        self,
        *,
        client_id: str | None = None,
        assigned_agent_id: str | None = None,
        schedule_id: str | None = None,
        status: str | None = None,
        task_type: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Task]:
        """All tasks of one client, agent or schedule, page after page; `limit` is the size of a page."""
        query = {
            "client_id": client_id,
            "assigned_agent_id": assigned_agent_id,
            "schedule_id": schedule_id,
            "status": status,
            "task_type": task_type,
            "limit": limit,
        }
        return self._pages(Task, "tasks", Call("GET", "/aitp/tasks", query=query))

    def report(
        self,
        task_id: str,
        status: str,
        *,
        agent_id: str | None = None,
        lease_token: int | None = None,
        result_data: Any = None,
        error_message: str | None = None,
        retryable: bool | None = None,
        retry_after_seconds: float | None = None,
        progress: float | None = None,
    ) -> Task:
        """Moves a held task to ACTIVE, COMPLETED or FAILED. The accepted report sent again is no error.

        Without a `lease_token` the present holder is meant. Raises StaleLease when the task was handed out
        again, IllegalMove when its state has no such move.
        """
        body = {
            "status": status,
            "agent_id": agent_id,
            "lease_token": lease_token,
            "result_data": result_data,
            "error_message": error_message,
            "retryable": retryable,
            "retry_after_seconds": retry_after_seconds,
            "progress": progress,
        }
        return self._fetch(Task, Call("PUT", f"/aitp/tasks/{segment(task_id)}/status", body=present(body)))

    def start_task(
        self, task_id: str, *, agent_id: str | None = None, lease_token: int | None = None
    ) -> Task:
        """ACTIVE: the timeout runs from here."""
        return self.report(task_id, "ACTIVE", agent_id=agent_id, lease_token=lease_token)

    def complete_task(
        self,
        task_id: str,
        *,
        result_data: Any = None,
        agent_id: str | None = None,
        lease_token: int | None = None,
    ) -> Task:
        return self.report(
            task_id, "COMPLETED", result_data=result_data, agent_id=agent_id, lease_token=lease_token
        )

    def fail_task(
        self,
        task_id: str,
        *,
        error_message: str,
        retryable: bool = True,
        retry_after_seconds: float | None = None,
        agent_id: str | None = None,
        lease_token: int | None = None,
    ) -> Task:
        """FAILED: tried again if `retryable` and retries are left, not before `retry_after_seconds`."""
        return self.report(
            task_id,
            "FAILED",
            error_message=error_message,
            retryable=retryable,
            retry_after_seconds=retry_after_seconds,
            agent_id=agent_id,
            lease_token=lease_token,
        )

    def cancel_task(self, task_id: str, *, reason: str | None = None) -> Task:
        """Cancelled at once; an agent that works on it hears by its next sync."""
        query = present({"reason": reason})
        return self._fetch(Task, Call("DELETE", f"/aitp/tasks/{segment(task_id)}", query=query))

    def set_priority(self, task_id: str, priority: int) -> Task:
        """1 to 10, 10 first: a task that waits moves in its line. Raises IllegalMove for what is over."""
        path = f"/aitp/tasks/{segment(task_id)}/priority"
        return self._fetch(Task, Call("PUT", path, body={"priority": priority}))

    def set_timeout(self, task_id: str, timeout_seconds: float) -> Task:
        """Counted from its start, also of a task that runs already. Raises IllegalMove for what is over."""
        path = f"/aitp/tasks/{segment(task_id)}/timeout"
        return self._fetch(Task, Call("PUT", path, body={"timeout_seconds": timeout_seconds}))

    def wait(self, task_id: str, *, timeout: float = 60.0) -> Task:
        """The task once it is over, whatever its outcome. Raises WaitTimeout after `timeout` seconds."""
        until = self._ports.monotonic() + timeout
        pause = _FIRST_LOOK
        while True:
            task = self.get_task(task_id)
            left = until - self._ports.monotonic()
            if task.is_over:
                return task
            if left <= 0:
                raise WaitTimeout(f"task {task_id} is still {task.status} after {timeout:g} s")
            self._ports.sleep(min(pause, left))
            pause = min(pause * 1.5, _LAST_LOOK)
