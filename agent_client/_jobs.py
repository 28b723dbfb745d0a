"""One attempt of a task inside the agent: what the handler sees of it, and what is reported."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent_client._agent_models import Assignment
from agent_client._calls import as_json, present
from agent_client._clock import Clock

# The service takes 256 KB a request; the rest of a sync must fit beside the largest result.
RESULT_BYTES = 240 * 1024
_MESSAGE_CHARS = 1000


_DAY = 86_400.0  # the longest wait the service takes


class Retry(Exception):
    """Raised by a handler: this attempt failed, try again, not before `after` seconds (at most a day)."""

    def __init__(self, message: str = "the handler asked for a retry", *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Fail(Exception):
    """Raised by a handler: the task cannot succeed, do not try it again."""


class TaskContext:
    """What a handler may ask and say about its attempt; safe to use from any thread.

    `cancelled` is set when the result is no longer wanted: the task was cancelled or given to another agent,
    or the agent is stopping and its grace is over. `deadline` is when the service gives the attempt up.
    `traceparent` is the trace of whoever submitted the task (W3C Trace Context), to go on with.
    """

    def __init__(self, task: Assignment, *, clock: Clock) -> None:
        self.task = task
        self.attempt = task.attempt
        self.slot = task.slot
        self.traceparent = task.traceparent
        self.cancelled = threading.Event()
        self.deadline: datetime | None = None
        self.latest_progress: float | None = None
        self._clock = clock

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled.is_set()

    def progress(self, fraction: float) -> None:
        """How far it is, 0 to 1; told to the service with the next heartbeat."""
        self.latest_progress = min(1.0, max(0.0, float(fraction)))

    def remaining(self) -> float | None:
        """Seconds until the deadline, not below 0; None when there is none."""
        if self.deadline is None:
            return None
        return max(0.0, (self.deadline - self._clock.now()).total_seconds())

    def begin(self) -> None:
        """Called by the runtime when the handler starts."""
        if self.task.timeout_seconds is not None:
            self.deadline = self._clock.now() + timedelta(seconds=self.task.timeout_seconds)


@dataclass(frozen=True)
class Report:
    """How an attempt ended."""

    task_id: str
    lease_token: int
    status: str
    result_data: Any = None
    error_message: str | None = None
    retryable: bool | None = None
    retry_after_seconds: float | None = None

    def fields(self) -> dict[str, Any]:
        """For the wire."""
        return present(vars(self))


Key = tuple[str, int]


@dataclass
class Job:
    """An assignment taken by this process. `stop` interrupts its handler where that is possible."""

    task: Assignment
    context: TaskContext
    is_dropped: bool = False
    stop: Callable[[], object] = field(default=lambda: None)

    @property
    def key(self) -> Key:
        return (self.task.task_id, self.task.lease_token)

    def drop(self) -> None:
        """Its outcome is no longer wanted."""
        self.is_dropped = True
        self.context.cancelled.set()
        self.stop()


def completed(task: Assignment, result: Any) -> Report:
    """Done; or failed for good, when the result is no JSON or too large."""
    try:
        encoded = as_json(result)
    except (TypeError, ValueError, RecursionError) as error:
        return failed(task, Fail(f"the handler's result is not JSON: {error}"))
    if len(encoded) > RESULT_BYTES:
        return failed(
            task, Fail(f"the handler's result holds {len(encoded)} bytes of JSON; at most {RESULT_BYTES} fit")
        )
    # Decoded again: what the handler goes on to change is not reported.
    return Report(task.task_id, task.lease_token, "COMPLETED", result_data=json.loads(encoded))


def failed(task: Assignment, error: BaseException) -> Report:
    """The attempt raised: Fail is final, everything else may be tried again."""
    text = str(error) if isinstance(error, Retry | Fail) else f"{type(error).__name__}: {error}"
    # What cannot be encoded would make the whole sync unsendable.
    text = text.encode("utf-8", "replace").decode()[:_MESSAGE_CHARS] or type(error).__name__
    return Report(
        task.task_id,
        task.lease_token,
        "FAILED",
        error_message=text,
        retryable=not isinstance(error, Fail),
        retry_after_seconds=_within_a_day(error.after) if isinstance(error, Retry) else None,
    )


def _within_a_day(seconds: float | None) -> float | None:
    return None if seconds is None else min(_DAY, max(0.0, seconds))


def held_as(key: Key, status: str, progress: float | None = None) -> dict[str, Any]:
    """How a sync names what is held."""
    return present({"task_id": key[0], "lease_token": key[1], "status": status, "progress": progress})
