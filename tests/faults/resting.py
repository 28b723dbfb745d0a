"""After what befell: all goes well, time passes, and everything comes to its end."""

from chalicelib.domain.agent import Agent as AgentRow
from chalicelib.domain.invariants import at_rest
from chalicelib.domain.task import Task

from .agent import Agent
from .cast import Cast
from .deployment import MINUTE_MS
from .promises import broken, slots_kept, unkept

PATIENCE_MS = 3_600_000
HORIZON_MS = 75_000
BEAT_MS = 5_000  # whoever has something in hand says so this often
ROUNDS = 1_000


def come_to_rest(c: Cast) -> list[str]:
    """Everything that is still wrong when nothing moves any more."""
    c.d.choke.calm()
    good = Agent(c.d, c.ledger, "good", slots=50, beat_s=3_600)
    assert good.register()
    c.agents.append(good)
    found = []
    if c.ledger.schedules:
        c.minutes(2, each=lambda: _live(c))
        found = slots_kept(c)
        for schedule_id in c.ledger.schedules:
            c.client.ask("DELETE", f"/aitp/tasks/schedule/{schedule_id}")
    deadline = c.d.now + PATIENCE_MS
    for _ in range(ROUNDS):
        c.d.drain()
        _live(c)
        if _is_quiet(c) or c.d.now > deadline:
            break
        _on(c)
    return found + _unrest(c) + unkept(c) + broken(c)


def _live(c: Cast) -> None:
    """Who has something in hand, or was given something, speaks; one that is free takes what waits."""
    open_tasks = [task for task in c.d.records.tasks.values() if _is_open(task)]
    holders = {task.lease.agent_id for task in open_tasks if task.lease is not None}
    waits = any(task.in_line for task in open_tasks)
    for agent in c.agents:
        if agent.held or agent.agent_id in holders or (waits and agent is c.agents[-1]):
            agent.live()
    c.d.drain()


def _on(c: Cast) -> None:
    """To the next message or tick, whichever comes first; a tick that would find nothing is left out."""
    minute = (c.d.now // MINUTE_MS + 1) * MINUTE_MS
    message = c.d.next_message_at()
    until = minute if message is None else min(message, minute)
    if any(agent.held for agent in c.agents):
        until = min(until, c.d.now + BEAT_MS)
    c.d.advance(max(0.001, (until - c.d.now) / 1000))
    if until == minute and _something_is_due(c):
        c.d.tick()


def _something_is_due(c: Cast) -> bool:
    s = c.d.records.snapshot()
    due = [row.due_at for rows in (s.tasks, s.agents, s.schedules) for row in rows.values()]
    return any(at is not None and at <= c.d.now + HORIZON_MS for at in due)


def _is_open(task: Task) -> bool:
    return not task.is_over or task.lease is not None or task.unsettled


def _is_quiet(c: Cast) -> bool:
    return (
        c.d.next_message_at() is None
        and not any(map(_is_open, c.d.records.tasks.values()))
        and not any(agent.in_flight or is_leaving(agent) for agent in c.d.records.agents().values())
    )


def _unrest(c: Cast) -> list[str]:
    """7. What should have ended by now."""
    s = c.d.records.snapshot()
    found = [str(violation) for violation in at_rest(s)]
    found += [
        f"7: {agent.agent_id} left and is still there" for agent in s.agents.values() if is_leaving(agent)
    ]
    if c.d.next_message_at() is not None:
        found.append("7: messages that nobody handles are left")
    return found


def is_leaving(agent: AgentRow) -> bool:
    """What is kept of its trust is no more looked at, and no more in anybody's way."""
    return agent.left and (agent.due_at is not None or not agent.is_remembered)
