"""When time alone changes a task: what is armed, and when the clock looks next."""

from .task import Task

ANNOUNCE_AGAIN_MS = 60_000  # a lost announcement or settlement is made up by the clock after this
REDELIVER_MS = 15_000
MAX_DELIVERIES = 3
MAX_START_MS = 60_000


def sooner(current: int | None, wanted: int) -> int:
    """Timers are lazy: a row that is looked at earlier anyway is not re-indexed, it is re-armed then."""
    return wanted if current is None or current > wanted else current


def announced_by(task: Task, now: int) -> int:
    """When the clock looks whether its announcement was lost, or it waited too long."""
    return sooner(task.expires_at, now + ANNOUNCE_AGAIN_MS)


def next_look(task: Task) -> int | None:
    """When time alone changes something next; None when it never does."""
    if task.unsettled:
        return task.due_at
    if task.lease is not None:
        lease = task.lease
        return lease.ends_at if lease.redeliver_at is None else min(lease.redeliver_at, lease.ends_at)
    if task.is_over:
        return None
    return task.ready_at if task.ready_at is not None else task.due_at
