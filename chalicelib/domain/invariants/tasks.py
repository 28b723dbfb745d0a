"""A task's row by itself: lease, token, outcome, timers and bounds. A snapshot of any tasks will do."""

from collections.abc import Iterator

from chalicelib.domain import queueing
from chalicelib.domain.lifecycle import MAX_RESCUES
from chalicelib.domain.task import HELD, Status, Task

from .snapshot import Snapshot
from .violation import Violation, moment, of_task

_AGAIN = "cancel it (DELETE /aitp/tasks/{id}) and submit it again; find out what else wrote this row"
_BY_HAND = (
    "it is over and nothing runs it again: compare it with what its client was told, then put the row right"
    " with aws dynamodb update-item, on condition that `version` is still {version}"
)


def _remedy(task: Task) -> str:
    how = _BY_HAND if task.is_over else _AGAIN
    return how.format(id=task.task_id, version=task.version)


def exclusive_leases(s: Snapshot) -> Iterator[Violation]:
    """4. A held task has one lease, under its newest token; it stands in one queue, or rightly in none."""
    for task in s.tasks.values():
        lease = task.lease
        if (lease is None) == (task.status in HELD) and task.status is not Status.CANCELLED:
            holder = "nobody" if lease is None else lease.agent_id
            yield of_task(task, 4, f"is {task.status} and held by {holder}", _remedy(task))
        if lease is not None and lease.token != task.token:
            text = f"is held under token {lease.token}, and the newest is {task.token}"
            yield of_task(task, 4, text, _remedy(task))
        place = _place(task)
        if task.queue_key != place or (place is not None) != (task.queue_order is not None):
            stands = f"{task.queue_key} at {task.queue_order}" if task.queue_key else "no queue"
            text = f"is {task.status} and stands in {stands}, not in {place or 'none'}"
            yield of_task(task, 4, text, _remedy(task))


def _place(task: Task) -> str | None:
    """The one queue that it belongs to."""
    if task.status is Status.PENDING and task.ready_at is None:
        return queueing.line(task.tenant, task.capability)
    return queueing.inbox(task.lease.agent_id) if task.lease is not None else None


def fenced_tokens(s: Snapshot) -> Iterator[Violation]:
    """5. What ended was held under an older token than what is held now, and under no newer one ever."""
    for task in s.tasks.values():
        newest = task.token if task.lease is None else task.token - 1
        if task.last is not None and task.last.token > newest:
            text = f"ended an assignment under token {task.last.token}, and the newest is {task.token}"
            yield of_task(task, 5, text, _remedy(task))


def single_outcomes(s: Snapshot) -> Iterator[Violation]:
    """6. What is over has an end, and the outcome that its status says; what is open has none."""
    for task in s.tasks.values():
        if task.is_over != (task.ended_at is not None):
            yield of_task(task, 6, f"is {task.status} and ended {moment(task.ended_at)}", _remedy(task))
        wants_result = task.status is Status.COMPLETED
        if wants_result != (task.result is not None) and task.status is not Status.CANCELLED:
            has = "no" if task.result is None else "a"
            yield of_task(task, 6, f"is {task.status} with {has} result", _remedy(task))
        if (task.status is Status.FAILED) != (task.failure is not None):
            text = f"is {task.status} with failure kind {task.failure and task.failure.value}"
            yield of_task(task, 6, text, _remedy(task))


def watched_tasks(s: Snapshot) -> Iterator[Violation]:
    """7, ahead of time: whatever time may change stands in the clock, no later than it changes."""
    for task in s.tasks.values():
        changes = [t for t in (task.ready_at, task.expires_at if task.in_line else None) if t is not None]
        if task.lease is not None:
            changes.append(task.lease.ends_at)
        late = [t for t in changes if task.due_at is None or task.due_at > t]
        if late or (task.unsettled and task.due_at is None):
            due = f"is looked at {moment(task.due_at)}"
            text = f"is {task.status} and {due}, though its time comes {moment(min(changes, default=None))}"
            yield of_task(task, 7, text if late else f"is not settled, and {due}", _watch(task))
        if task.is_over and not task.unsettled and task.lease is None and task.due_at is not None:
            text = f"is over and still looked at {moment(task.due_at)}"
            yield of_task(task, 7, text, "harmless: the clock looks once and lets go; look again later")


def _watch(task: Task) -> str:
    return (
        "the clock forgot it: set due_at to now (milliseconds) and clock_shard (any of 0 to 7) with"
        f" aws dynamodb update-item, on condition that `version` is still {task.version}"
    )


def bounded_attempts(s: Snapshot) -> Iterator[Violation]:
    """8. No more retries than its client allowed, no more rescues than anybody gets."""
    for task in s.tasks.values():
        if not 0 <= task.attempt <= max(task.max_retries, 0):
            text = f"consumed {task.attempt} of {task.max_retries} retries"
            yield of_task(task, 8, text, _remedy(task))
        if not 0 <= task.rescues <= MAX_RESCUES - (not task.is_over):
            text = f"is {task.status} and was rescued {task.rescues} times; the {MAX_RESCUES}rd ends it"
            yield of_task(task, 8, text, _remedy(task))


def cancelled_without_result(s: Snapshot) -> Iterator[Violation]:
    """11. A cancelled task never has a result."""
    for task in s.tasks.values():
        if task.status is Status.CANCELLED and task.result is not None:
            yield of_task(task, 11, "was cancelled and has a result", _remedy(task))


OF_TASKS = (
    exclusive_leases,
    fenced_tokens,
    single_outcomes,
    watched_tasks,
    bounded_attempts,
    cancelled_without_result,
)
