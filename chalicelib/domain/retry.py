"""How long a failed attempt waits before the next."""

from enum import StrEnum
from typing import Any

from chalicelib.values import dataclass


class Backoff(StrEnum):
    """How the wait grows from one retry to the next."""

    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    FIXED = "fixed"


@dataclass(frozen=True)
class RetryPolicy:
    """Waits in milliseconds; `jitter` is the share of the wait that chance may take away (0 to 1)."""

    strategy: Backoff = Backoff.EXPONENTIAL
    backoff_ms: int = 2_000
    max_backoff_ms: int = 300_000
    multiplier: float = 2.0
    jitter: float = 0.2

    def delay_ms(self, retry: int, *, chance: float) -> int:
        """The wait before retry number `retry` (1 first); `chance` is uniform in [0, 1)."""
        factor = {
            Backoff.EXPONENTIAL: self.multiplier ** min(retry - 1, 64),
            Backoff.LINEAR: float(retry),
            Backoff.FIXED: 1.0,
        }
        grown = self.backoff_ms * factor[self.strategy]
        return round(min(grown, self.max_backoff_ms) * (1 - self.jitter * chance))

    def as_json(self) -> dict[str, Any]:
        """The compact form stored on the row."""
        return {
            "strategy": self.strategy.value,
            "backoff_ms": self.backoff_ms,
            "max_backoff_ms": self.max_backoff_ms,
            "multiplier": self.multiplier,
            "jitter": self.jitter,
        }
