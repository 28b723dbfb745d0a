"""A shift on its own thread, and the signals that end it."""

from __future__ import annotations

import math
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from agent_client._shift import Ending, Shift

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_ROUND_S = 0.5


class Run:
    """Started at once. `error` or `ending` tells how it went, once the thread is over."""

    def __init__(self, shift: Shift, *, name: str, on_end: Callable[[], None]) -> None:
        self.shift = shift
        self.ending = Ending.FORCED
        self.error: Exception | None = None
        self._on_end = on_end
        # A daemon: the process may end while a request still hangs.
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            self.ending = self.shift.run()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the run
            self.error = error
        finally:
            self.shift.settled.set()
            self._on_end()


@contextmanager
def on_signals(call: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT call `call` meanwhile; elsewhere than on the main thread this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(*_: object) -> None:
        call()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def heard(news: queue.SimpleQueue[str], *, within: float = math.inf) -> str | None:
    """What comes first; None when the seconds are over.

    Waits in rounds: Python handles a signal between two steps of the main thread; one that comes just before
    a wait begins, or that another thread gets, would be handled only when that wait ends.
    """
    until = time.monotonic() + within
    while (left := until - time.monotonic()) > 0:
        with suppress(queue.Empty):
            return news.get(timeout=min(left, _ROUND_S))
    return None
