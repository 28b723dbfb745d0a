"""Wakes long polls when their queue changes, without anybody holding the engine's lock while waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol


class Wakeable(Protocol):
    """A threading.Event, or a LoopEvent."""

    def set(self) -> None: ...


class Wakeups:
    """Who waits for which queue, in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[int, Wakeable]] = {}
        self.closed = False

    def wait_for(self, queue: str, waiter: Wakeable) -> None:
        """Register `waiter`; a ring takes it out again, so register anew before each look."""
        with self._lock:
            self._waiting.setdefault(queue, {})[id(waiter)] = waiter
            if self.closed:
                waiter.set()

    def leave(self, queue: str, waiter: Wakeable) -> None:
        """Stop waiting. A ring that came too late for this one is passed on to the next."""
        with self._lock:
            waiting = self._waiting.get(queue, {})
            rung = waiting.pop(id(waiter), None) is None
            if not waiting:
                self._waiting.pop(queue, None)
        if rung:
            self.ring(queue, 1)

    def ring(self, queue: str, count: int | None = None) -> None:
        """Wake the first `count` waiters of `queue`, or all of them."""
        with self._lock:
            waiting = self._waiting.get(queue)
            if not waiting:
                return
            for key in list(waiting)[:count]:
                waiting.pop(key).set()

    def waiting(self, queue: str) -> int:
        """How many wait for `queue` right now."""
        with self._lock:
            return len(self._waiting.get(queue, ()))

    def close(self) -> None:
        """Wake everybody, now and for good: the service stops."""
        with self._lock:
            self.closed = True
            for waiting in self._waiting.values():
                for waiter in waiting.values():
                    waiter.set()
            self._waiting.clear()


class LoopEvent:
    """Wakes a coroutine's `wake` on its own loop, from any thread."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def set(self) -> None:
        self._wake()
