"""What nobody may do: take from a holder what it rightly has, or leave work that nobody heard of."""

from collections.abc import Iterator

from chalicelib.domain import routing
from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.task import Outcome, Status, Task
from chalicelib.domain.timers import MAX_DELIVERIES

from .cast import Cast
from .records import End


def taken(c: Cast) -> list[str]:
    """4, 5: every assignment that ended was ended by its holder, or with good reason."""
    found = [
        f"4: {end.before.task_id} was taken from {end.holder.agent_id}, {wrong}"
        for end in c.d.records.ends
        if (wrong := _why_not(c, end)) is not None
    ]
    return found + list(_of_others(c)) + ineligible(c)


def _why_not(c: Cast, end: End) -> str | None:
    """Why that was no good reason; None when it was one."""
    lease, last = end.before.lease, end.after.last
    assert lease is not None
    assert last is not None
    match last.outcome:
        case Outcome.AGENT_LOST if not (end.holder.left or end.holder.wish is Wish.OFFLINE):
            heard = [a for a in c.ledger.heard if a.agent_id == end.holder.agent_id]
            lives = any(a.since < end.at < a.until for a in heard)
            return "which was heard of and is not lost" if lives else None
        case Outcome.SUPERSEDED if lease.session_id == end.holder.session_id:
            return "whose session goes on"
        case Outcome.CANCELLED if end.before.status is not Status.CANCELLED:
            return "which could not have heard that it was cancelled"
        case Outcome.RELEASED if (end.before.task_id, lease.token) not in c.ledger.got:
            return "which did not get it yet"
        case Outcome.NOT_STARTED if end.at < lease.ends_at and lease.deliveries < MAX_DELIVERIES:
            return "whose time to begin was not over"
        case Outcome.TIMEOUT if end.at < lease.ends_at:
            return "whose time was not over"
    return None


def ineligible(c: Cast) -> list[str]:
    """8, 9: whoever was given a task was fit for it, and it was not given again before its wait was over."""
    ended = {(end.before.task_id, end.after.token): end for end in c.d.records.ends}
    found = []
    for before, after, agent, now in c.d.records.claims:
        if before.capability not in agent.profile.capabilities:
            found.append(f"9: {after.task_id} was given to {agent.agent_id}, which lacks {before.capability}")
        if agent.lease_until <= now or agent.in_flight >= agent.max_concurrency:
            found.append(f"9: {after.task_id} was given to {agent.agent_id}, which is lost or full")
        last = ended.get((before.task_id, before.token))
        if last is not None and last.after.attempt > last.before.attempt:
            shortest = before.retry.backoff_ms * (1 - before.retry.jitter)
            failed_at = before.last.ended_at if before.last is not None else last.at
            if now < failed_at + shortest:
                found.append(f"8: {after.task_id} was given again {now - failed_at} ms after it failed")
    return found


def _of_others(c: Cast) -> Iterator[str]:
    """A result that was accepted under one token ended the assignment of that token."""
    tasks = c.d.records.snapshot().tasks
    for task_id, token in c.ledger.under.items():
        last = tasks[task_id].last
        if last is not None and last.token != token:
            yield f"5: a result of {task_id} under token {token} ended what was held under {last.token}"


def overlooked(c: Cast) -> list[str]:
    """7, ahead of time: unless an announcement was lost, nothing that could go on waits for the clock."""
    if c.d.choke.has_lost:
        return []
    under_way = " ".join(body for body, _ in c.d.messages())
    found = []
    s = c.d.records.snapshot()
    for task in s.tasks.values():
        is_new = task.in_line and task.due_at not in (None, task.expires_at)  # nobody has routed it yet
        unheard = is_new and any(routing.why_not(a, task, now=s.now) is None for a in s.agents.values())
        if (unheard or task.unsettled) and f'"{task.task_id}"' not in under_way:
            what = "waits" if unheard else "is over"
            found.append(f"7: {task.task_id} {what}, and nobody was told")
        holder = None if task.lease is None else s.agents.get(task.lease.agent_id)
        if holder is not None and holder.superseded_at is None and _is_orphan(task, holder):
            found.append(f"7: {task.task_id} is held by a session that is over, and nobody looks")
    return found


def _is_orphan(task: Task, holder: Agent) -> bool:
    sessions = {task.lease.session_id if task.lease else None, holder.session_id}
    return None not in sessions and len(sessions) == 2
