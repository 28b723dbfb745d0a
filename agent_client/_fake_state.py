"""What the in-memory service knows, and the routes agents use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

Row = dict[str, Any]
Body = Mapping[str, Any]
HELD = ("ASSIGNED", "ACTIVE")
OVER = ("COMPLETED", "FAILED", "CANCELLED")


class Refusal(Exception):
    """A problem answer."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug


class FakeState:
    """Agents and tasks as plain dicts, free for tests to look at and to change."""

    def __init__(self) -> None:
        self.agents: dict[str, Row] = {}
        self.tasks: dict[str, Row] = {}
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., tuple[int, Row]]]] = [
            (method, re.compile(pattern), serve)
            for method, pattern, serve in (
                ("POST", r"/ains/agents", self._register),
                ("POST", r"/ains/agents/([^/]+)/heartbeat", self._heartbeat),
                ("POST", r"/ains/agents/([^/]+)/sync", self._sync),
                ("POST", r"/ains/agents/([^/]+)/drain", lambda _, agent_id: self._mark(agent_id, True)),
                ("DELETE", r"/ains/agents/([^/]+)/drain", lambda _, agent_id: self._mark(agent_id, False)),
                ("POST", r"/aitp/tasks", lambda body: (201, self.submit(body))),
                ("GET", r"/aitp/tasks/([^/]+)", lambda _, task_id: (200, self.task(task_id))),
                ("DELETE", r"/aitp/tasks/([^/]+)", self._cancel),
                ("PUT", r"/aitp/tasks/([^/]+)/status", self._status),
            )
        ]

    def answer(self, method: str, target: str, body: Body) -> tuple[int, Row]:
        """Status and body. Raises Refusal."""
        path = urlsplit(target).path
        for wanted, pattern, serve in self._routes:
            match = pattern.fullmatch(path)
            if match and wanted == method:
                return serve(body, *(unquote(group) for group in match.groups()))
        raise Refusal(404, "not-found", f"no {method} {path} here")

    def submit(self, fields: Body) -> Row:
        task_id = str(fields.get("task_id") or f"task-{len(self.tasks) + 1:03d}")
        defaults = {"task_type": "test", "client_id": "tester", "max_retries": 3, "timeout_seconds": 300}
        state = {"task_id": task_id, "status": "PENDING", "attempt": 0, "lease_token": 0}
        self.tasks[task_id] = {**defaults, **fields, **state}
        return self.tasks[task_id]

    def task(self, task_id: str) -> Row:
        if task_id not in self.tasks:
            raise Refusal(404, "not-found", f"no task {task_id}")
        return self.tasks[task_id]

    def agent(self, agent_id: str) -> Row:
        if agent_id not in self.agents:
            raise Refusal(404, "not-found", f"no agent {agent_id}")
        return self.agents[agent_id]

    def assign(self, task: Row, agent_id: str, *, seq: int | None = None) -> Row:
        """The assignment, under the next token."""
        task.update(
            status="ASSIGNED", assigned_agent_id=agent_id, lease_token=task["lease_token"] + 1, seq=seq
        )
        names = ("task_id", "lease_token", "task_type", "capability_required", "attempt", "timeout_seconds")
        return {name: task[name] for name in names} | {"input_data": task.get("input_data")}

    def report(self, agent_id: str, body: Body) -> Row:
        """Raises Refusal unless this agent holds the task under this token, or said the same before."""
        task = self.task(body["task_id"])
        if task.get("accepted") == (body["lease_token"], body["status"]):
            return task
        if task["status"] == "CANCELLED":
            raise Refusal(409, "illegal-move", f"task {task['task_id']} is CANCELLED")
        if not self._holds(agent_id, body):
            raise Refusal(409, "stale-lease", f"task {task['task_id']} is not held under that token")
        task["accepted"] = (body["lease_token"], body["status"])
        outcome = ("status", "result_data", "error_message", "progress", "retryable", "retry_after_seconds")
        task.update({name: body[name] for name in outcome if name in body})
        has_retries = task["attempt"] < task["max_retries"]
        if body["status"] == "FAILED" and body.get("retryable", True) and has_retries:
            task.update(status="PENDING", attempt=task["attempt"] + 1)
        return task

    def _holds(self, agent_id: str, named: Body) -> bool:
        task = self.tasks.get(named["task_id"])
        if task is None or task["status"] not in HELD:
            return False
        return bool(task["assigned_agent_id"] == agent_id and task["lease_token"] == named["lease_token"])

    def _register(self, body: Body) -> tuple[int, Row]:
        agent_id = body.get("agent_id") or f"agent-{len(self.agents) + 1:03d}"
        known = self.agents.get(agent_id)
        if known and known["session_id"] != body.get("session_id"):
            known.pop("is_drained", None)
            for task in self._open_tasks(agent_id):
                task["status"] = "PENDING"
        queue_url = f"fake:{agent_id}" if body.get("delivery") == "sqs" else None
        self.agents[agent_id] = {"seq": 0, **(known or {}), **body, "agent_id": agent_id, "status": "ACTIVE"}
        names = ("agent_id", "display_name", "status", "capabilities", "session_id")
        return (200 if known else 201), {k: self.agents[agent_id].get(k) for k in names} | {
            "queue_url": queue_url
        }

    def _heartbeat(self, body: Body, agent_id: str) -> tuple[int, Row]:
        agent = self.agent(agent_id)
        agent["status"] = body.get("status", agent["status"])
        return 200, {"agent_id": agent_id, "acknowledged": True, "agent_status": _status_of(agent)}

    def _mark(self, agent_id: str, is_drained: bool) -> tuple[int, Row]:
        self.agent(agent_id)["is_drained"] = is_drained
        return 200, {"agent_id": agent_id, "status": _status_of(self.agent(agent_id))}

    def _sync(self, body: Body, agent_id: str) -> tuple[int, Row]:
        agent = self.agent(agent_id)
        if agent["session_id"] != body["session_id"]:
            raise Refusal(409, "superseded", f"agent {agent_id} was taken over by another session")
        agent["seq"] += 1
        agent["status"] = body.get("status", "ACTIVE")
        receipts = [self._receipt(agent_id, report) for report in body["reports"]]
        cancelled, lost = self._named(agent_id, body["held"])
        for named in body["released"]:
            if self._holds(agent_id, named):
                self.tasks[named["task_id"]]["status"] = "PENDING"
        return 200, {
            "agent_id": agent_id,
            "agent_status": _status_of(agent),
            "seq": agent["seq"],
            "reports": receipts,
            "cancelled": cancelled,
            "lost": lost,
            "assignments": self._delivered(agent, body) if agent.get("delivery") != "sqs" else [],
        }

    def _receipt(self, agent_id: str, report: Body) -> Row:
        try:
            task = self.report(agent_id, report)
        except Refusal as refusal:
            return {"task_id": report["task_id"], "accepted": False, "detail": str(refusal)}
        return {"task_id": report["task_id"], "accepted": True, "status": task["status"], "detail": None}

    def _named(self, agent_id: str, held: list[Body]) -> tuple[list[str], list[str]]:
        cancelled, lost = [], []
        for named in held:
            if self._holds(agent_id, named):
                self.tasks[named["task_id"]].update(status=named["status"], progress=named.get("progress"))
            elif self.tasks.get(named["task_id"], {}).get("status") == "CANCELLED":
                cancelled.append(named["task_id"])
            else:
                lost.append(named["task_id"])
        return cancelled, lost

    def _delivered(self, agent: Row, body: Body) -> list[Row]:
        """Once more what the agent never saw; then new work. What it saw and does not name is freed."""
        named = {n["task_id"] for n in [*body["held"], *body["reports"], *body["released"]]}
        again = []
        for task in self._open_tasks(agent["agent_id"]):
            if task["task_id"] not in named and task["seq"] is not None:
                if task["seq"] <= body["ack"]:
                    task["status"] = "PENDING"
                else:
                    task["lease_token"] -= 1
                    again.append(self.assign(task, agent["agent_id"], seq=task["seq"]))
        waiting = [
            task
            for task in self.tasks.values()
            if task["status"] == "PENDING" and task["capability_required"] in agent["capabilities"]
        ]
        free = 0 if agent.get("is_drained") else max(0, body["free_slots"] - len(again))
        return again + [self.assign(task, agent["agent_id"], seq=agent["seq"]) for task in waiting[:free]]

    def _open_tasks(self, agent_id: str) -> list[Row]:
        mine = [t for t in self.tasks.values() if t.get("assigned_agent_id") == agent_id]
        return [task for task in mine if task["status"] in HELD]

    def _cancel(self, body: Body, task_id: str) -> tuple[int, Row]:  # noqa: ARG002 - a route
        task = self.task(task_id)
        if task["status"] in OVER:
            raise Refusal(409, "illegal-move", f"task {task_id} is {task['status']}")
        task["status"] = "CANCELLED"
        return 200, {"task_id": task_id, "status": "CANCELLED"}

    def _status(self, body: Body, task_id: str) -> tuple[int, Row]:
        return 200, self.report(str(body.get("agent_id")), {**body, "task_id": task_id})


def _status_of(agent: Row) -> str:
    return "DRAINING" if agent.get("is_drained") else str(agent["status"])
