"""While the service is away."""

from __future__ import annotations

from agent_client._retries import Retries
from agent_client.errors import AinsError
from agent_client.transports import Link, log

_BACKOFF = Retries(base=0.5, cap=10.0)


class Outage:
    """Says once that the service is gone, once that it is back, and how long to wait between."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._failures = 0
        self._since = 0.0

    @property
    def is_on(self) -> bool:
        return self._failures > 0

    def lost(self, error: AinsError) -> float:
        """Seconds until the next attempt: never longer than a heartbeat, or the lease would end meanwhile."""
        self._failures += 1
        if self._failures == 1:
            self._since = self._link.clock.monotonic()
            where, why = self._link.client.base_url, error.__cause__ or error
            log.warning("Lost the service at %s (%s); working on, trying again", where, why)
        delay = _BACKOFF.delay(self._failures, chance=self._link.chance, error=error)
        return min(delay, self._link.heartbeat_interval)

    def back(self) -> None:
        if self._failures:
            log.warning("The service is back after %.0f s", self._link.clock.monotonic() - self._since)
        self._failures = 0
