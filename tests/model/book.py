"""What was acknowledged of each task, and what it may have become since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from . import states
from .fleet import Agent
from .states import DELIVERED_IN_VAIN_MS, HELD, Order, State


@dataclass(frozen=True, kw_only=True)
class Told:
    """A report of an agent; milliseconds."""

    agent: str
    token: int | None
    status: str
    result: Any = None
    error: str = "boom"
    retryable: bool = True
    after: int = 0


@dataclass
class Task:
    """One task as its client and its agents know it."""

    task_id: str
    order: Order
    state: State = State()
    row: dict[str, Any] | None = None  # as last seen
    outcome: dict[str, Any] | None = None  # once it is over
    sessions: dict[int, str | None] = field(default_factory=dict)  # of the holder, by token
    holders: dict[int, str] = field(default_factory=dict)
    last_report: Told | None = None  # the accepted one that ended its last assignment
    lingers: State | None = None  # as it was held when it was cancelled, until the holder lets go

    def is_replay(self, state: State, told: Told) -> bool:
        """The accepted report that ended the last assignment, once more."""
        last = self.last_report
        if last is None or not state.ends or (told.status, told.agent) != (last.status, last.agent):
            return False
        if state.ends[-1][:2] != (last.token, last.agent):
            return False  # another assignment ended since
        if told.token is None and (state.status in HELD or self.lingers is not None):
            return False
        same = told.result == last.result if told.status == "COMPLETED" else told.error == last.error
        return told.token in (None, last.token) and same

    def judged(self, state: State, told: Told, now: int, *, from_assigned: bool = False) -> State | None:
        """The state after an accepted report, or None for one that is refused."""
        if self.is_replay(state, told):
            return state
        if not state.is_held_by(told.agent, told.token):
            return None
        if told.status == "ACTIVE":
            return state if state.status == "ACTIVE" else states.started(state, now)
        if state.status == "ASSIGNED":
            if not from_assigned:
                return None
            state = states.started(state, now)
        if told.status == "COMPLETED":
            after = states.completed(state, now)
        else:
            order = self.order if told.retryable else replace(self.order, max_retries=0)
            after = states.failed(state, order, now, after=told.after)
        self.last_report = replace(told, token=state.token)
        return after

    def is_free_of(self, agent: Agent) -> bool:
        """Its holder was replaced by another session under the same id."""
        session = self.sessions.get(self.state.token)
        return session is not None and session != agent.session


def in_line(state: State, order: Order, now: int) -> bool:
    """It may be given to somebody."""
    waits = state.status == "PENDING" and (state.ready_at is None or state.ready_at <= now)
    return waits and (order.expires_at is None or order.expires_at > now)


def takes(state: State, order: Order, agents: Iterable[Agent], now: int) -> Iterator[State]:
    """Given to one of these."""
    if in_line(state, order, now):
        for agent in agents:
            if agent.is_taking(now) and order.capability in agent.capabilities:
                yield states.taken(replace(state, ready_at=None), agent.agent_id, now)


def _ends(task: Task, state: State, agents: dict[str, Agent], now: int) -> Iterator[State]:
    """How time alone may end an assignment."""
    assert state.agent is not None
    assert state.assigned_at is not None
    holder = agents[state.agent]
    in_vain_since = state.assigned_at + DELIVERED_IN_VAIN_MS
    is_held_so = state == task.state  # not given anew in this very moment
    if state.ends_at(task.order) <= now:
        if state.status == "ASSIGNED":
            yield states.freed(state, "not_started", now)
        else:
            yield states.failed(state, task.order, now, how="timeout")
    elif state.status == "ASSIGNED" and holder.delivery == "sqs" and in_vain_since <= now:
        yield states.freed(state, "not_started", now)
    if holder.status(now) == "OFFLINE":
        yield states.freed(state, "agent_lost", now)
    elif is_held_so and task.is_free_of(holder):
        yield states.freed(state, "superseded", now)


def _steps(task: Task, state: State, agents: dict[str, Agent], now: int) -> Iterator[State]:
    if state.status in HELD:
        yield from _ends(task, state, agents, now)
    elif state.status == "PENDING" and (state.ready_at is None or state.ready_at <= now):
        if state.ready_at is not None:
            yield replace(state, ready_at=None)
        if task.order.expires_at is not None and task.order.expires_at <= now:
            yield states.expired(replace(state, ready_at=None), now)
        yield from takes(state, task.order, agents.values(), now)


def by_nature(task: Task, agents: dict[str, Agent], now: int) -> set[State]:
    """All that the clock and the router may make of it at this moment."""
    found: set[State] = set()
    fresh = [task.state]
    while fresh:
        state = fresh.pop()
        if state not in found:
            found.add(state)
            fresh += _steps(task, state, agents, now)
    return found


def due_since(task: Task, agents: dict[str, Agent], now: int) -> int | None:
    """When time alone had to change it, if that moment has come."""
    state, order = task.lingers or task.state, task.order
    if state.status in HELD:
        assert state.agent is not None
        holder = agents[state.agent]
        gone = holder.gone_since(now)
        moments = [state.ends_at(order), *([] if gone is None else [gone])]
        if task.is_free_of(holder):
            moments.append(holder.superseded_at)
        due = min(moments)
        return due if due <= now else None
    if state.status != "PENDING":
        return None
    waits = max(order.expires_at, state.ready_at or 0) if order.expires_at is not None else None
    moments = [at for at in (waits, state.ready_at) if at is not None and at <= now]
    return min(moments, default=None)
