"""Turns: the clients of a waiting line are served in turn, however much one of them has in it.

A line has a time of its own, the place of whoever waits at its head. A task joins at the line's time, or one
turn after the last task of the same client and priority, so that a client's backlog lies ahead in the line's
time and a newcomer goes before most of it (start-time fair queueing: Goyal, Vin and Cheng, 1996). Where
nobody has more than one task waiting, the line's time is the time of day, and the line goes by age.
"""

from collections import Counter
from collections.abc import Sequence

from .queueing import MINUTE_MS
from .task import Task

TURN_MS = 1_000
STEP_MS = 100  # between newcomers that join at the same time of the line: ten of them to a turn


def line_time(waiting: Sequence[Task], *, priority: int, now: int) -> int:
    """Where a newcomer of this priority joins, given who waits at the line's head, the first first.

    Those of another priority count if they wait for their turn, or if there are no others.
    """
    first_time = [task for task in waiting if task.last is None] or waiting
    sizes = Counter(map(_client, first_time))
    alike = [task for task in first_time if task.priority == priority]
    others = [task for task in first_time if task.priority != priority and _in_turn(task, sizes)]
    counting = [*alike, *others] if alike else first_time
    reached = min((_reached(task, _in_turn(task, sizes), priority, now) for task in counting), default=now)
    if reached == now:
        return now
    return reached + STEP_MS * sum(reached <= task.place < reached + TURN_MS for task in alike or first_time)


def _client(task: Task) -> tuple[str, int]:
    return task.client_id, task.priority


def _in_turn(task: Task, sizes: Counter[tuple[str, int]]) -> bool:
    """It is there by turns: others of the same client wait with it, or did when it came."""
    return task.behind or sizes[_client(task)] > 1


def _reached(task: Task, in_turn: bool, priority: int, now: int) -> int:
    """The line's time as far as this task is concerned.

    A client's only task ages with the day. One that waits for its turn does not: its client's own tasks are
    what it waits for. But no newcomer of a higher priority has more of a head start than it has waited less.
    """
    waited = max(0, now - max(task.created_at, task.not_before or 0))
    if in_turn:
        waited = min(waited, max(0, priority - task.priority) * MINUTE_MS)
    return task.place + waited


def own_turn(waiting: Sequence[Task], *, client_id: str, priority: int) -> int:
    """One turn after this client's last task among those at the head; 0 when it has none there."""
    own = [task.place for task in waiting if _client(task) == (client_id, priority)]
    return max(own) + TURN_MS if own else 0
