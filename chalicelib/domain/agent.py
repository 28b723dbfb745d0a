"""An agent: what it can do, whether it is alive, how much it holds."""

import math
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from chalicelib.values import dataclass

from . import trust
from .quarantine import PROBE_SLOTS, Streak

DEFAULT_HEARTBEAT_MS = 10_000
LEASE_BEATS = 3  # a lease outlives two lost heartbeats
IDLE_LOOK_MS = 600_000  # an agent that holds nothing is looked at this often
SWEEP_AGAIN_MS = 5_000  # the inbox index may lag: a lost agent's is read again after this
SUPERSEDED_SWEEP_MS = 60_000


class AgentStatus(StrEnum):
    """Derived when read, never stored."""

    ACTIVE = "ACTIVE"
    DEGRADED = "DEGRADED"
    DRAINING = "DRAINING"
    OFFLINE = "OFFLINE"
    SUSPENDED = "SUSPENDED"


class Wish(StrEnum):
    """What the agent itself says."""

    ACTIVE = "ACTIVE"
    DEGRADED = "DEGRADED"
    DRAINING = "DRAINING"
    OFFLINE = "OFFLINE"


class Delivery(StrEnum):
    """How assignments reach it."""

    POLL = "poll"
    SQS = "sqs"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What registration says; a heartbeat never changes it."""

    display_name: str
    capabilities: tuple[str, ...]
    tags: tuple[str, ...] = ()
    endpoint: str | None = None
    public_key: str | None = None
    delivery: Delivery = Delivery.POLL
    queue_url: str | None = None
    owner: str | None = None  # the client_id that its owner submits under
    heartbeat_ms: int = DEFAULT_HEARTBEAT_MS
    start_within_ms: int = 60_000
    metadata: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)  # of those capabilities that have one

    @property
    def lease_ms(self) -> int:
        """How long it counts as alive after it was last heard of."""
        return LEASE_BEATS * self.heartbeat_ms


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One row. Its writers change single attributes under conditions, so it carries no version."""

    agent_id: str
    tenant: str
    profile: Profile
    registered_at: int
    max_concurrency: int = 1
    wish: Wish = Wish.ACTIVE
    hold_until: int | None = None  # an admin's suspension
    drained_at: int | None = None  # it was told to take no new work, whatever it says itself
    drain_reason: str | None = None
    lease_until: int = 0
    last_heartbeat: int = 0
    in_flight: int = 0
    last_assigned_at: int | None = None
    session_id: str | None = None
    seq: int = 0  # number of the last sync answer
    acked: int = 0  # highest answer number it confirmed
    superseded_at: int | None = None
    left: bool = False
    listed: bool = True  # stands in the index of candidates
    due_at: int | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    streak: Streak = Streak()  # of faults
    ranks: tuple[int, ...] = ()  # as stored: over all, then of each capability
    request: str | None = None  # fingerprint of the request that an idempotency key came with

    def status(self, now: int) -> AgentStatus:
        """A pure function of what it says, what holds or drains it, its lease and the time."""
        if self.left or self.wish is Wish.OFFLINE or self.lease_until <= now:
            return AgentStatus.OFFLINE
        if self.held_until > now:
            return AgentStatus.SUSPENDED
        if self.drained_at is not None:
            return AgentStatus.DRAINING
        return AgentStatus(self.wish.value)

    @property
    def held_until(self) -> int:
        """When an admin's suspension and its rest in quarantine are both over; 0 where there is none."""
        return max(self.hold_until or 0, self.streak.rests_until or 0)

    def starts_afresh(self, was: "Agent") -> bool:
        """It registers as another process, or after it left: a drain was meant for the one before."""
        return was.left or self.session_id != was.session_id

    def is_taking(self, now: int) -> bool:
        """It may be given work now, slots aside."""
        return self.status(now) in (AgentStatus.ACTIVE, AgentStatus.DEGRADED)

    @property
    def slots(self) -> int:
        """How many tasks it may hold: on probation one at a time."""
        return PROBE_SLOTS if self.streak.is_probation else self.max_concurrency

    @property
    def free_slots(self) -> int:
        """How many more tasks it may hold."""
        return max(0, self.slots - self.in_flight)

    def new_ranks(self, now: int) -> tuple[int, ...] | None:
        """Its places on the leaderboards, where they are no longer those stored; None for a newcomer too."""
        if not self.evidence:
            return None
        true = [trust.rank(self.trust(name, now=now)) for name in (None, *self.profile.capabilities)]
        known = self.ranks if len(self.ranks) == len(true) else (math.inf,) * len(true)
        if all(abs(one - other) <= trust.RANK_SLACK for one, other in zip(true, known, strict=True)):
            return None
        return tuple(map(round, true))

    @property
    def is_remembered(self) -> bool:
        """Its row outlives it: coming back under the same id washes nothing off."""
        return bool(self.evidence) or self.streak.faults > 0 or self.hold_until is not None

    def works_for(self, client_id: str) -> bool:
        """This client is its owner, or itself."""
        return client_id in (self.agent_id, self.profile.owner)

    def trust(self, capability: str | None, *, now: int) -> trust.Posterior:
        """How far it is trusted with one capability, or over all."""
        return trust.posterior(self.evidence, capability, now=now)

    def response_ms(self, capability: str) -> float | None:
        """The mean time from assignment to success, the latest counting most; None before the first."""
        return trust.response_ms(self.evidence, capability)

    def idle_ms(self, now: int) -> int:
        """How long ago it was last given work, or registered."""
        return now - (self.last_assigned_at or self.registered_at)

    @property
    def is_armed(self) -> bool:
        """The clock looks at it when its lease ends, or sooner."""
        return self.due_at is not None and self.due_at <= self.lease_until

    def is_losing_its_tasks(self, now: int) -> bool:
        """All it holds is to be freed: it left, said so, or its lease is over."""
        return self.status(now) is AgentStatus.OFFLINE

    def next_look(self, now: int) -> int | None:
        """When the clock should look at it again; None when there is nothing left to watch."""
        if self.is_losing_its_tasks(now):
            return now + SWEEP_AGAIN_MS if self.in_flight > 0 else None
        if self.superseded_at is not None and now < self.superseded_at + SUPERSEDED_SWEEP_MS:
            return now + SWEEP_AGAIN_MS
        return max(self.lease_until, now + 1_000) if self.in_flight > 0 else now + IDLE_LOOK_MS


def arrived(
    agent_id: str,
    profile: Profile,
    *,
    tenant: str,
    max_concurrency: int,
    session_id: str | None,
    now: int,
    request: str | None = None,
) -> Agent:
    """A new agent: alive from now on, and holding nothing."""
    return Agent(
        agent_id=agent_id,
        tenant=tenant,
        profile=profile,
        registered_at=now,
        max_concurrency=max_concurrency,
        lease_until=now + profile.lease_ms,
        last_heartbeat=now,
        session_id=session_id,
        due_at=now + IDLE_LOOK_MS,
        request=request,
    )
