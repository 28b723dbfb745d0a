"""Tasks from the domain's words into the wire's."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.content import unpacked
from chalicelib.domain.retry import RetryPolicy
from chalicelib.domain.task import Attempt, Task
from chalicelib.services.reading import FullTask

from .task_wire import AttemptObject, RetryPolicyObject, TaskAnswer, TaskDetail, TaskObject, TaskRow
from .times import iso, iso_or_none, seconds_or_none


def task_object(full: FullTask) -> TaskObject:
    """A row of a list."""
    return TaskObject(**_fields(full))


def task_answer(full: FullTask, message: str) -> TaskAnswer:
    """What its client, or the agent that reported on it, is told."""
    return TaskAnswer(**_fields(full), message=message)


def task_row(full: FullTask) -> TaskRow:
    """A row for the agent that holds it."""
    return TaskRow(**_fields(full), input_data=full.input_data)


def task_detail(full: FullTask) -> TaskDetail:
    """Everything about one task."""
    return TaskDetail(
        **_fields(full),
        input_data=full.input_data,
        result_data=full.result,
        attempts=[_attempt(stored) for stored in full.attempts],
        routing_explanation=routing_explanation(full.task),
    )


def routing_explanation(task: Task) -> Mapping[str, Any] | None:
    """How its last assignment was chosen, as it was kept with it; None before the first."""
    kept: Mapping[str, Any] | None = None if task.explanation is None else json.loads(task.explanation)
    return kept


def _attempt(stored: Mapping[str, Any]) -> AttemptObject:
    return AttemptObject(
        attempt=stored["attempt"],
        lease_token=stored["token"],
        agent_id=stored["agent_id"],
        assigned_at=iso(stored["assigned_at"]),
        started_at=iso_or_none(stored["started_at"]),
        ended_at=iso(stored["ended_at"]),
        outcome=stored["outcome"],
        error_message=stored["error"],
    )


def _fields(full: FullTask) -> dict[str, Any]:
    task = full.task
    return {
        "task_id": task.task_id,
        "client_id": task.client_id,
        "task_type": task.task_type,
        "capability_required": task.capability,
        "priority": task.priority,
        "status": task.status.value,
        "metadata": _metadata(full),
        "attempt": task.attempt,
        "rescues": task.rescues,
        "progress": task.progress,
        "error_message": task.error,
        "failure_kind": None if task.failure is None else task.failure.value,
        "schedule_id": task.schedule_id,
        "slot": iso_or_none(task.slot),
        "retry_of": task.retry_of,
        "retried_as": task.retried_as,
        "traceparent": task.traceparent,
        **_options(task),
        **_times(task),
        **_assignment(task),
    }


def _metadata(full: FullTask) -> Mapping[str, Any] | None:
    """As read, else from a document small enough to lie on the row."""
    inline = full.task.document.inline
    read = full.metadata is not None or inline is None
    metadata: Mapping[str, Any] | None = full.metadata if read else unpacked(inline).get("metadata") or {}
    return metadata


def _options(task: Task) -> dict[str, Any]:
    ready = max(task.created_at, task.not_before or 0)
    return {
        "timeout_seconds": task.timeout_ms / 1000,
        "max_retries": task.max_retries,
        "retry_policy": retry_policy_object(task.retry),
        "queue_timeout_seconds": seconds_or_none(task.expires_at and task.expires_at - ready),
        "min_trust": task.min_trust,
        "routing_strategy": task.strategy,
        "capability_version": task.capability_version,
        "required_tags": list(task.required_tags),
        "preferred_tags": list(task.preferred_tags),
    }


def retry_policy_object(retry: RetryPolicy) -> RetryPolicyObject:
    """Durations in seconds."""
    return RetryPolicyObject(
        strategy=retry.strategy.value,
        backoff_seconds=retry.backoff_ms / 1000,
        max_backoff_seconds=retry.max_backoff_ms / 1000,
        multiplier=retry.multiplier,
        jitter=retry.jitter,
    )


def _times(task: Task) -> dict[str, Any]:
    return {
        "created_at": iso(task.created_at),
        "expires_at": iso_or_none(task.expires_at),
        "not_before": iso_or_none(task.not_before),
        "ready_at": iso_or_none(task.ready_at),
        "ended_at": iso_or_none(task.ended_at),
        "deadline_at": None if task.lease is None else iso_or_none(task.lease.deadline),
    }


def _assignment(task: Task) -> dict[str, Any]:
    """The current one, or the one in which the task ended."""
    held = task.lease or _final(task)
    return {
        "assigned_agent_id": None if held is None else held.agent_id,
        "lease_token": None if held is None else held.token,
        "assigned_at": None if held is None else iso(held.assigned_at),
        "started_at": None if held is None else iso_or_none(held.started_at),
    }


def _final(task: Task) -> Attempt | None:
    last = task.last
    return last if last is not None and task.ended_at is not None and last.ended_at >= task.ended_at else None
