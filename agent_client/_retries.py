"""When a call may be made again, and how long to wait before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent_client.errors import AinsError, ApiError, RateLimited, ServerError, TransportError

Chance = Callable[[], float]


@dataclass(frozen=True)
class Retries:
    """`attempts` in all; waits with full jitter below `base` * 2^n, at most `cap` seconds.

    Full jitter: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    attempts: int = 4
    base: float = 0.25
    cap: float = 8.0

    def delay(self, failures: int, *, chance: Chance, error: AinsError | None = None) -> float:
        """Seconds to wait after the nth failure (1 first). A Retry-After of the service is a lower bound."""
        ceiling = min(self.cap, self.base * 2.0 ** min(failures - 1, 30))
        asked = error.retry_after if isinstance(error, ApiError) else None
        return max(ceiling * chance(), min(asked or 0.0, 60.0))


NO_RETRIES = Retries(attempts=1)


def may_repeat(error: AinsError, *, is_repeatable: bool) -> bool:
    """A call that was surely not carried out may always be made again; others only when that is harmless."""
    if isinstance(error, RateLimited):
        return True
    if isinstance(error, TransportError):
        return is_repeatable or not error.was_sent
    return is_repeatable and isinstance(error, ServerError) and error.status in (502, 503, 504)
