"""What a task looks like from outside, and what each event makes of it: the contract, not the code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

HELD = ("ASSIGNED", "ACTIVE")
OVER = ("COMPLETED", "FAILED", "CANCELLED")
MOST_RESCUES = 3
START_WITHIN_MS = 60_000
DELIVERED_IN_VAIN_MS = 45_000  # three announcements, 15 s apart

End = tuple[int, str, str]  # token, agent, how the assignment ended


def ms(text: str | None) -> int | None:
    """ISO-8601 with a Z in milliseconds."""
    if text is None:
        return None
    seconds = datetime.fromisoformat(text).timestamp()
    return round(seconds * 1000)


def iso(milliseconds: int) -> str:
    """The inverse."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


@dataclass(frozen=True, kw_only=True)
class Order:
    """What of a submission decides about its life; milliseconds."""

    client_id: str
    capability: str
    priority: int = 5
    input_data: Any = None
    timeout: int = 300_000
    max_retries: int = 3
    backoff: int = 2_000  # doubled for each retry, no jitter
    expires_at: int | None = None
    ready_at: int | None = None

    def wait(self, retry: int) -> int:
        """Before retry number `retry`, 1 first."""
        return min(self.backoff * 2 ** (retry - 1), 30_000)


@dataclass(frozen=True, kw_only=True)
class State:
    """All that can be told apart of a task that was asked for; times in milliseconds."""

    status: str = "PENDING"
    token: int = 0  # the last one given
    agent: str | None = None
    assigned_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    ready_at: int | None = None
    attempt: int = 0
    rescues: int = 0
    failure: str | None = None
    ends: tuple[End, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    def is_held_by(self, agent: str, token: int | None) -> bool:
        """By this agent, under this token where it names one."""
        return self.status in HELD and self.agent == agent and token in (None, self.token)

    def ends_at(self, order: Order) -> int:
        """When the holder's time is over: to begin, or once begun to finish."""
        if self.started_at is not None:
            return self.started_at + order.timeout
        assert self.assigned_at is not None
        return self.assigned_at + min(order.timeout, START_WITHIN_MS)


def read(detail: Mapping[str, Any]) -> State:
    """The state that an answer shows. How a cancelled or expired task was held before says nothing of it."""
    ends = tuple((a["lease_token"], a["agent_id"], a["outcome"]) for a in detail["attempts"])
    shown = detail["status"] != "CANCELLED" and detail["failure_kind"] != "expired"
    token = max([detail["lease_token"] or 0, *[end[0] for end in ends]])
    if detail["status"] == "CANCELLED" and ends and ends[-1][2] == "cancelled":
        ends = ends[:-1]
    return State(
        status=detail["status"],
        token=token,
        agent=detail["assigned_agent_id"] if shown else None,
        assigned_at=ms(detail["assigned_at"]) if shown else None,
        started_at=ms(detail["started_at"]) if shown else None,
        ended_at=ms(detail["ended_at"]),
        ready_at=ms(detail["ready_at"]),
        attempt=detail["attempt"],
        rescues=detail["rescues"],
        failure=detail["failure_kind"],
        ends=ends,
    )


def taken(state: State, agent: str, now: int) -> State:
    """Given to an agent under the next token."""
    return replace(state, status="ASSIGNED", token=state.token + 1, agent=agent, assigned_at=now)


def started(state: State, now: int) -> State:
    """Begun: its timeout runs."""
    return replace(state, status="ACTIVE", started_at=now)


def _ended(state: State, outcome: str) -> State:
    assert state.agent is not None
    return replace(state, ends=(*state.ends, (state.token, state.agent, outcome)))


def _back(state: State, **changes: Any) -> State:
    gone = {"agent": None, "assigned_at": None, "started_at": None}
    return replace(state, status="PENDING", **gone, **changes)


def completed(state: State, now: int) -> State:
    return replace(_ended(state, "completed"), status="COMPLETED", ended_at=now)


def failed(state: State, order: Order, now: int, *, how: str = "error", after: int = 0) -> State:
    """An attempt is charged: the next one waits, unless there is none left."""
    ended = _ended(state, how)
    if state.attempt >= order.max_retries:
        return replace(ended, status="FAILED", failure=how, ended_at=now)
    wait = max(order.wait(state.attempt + 1), after)
    return _back(ended, attempt=state.attempt + 1, ready_at=now + wait)


def freed(state: State, outcome: str, now: int) -> State:
    """Uncharged before the start; after it a rescue, of which the third is the end."""
    ended = _ended(state, outcome)
    if state.status == "ASSIGNED":
        return _back(ended)
    if state.rescues + 1 == MOST_RESCUES:
        return replace(ended, status="FAILED", failure="agent_lost", ended_at=now, rescues=MOST_RESCUES)
    return _back(ended, rescues=state.rescues + 1)


def expired(state: State, now: int) -> State:
    return replace(state, status="FAILED", failure="expired", ended_at=now)


def cancelled(state: State, now: int) -> State:
    gone = {"agent": None, "assigned_at": None, "started_at": None, "ready_at": None}
    return replace(state, status="CANCELLED", ended_at=now, **gone)
