"""The agent's time, behind one seam so that tests own it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for deadlines and log lines, monotonic seconds for everything else."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def wait(self, condition: threading.Condition, until: Callable[[], bool], seconds: float) -> None:
        """Waits, with the condition's lock held, until `until()` is true or the seconds are over."""
        ...


class RealClock:
    """The machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, condition: threading.Condition, until: Callable[[], bool], seconds: float) -> None:
        condition.wait_for(until, timeout=seconds)
