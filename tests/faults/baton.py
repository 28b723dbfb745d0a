"""Many threads of which exactly one runs, in virtual time: a seed says who, so that every run is the same."""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 120  # of real time: then somebody waits for what never comes


@dataclass(order=True)
class _Turn:
    """When somebody goes on; at the same time it is the lot that decides."""

    at: float
    lot: float
    runner: "_Runner" = field(compare=False)


@dataclass(eq=False)
class _Runner:
    name: str
    run: Callable[[], object]
    baton: "Baton"
    may_go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def start(self) -> None:
        threading.Thread(target=self._whole, name=self.name, daemon=True).start()

    def _whole(self) -> None:
        self.may_go.acquire()
        self.baton.mine.runner = self
        try:
            if not self.baton.is_dropped:
                self.run()
        except BaseException as error:  # whatever it is, whoever plays must hear of it
            self.baton.dropped(error)
        self.baton.hand_over()


class PerThread:
    """An attribute that each thread has for itself."""

    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, of: object, _owner: type) -> Any:
        return self._default if of is None else getattr(self._local(of), self._name, self._default)

    def __set__(self, of: object, value: Any) -> None:
        setattr(self._local(of), self._name, value)

    def _local(self, of: object) -> threading.local:
        local: threading.local = vars(of).setdefault("_per_thread", threading.local())
        return local


class Dropped(BaseException):
    """Another one failed: whoever still waits ends here."""


class Baton:
    """Whoever holds it runs. `pause` gives it to who is next; time passes only when all wait."""

    def __init__(self, seed: int, now: Callable[[], float], advance: Callable[[float], None]) -> None:
        self.chance = random.Random(seed)
        self.mine = threading.local()
        self._now, self._advance = now, advance
        self._turns: list[_Turn] = []
        self._over = threading.Event()
        self._handed = 0
        self._error: BaseException | None = None

    @property
    def is_dropped(self) -> bool:
        return self._error is not None

    def start(self, name: str, run: Callable[[], object]) -> None:
        """One more who takes part, from now on."""
        runner = _Runner(name, run, self)
        runner.start()
        self._wait(runner, 0)

    def pause(self, seconds: float = 0) -> None:
        """Let others go on for so long, at least; outside of `play` there are none, and time just passes."""
        runner: _Runner | None = getattr(self.mine, "runner", None)
        if runner is None:
            self._advance(seconds)
            return
        self._wait(runner, seconds)
        following = self._next()
        if following is not runner:
            following.may_go.release()
            runner.may_go.acquire()
        if self.is_dropped:
            raise Dropped

    def _wait(self, runner: _Runner, seconds: float) -> None:
        heapq.heappush(self._turns, _Turn(self._now() + seconds, self.chance.random(), runner))

    def _next(self) -> _Runner:
        self._handed += 1
        turn = heapq.heappop(self._turns)
        if turn.at > (now := self._now()):
            self._advance(turn.at - now)
        return turn.runner

    def hand_over(self) -> None:
        """The one who ran is through."""
        if self._turns:
            self._next().may_go.release()
        else:
            self._over.set()

    def dropped(self, error: BaseException) -> None:
        """The first failure is what `play` raises."""
        self._error = self._error or error

    def play(self) -> None:
        """Until all are through. Raises what the first one raised that failed."""
        self._over.clear()
        self.hand_over()
        before = -1
        while not self._over.wait(PATIENCE_S):
            if self._handed == before:
                raise TimeoutError("somebody holds the baton and waits for another")
            before = self._handed
        if self._error is not None:
            raise self._error
