"""Dead letters and what became of a redrive, as the wire shows them."""

from .wire import wire


@wire
class DeadLetter:
    """A task that failed for good; `attempts` counts its assignments, `agent_id` had the last."""

    task_id: str
    client_id: str
    task_type: str
    capability_required: str
    failure_kind: str | None
    error_message: str | None
    attempts: int
    agent_id: str | None
    created_at: str
    ended_at: str | None
    schedule_id: str | None
    retry_of: str | None


@wire
class DeadLetterList:
    """One page; it may be short, or empty, before the last."""

    dead_letters: list[DeadLetter]
    next_cursor: str | None


@wire
class RedrivenTask:
    """`retried_as` is the new task."""

    task_id: str
    retried_as: str


@wire
class RefusedTask:
    """A task that was left as it is."""

    task_id: str
    reason: str


@wire
class TaskRedrive:
    """Each task is in one of the lists; `next_cursor` is given when a filter may have more."""

    redriven: list[RedrivenTask]
    refused: list[RefusedTask]
    next_cursor: str | None
    message: str
