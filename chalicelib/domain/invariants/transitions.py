"""Accepted transitions: along the graph, fenced by tokens, one end, attempts bounded and spaced."""

from collections.abc import Iterator
from itertools import pairwise

from chalicelib.domain.lifecycle import MAX_RESCUES
from chalicelib.domain.task import MOVES, Outcome, Status, Task

from .snapshot import History, Snapshot
from .violation import RowKind, Violation, moment, of_task

_CHARGED = {Outcome.ERROR, Outcome.TIMEOUT}
_RESCUED = {Outcome.AGENT_LOST, Outcome.RELEASED, Outcome.SUPERSEDED, Outcome.NOT_STARTED}
_UNSTARTED = {Status.PENDING, Status.BLOCKED}
_FIND = "a defect, or another writer: look for this task's id in the logs at that time"


def _reachable(status: Status, steps: int) -> set[Status]:
    reached = {status}
    for _ in range(steps):
        reached |= {to for at in reached for to in MOVES[at]}
    return reached


def legal_history(_: Snapshot, history: History) -> Iterator[Violation]:
    """3. A path of the state graph, each step from the version that the one before left."""
    for steps in history.by_task().values():
        origin, first = steps[0]
        if origin is not None or first.status not in _UNSTARTED or first.version != 1:
            yield of_task(first, 3, f"began as {first.status} at version {first.version}", _FIND)
        for (_before, left), (before, after) in pairwise(steps):
            if before != left:
                yield of_task(after, 3, f"went on from another row than version {left.version}", _FIND)
            if after.version <= left.version:
                yield of_task(after, 3, f"went from version {left.version} to {after.version}", _FIND)
            if after.status not in _reachable(left.status, after.version - left.version):
                yield of_task(after, 3, f"went from {left.status} to {after.status}", _FIND)


def fenced_writes(_: Snapshot, history: History) -> Iterator[Violation]:
    """5. The token grows by one with every claim and never else; what ended is what was held."""
    for before, after in history.changes():
        claimed = before.lease is None and after.lease is not None
        if after.token != before.token + claimed:
            yield of_task(after, 5, f"went from token {before.token} to {after.token}", _FIND)
        if before.lease is not None and after.lease is None:
            held = (before.lease.token, before.lease.agent_id)
            if after.last is None or (after.last.token, after.last.agent_id) != held:
                yield of_task(after, 5, f"ended another assignment than token {held[0]}", _FIND)
        elif after.last != before.last:
            yield of_task(after, 5, "ended an assignment that nobody had", _FIND)
        if before.lease is not None and after.lease is not None:
            was, now = ((lease.token, lease.agent_id) for lease in (before.lease, after.lease))
            if was != now:
                yield of_task(after, 5, f"went from {was[1]} to {now[1]} without a claim", _FIND)


def single_result(_: Snapshot, history: History) -> Iterator[Violation]:
    """6. One end, whose outcome never changes."""
    for task_id, steps in history.by_task().items():
        ends = [after for before, after in steps if after.is_over and (before is None or not before.is_over)]
        if len(ends) > 1:
            yield Violation(6, RowKind.TASK, task_id, f"ended {len(ends)} times", _FIND)
        outcomes = {(a.status, a.result, a.error, a.failure, a.ended_at) for _, a in steps if a.is_over}
        if len(outcomes) > 1:
            yield Violation(6, RowKind.TASK, task_id, "has an outcome that changed", _FIND)


def charged_attempts(_: Snapshot, history: History) -> Iterator[Violation]:
    """8. Only what may consumes attempts and rescues, and neither beyond its bound."""
    for before, after in history.changes():
        ended = after.last.outcome if after.last is not None and after.last != before.last else None
        charged = after.attempt - before.attempt
        if charged and (ended not in _CHARGED or charged != 1):
            yield of_task(after, 8, f"was charged {charged} attempts for {_name(ended)}", _FIND)
        if (after.rescues - before.rescues) != _is_rescue(before, ended):
            text = f"went from {before.rescues} to {after.rescues} rescues on {_name(ended)}"
            yield of_task(after, 8, text, _FIND)
        if after.attempt > after.max_retries or after.rescues > MAX_RESCUES:
            text = f"had {after.attempt} of {after.max_retries} retries and {after.rescues} rescues"
            yield of_task(after, 8, text, _FIND)


def _is_rescue(before: Task, ended: Outcome | None) -> bool:
    return before.status is Status.ACTIVE and ended in _RESCUED


def _name(ended: Outcome | None) -> str:
    return "nothing" if ended is None else ended.value


def spaced_attempts(_: Snapshot, history: History) -> Iterator[Violation]:
    """8. Nothing is back in line before its backoff, or its not_before, was over."""
    for _id, before, after, at in history.steps:
        if before is None or before.ready_at is None or after.ready_at is not None or after.is_over:
            continue
        if at < before.ready_at:
            text = f"was in line again {moment(at)}, though it had to wait until {moment(before.ready_at)}"
            yield of_task(after, 8, text, _FIND)


OF_TRANSITIONS = (legal_history, fenced_writes, single_result, charged_attempts, spaced_attempts)
