"""Agents as the service should see them, from what they said and when they were last heard."""

from dataclasses import dataclass, field

LEASE_BEATS = 3


@dataclass
class Agent:
    """Times in milliseconds by the service's clock; what the agent's own clock says never matters."""

    agent_id: str
    capabilities: tuple[str, ...]
    slots: int
    delivery: str
    beat: int
    session: str | None
    heard: int
    lease_until: int
    wish: str = "ACTIVE"
    wished_at: int = 0
    left: bool = False
    is_drained: bool = False
    seq: int = 0
    acked: int = 0
    superseded_at: int = 0
    delivered: dict[tuple[str, int], int] = field(default_factory=dict)  # first answer by task and token

    def hear(self, now: int, wish: str | None = None) -> None:
        """A sign of life."""
        self.heard, self.lease_until = now, now + LEASE_BEATS * self.beat
        if wish is not None:
            self.wish, self.wished_at = wish, now

    def polled(self, now: int) -> None:
        """A poll is a sign of life that is written down once half of the lease is over."""
        if self.lease_until - now < LEASE_BEATS * self.beat // 2:
            self.hear(now)

    def leave(self, now: int) -> None:
        self.left, self.wished_at = True, now

    def status(self, now: int) -> str:
        if self.left or self.lease_until <= now:
            return "OFFLINE"
        return "DRAINING" if self.is_drained and self.wish != "OFFLINE" else self.wish

    def is_taking(self, now: int) -> bool:
        return self.status(now) in ("ACTIVE", "DEGRADED")

    def gone_since(self, now: int) -> int | None:
        """When it was lost, left or signed off; None while it is there."""
        if self.status(now) != "OFFLINE":
            return None
        said = [self.wished_at] if self.left or self.wish == "OFFLINE" else []
        return min([self.lease_until, *said])
