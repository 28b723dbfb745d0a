"""Every call of a process to its stores and its queue: there it may die, and there others come in between."""

import threading
from collections.abc import Callable
from typing import Any

from tests.fakes import FakeClock
from tests.faults.baton import Baton


class Killed(BaseException):
    """The process is gone: it makes no call any more."""


class Gate:
    """What each thread passes before and after each call."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._mine = threading.local()
        self._baton: Baton | None = None
        self._pace_ms = 0

    def attempt(self, act: Callable[[], None], *, dies_at: int | None = None) -> None:
        """Do it; `dies_at` counts the moments before and after each call, and there it ends."""
        self._mine.left = dies_at
        try:
            act()
        except Killed:
            pass
        finally:
            self._mine.left = None

    def interleave(self, acts: list[Callable[[], None]], *, seed: int, pace_ms: int) -> None:
        """All at once, call by call, as the seed has it; the clock goes on by so much with each."""
        baton = Baton(seed, lambda: 0.0, lambda _: None)
        for number, act in enumerate(acts):
            baton.start(str(number), act)
        self._baton, self._pace_ms = baton, pace_ms
        try:
            baton.play()
        finally:
            self._baton = None

    def _passed(self) -> None:
        left = getattr(self._mine, "left", None)
        if left is not None:
            self._mine.left = left - 1
            if left <= 0:
                raise Killed

    def __call__(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def through(*args: Any, **named: Any) -> Any:
            self._passed()
            if self._baton is not None:
                self._baton.pause()
                self._clock.advance(ms=self._pace_ms)
            answer = call(*args, **named)
            self._passed()
            return answer

        return through


class Gated:
    """A store or queue all of whose calls pass the gate."""

    def __init__(self, inner: object, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._gate(found) if callable(found) else found
