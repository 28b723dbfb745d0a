"""A task: what was asked for, where it stands, who holds it."""

from collections.abc import Mapping
from enum import StrEnum

from chalicelib.values import dataclass

from .content import Content
from .retry import RetryPolicy


class Status(StrEnum):
    """Beside each: who moves a task out of it."""

    BLOCKED = "BLOCKED"  # the settling of what it depends on; its client (cancel)
    PENDING = "PENDING"  # dispatch or an agent with a free slot; the clock (expiry); its client (cancel)
    ASSIGNED = "ASSIGNED"  # its agent (start, release); the clock (not started, agent lost); its client
    ACTIVE = "ACTIVE"  # its agent (report); the clock (timeout, agent lost); its client (cancel)
    COMPLETED = "COMPLETED"  # nobody
    FAILED = "FAILED"  # nobody: a retry makes a new task
    CANCELLED = "CANCELLED"  # nobody: a retry makes a new task


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.BLOCKED: frozenset({Status.PENDING, Status.FAILED, Status.CANCELLED}),
    Status.PENDING: frozenset({Status.ASSIGNED, Status.FAILED, Status.CANCELLED}),
    Status.ASSIGNED: frozenset({Status.ACTIVE, Status.PENDING, Status.CANCELLED}),
    Status.ACTIVE: frozenset({Status.COMPLETED, Status.FAILED, Status.PENDING, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}
RETENTION_S = 30 * 24 * 3600  # what is over is kept so long after its end
OVER = frozenset(status for status, onward in MOVES.items() if not onward)
HELD = frozenset({Status.ASSIGNED, Status.ACTIVE})


class FailureKind(StrEnum):
    """Why a task is FAILED."""

    ERROR = "error"
    TIMEOUT = "timeout"
    AGENT_LOST = "agent_lost"
    EXPIRED = "expired"
    DEPENDENCY = "dependency"
    REJECTED = "rejected"


class Outcome(StrEnum):
    """How one assignment ended."""

    COMPLETED = "completed"
    ERROR = "error"
    TIMEOUT = "timeout"
    AGENT_LOST = "agent_lost"
    RELEASED = "released"
    NOT_STARTED = "not_started"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The current assignment. Times in milliseconds UTC."""

    agent_id: str
    token: int
    assigned_at: int
    start_by: int
    session_id: str | None = None
    started_at: int | None = None
    deadline: int | None = None
    delivered_seq: int | None = None  # number of the sync answer that first carried it
    by_queue: bool = False  # it reaches the agent through a queue of its own
    redeliver_at: int | None = None  # set while an announcement to the agent's queue may be lost
    deliveries: int = 1
    own: bool | None = None  # its agent works for its own owner
    probe: bool | None = None  # its agent is on probation

    @property
    def ends_at(self) -> int:
        """When the holder's time is over: to start, or once started to finish."""
        return self.start_by if self.deadline is None else self.deadline


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One assignment that ended."""

    attempt: int
    token: int
    agent_id: str
    assigned_at: int
    started_at: int | None
    ended_at: int
    outcome: Outcome
    error: str | None = None
    own: bool | None = None  # as its lease said
    probe: bool | None = None
    hopeless: bool | None = None  # its agent said that no agent could do it


@dataclass(frozen=True, kw_only=True)
class Task:
    """One row. `version` counts its writes and is the lock; times are milliseconds UTC."""

    task_id: str
    tenant: str
    client_id: str
    created_at: int
    task_type: str
    capability: str
    document: Content  # {"input": ..., "metadata": ...}
    priority: int = 5
    timeout_ms: int = 300_000
    max_retries: int = 3
    retry: RetryPolicy = RetryPolicy()
    expires_at: int | None = None
    not_before: int | None = None
    min_trust: float | None = None
    strategy: str = "trust_weighted"
    capability_version: str | None = None  # a range such as >=1.2,<2 of what agents registered
    required_tags: tuple[str, ...] = ()
    preferred_tags: tuple[str, ...] = ()
    schedule_id: str | None = None
    slot: int | None = None
    request: str | None = None  # fingerprint of the request that an idempotency key came with
    awaited: bool = False  # somebody waits for its outcome: finishing leaves the mark `unsettled`
    retry_of: str | None = None  # the task in whose place this one was made
    traceparent: str | None = None  # of the request that made it (W3C Trace Context)
    first_priority: int | None = None  # as submitted, where it was changed since
    first_timeout_ms: int | None = None
    tag: int | None = None  # its place in line as a time, where that is not since when it may run
    behind: bool = False  # others of its client go first

    status: Status = Status.PENDING
    version: int = 1
    queue_key: str | None = None
    queue_order: int | None = None
    due_at: int | None = None
    ready_at: int | None = None  # outside the line until then
    token: int = 0  # the last lease token given; grows with every assignment
    attempt: int = 0  # retries consumed
    rescues: int = 0  # times lost while ACTIVE
    lease: Lease | None = None
    last: Attempt | None = None
    failed_by: tuple[str, ...] = ()  # marks (ids.mark) of agents that failed it, newest last
    progress: float | None = None
    ended_at: int | None = None
    result: Content | None = None
    error: str | None = None
    failure: FailureKind | None = None
    explanation: str | None = None
    unsettled: bool = False
    retried_as: str | None = None  # the task that was made in its place when it was over

    @property
    def is_over(self) -> bool:
        """No move leads out of its status."""
        return self.status in OVER

    @property
    def is_dead(self) -> bool:
        """It failed for good, and nothing was made in its place: somebody should look at it."""
        return self.status is Status.FAILED and self.retried_as is None

    @property
    def in_line(self) -> bool:
        """It stands in line: whoever is free takes it."""
        return self.status is Status.PENDING and self.queue_key is not None

    def may_run(self, now: int) -> bool:
        """It waits for an agent, in line, or outside it when its wait (not_before, backoff) is over."""
        waited = self.status is Status.PENDING and self.ready_at is not None and self.ready_at <= now
        return self.in_line or waited

    @property
    def place(self) -> int:
        """Its place in line as a time, whatever its priority. It keeps it when it comes back."""
        return max(self.created_at, self.not_before or 0) if self.tag is None else self.tag

    def has_expired(self, now: int) -> bool:
        """It waited longer than its client wished."""
        return self.expires_at is not None and self.expires_at <= now
