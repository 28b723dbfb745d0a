"""Samples and their percentiles, and load from several threads at once."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

STOPPED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Samples:
    """Measured seconds, in any order; at least one."""

    seconds: Sequence[float]

    def at(self, share: float) -> float:
        """The value that `share` of the samples do not exceed (nearest rank)."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]

    @property
    def p50(self) -> float:
        return self.at(0.50)

    @property
    def p99(self) -> float:
        return self.at(0.99)

    @property
    def most(self) -> float:
        return max(self.seconds)


@dataclass(frozen=True)
class Load:
    """What came of a load: how many actions were finished in how many seconds, and how long each took."""

    elapsed: float
    samples: Samples

    @property
    def per_second(self) -> float:
        return len(self.samples.seconds) / self.elapsed


def under_load(actions: Sequence[Callable[[], object]], *, seconds: float) -> Load:
    """Repeat each action in a thread of its own, without a pause, until the time is over.

    The first call of each is not counted: it opens connections and fills caches.
    """
    taken: list[float] = []
    failures: list[BaseException] = []
    ready = threading.Barrier(len(actions) + 1)

    def work(action: Callable[[], object]) -> None:
        try:
            action()
            ready.wait(STOPPED_WITHIN_S)
            ends = time.perf_counter() + seconds
            while (began := time.perf_counter()) < ends:
                action()
                taken.append(time.perf_counter() - began)
        except BaseException as failure:
            failures.append(failure)
            ready.abort()

    threads = [threading.Thread(target=work, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    try:
        ready.wait(STOPPED_WITHIN_S)
    except threading.BrokenBarrierError:
        raise failures[0] if failures else TimeoutError("the load did not begin") from None
    began = time.perf_counter()
    for thread in threads:
        thread.join(seconds + STOPPED_WITHIN_S)
    if failures:
        raise failures[0]
    return Load(time.perf_counter() - began, Samples(tuple(taken)))


def milliseconds(seconds: float) -> str:
    """For a table."""
    value = seconds * 1000
    return f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"
