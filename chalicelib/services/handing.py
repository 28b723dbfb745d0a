"""Giving a task to an agent: the claim, and the message to agents that have a queue of their own."""

import json
from typing import Any

from chalicelib.domain import lifecycle
from chalicelib.domain.agent import Agent, Delivery
from chalicelib.domain.errors import LostRace
from chalicelib.domain.routing import Candidate, Choice
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from . import documents
from .hints import TICK_MS, of_due
from .ports import AgentQueues, Aggregate, Clock, Hint, Metrics, PayloadStore, TaskStore, WorkQueue

EXPLAINED = 3
MAX_MESSAGE_BYTES = 200_000


@dataclass(frozen=True, eq=False, repr=False)
class Handing:
    """Assigns in one transaction, then announces."""

    tasks: TaskStore
    payloads: PayloadStore
    agent_queues: AgentQueues
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def assign(
        self, task: Task, agent: Agent, *, choice: Choice | None = None, seq: int | None = None
    ) -> Task:
        """The task as held by this agent. Raises LostRace (when it expired meanwhile, too), AgentUnavailable.

        `seq` is the number of the sync answer that will carry it, where one does.
        """
        now = self.clock()
        held = _held(task, agent, choice, seq, now)
        self._claim(task, held, agent, now)
        self.metrics.count("tasks_assigned_total")
        if task.last is None:
            runnable_since = max(task.created_at, task.not_before or 0)
            self.metrics.count("dispatch_lateness_ms", max(0, now - runnable_since))
        if agent.profile.delivery is Delivery.SQS and agent.profile.queue_url:
            self.send(held, agent.profile.queue_url)
        self._watch(task, held, agent, now)
        return held

    def _claim(self, task: Task, held: Task, agent: Agent, now: int) -> None:
        try:
            self.tasks.assign(held, was=task.version, agent=agent, now=now)
        except LostRace:
            self.metrics.count("claims_lost_total")
            raise

    def _watch(self, task: Task, held: Task, agent: Agent, now: int) -> None:
        """Announce what this claim armed for before the next tick: the end of the lease, a redelivery."""
        hints: list[Hint] = []
        if not agent.is_armed:
            hints += of_due(Aggregate.AGENT, agent.agent_id, agent.lease_until, now=now)
        if held.due_at != task.due_at and held.due_at is not None and held.due_at < now + TICK_MS:
            hints += of_due(Aggregate.TASK, held.task_id, held.due_at, now=now)
        if hints:
            self.queue.announce(*hints, now=now)

    def send(self, task: Task, queue_url: str) -> None:
        """The assignment as a message; a document too large for one is left for the agent to fetch."""
        document = documents.read(self.payloads, [task.document])[0] or {}
        message = {"v": 1, "kind": "assignment", **_assignment(task, document)}
        if len(json.dumps(message["input_data"])) > MAX_MESSAGE_BYTES:
            message |= {"input_data": None, "input_data_omitted": True}
        self.agent_queues.send(queue_url, message)


def _held(task: Task, agent: Agent, choice: Choice | None, seq: int | None, now: int) -> Task:
    if task.has_expired(now):
        raise LostRace(f"task {task.task_id} expired while an agent was looked for: the clock has it")
    return lifecycle.assigned(
        task,
        agent_id=agent.agent_id,
        session_id=agent.session_id,
        now=now,
        start_within_ms=agent.profile.start_within_ms,
        by_queue=agent.profile.delivery is Delivery.SQS,
        delivered_seq=seq,
        explanation=explained(choice),
        own=agent.works_for(task.client_id),
        probe=agent.streak.is_probation,
    )


def _assignment(task: Task, document: dict[str, Any]) -> dict[str, Any]:
    """What an agent needs to work on a task; times in milliseconds."""
    lease = lifecycle.held_lease(task)
    return {
        "task_id": task.task_id,
        "lease_token": lease.token,
        "session_id": lease.session_id,
        "task_type": task.task_type,
        "capability_required": task.capability,
        "priority": task.priority,
        "attempt": task.attempt,
        "timeout_seconds": task.timeout_ms / 1000,
        "input_data": document.get("input"),
        "metadata": document.get("metadata") or {},
        "client_id": task.client_id,
        "schedule_id": task.schedule_id,
        "slot": task.slot,
        "start_by": lease.start_by,
        "traceparent": task.traceparent,
    }


def explained(choice: Choice | None) -> str | None:
    """The best three candidates and why the others were passed over, as kept on the row."""
    if choice is None:
        return None
    top = [
        {"agent_id": c.agent_id, "score": c.score, "reason": _reason(c), "why_not": _text(c)}
        for c in choice.considered[:EXPLAINED]
    ]
    told = {"strategy": choice.strategy.value, "by": choice.by.value, "candidates": top}
    return json.dumps(told, separators=(",", ":"))


def _reason(candidate: Candidate) -> str | None:
    return None if candidate.why_not is None else candidate.why_not.reason.value


def _text(candidate: Candidate) -> str | None:
    return None if candidate.why_not is None else candidate.why_not.text
