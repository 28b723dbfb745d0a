"""What a storm left: the invariants over all rows and all history, and everything that was acknowledged."""

import random
from typing import Protocol

from chalicelib.domain.content import packed
from chalicelib.domain.invariants import Snapshot, at_rest, violations

from .client import Client
from .deployment import Deployment
from .ledger import Alive, Ledger
from .promises import unkept
from .records import End
from .rights import taken

SEEN = 50  # results that are read over the API
SLOWEST_MS = 60_000  # between what a request read and what it wrote


class Play(Protocol):
    """What is judged."""

    d: Deployment
    ledger: Ledger
    client: Client


def judged(c: Play, *, slots: int) -> list[str]:
    """All that is wrong at the end; there must have been so many slots, or the storm was none."""
    records, snapshot = c.d.records, c.d.records.snapshot()
    found = [str(violation) for violation in at_rest(snapshot)]
    found += [str(violation) for violation in violations(snapshot, records.history())]
    if c.d.next_message_at() is not None:
        found.append("7: messages that nobody handles are left")
    if len(snapshot.executions) < slots:
        found.append(f"10: there were {len(snapshot.executions)} slots, and not {slots}")
    c.ledger.heard = long_alive(c.ledger.heard)
    c.ledger.got |= overtaken(records.ends)
    return found + taken(c) + _unkept(c, snapshot)


def _unkept(c: Play, snapshot: Snapshot) -> list[str]:
    """Every result by its hash, and some of them as clients see them."""
    found, completed = [], c.ledger.completed
    for task_id, result in completed.items():
        content, task = packed(result, owner=task_id, kind="result")[0], snapshot.tasks.get(task_id)
        if task is None or task.result is None or task.result.sha256 != content.sha256:
            found.append(f"6: the result of {task_id} is not what was reported")
    seen = random.Random(c.d.seed).sample(sorted(completed), min(SEEN, len(completed)))
    c.ledger.completed = {task_id: completed[task_id] for task_id in seen}
    return found + unkept(c)


def overtaken(ends: list[End]) -> set[tuple[str, int]]:
    """Tasks and tokens of answers that never came, where the agent acknowledged a later one.

    Of two syncs of one agent at once only one is answered to somebody. What the other took counts as
    received then, and goes back in line, uncharged, as it would if it were redelivered in vain.
    """
    leases = ((end.before.task_id, end.before.lease, end.holder.acked) for end in ends)
    return {
        (task_id, lease.token)
        for task_id, lease, acked in leases
        if lease is not None and lease.started_at is None and (lease.delivered_seq or acked + 1) <= acked
    }


def long_alive(heard: list[Alive]) -> list[Alive]:
    """When each agent had been alive for a while without a break.

    Who found an agent lost may write so late that it is alive again by then.
    """
    merged: list[Alive] = []
    for alive in sorted(heard):
        before = merged[-1] if merged and merged[-1].agent_id == alive.agent_id else None
        if before is not None and alive.since <= before.until:
            merged[-1] = before._replace(until=max(before.until, alive.until))
        else:
            merged.append(alive)
    return [alive._replace(since=alive.since + SLOWEST_MS) for alive in merged]
