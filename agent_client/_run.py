"""A shift on its own thread, and the signals that end it."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent_client._shift import Ending, Shift

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


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


def is_ended(news: queue.SimpleQueue[str], *, within: float) -> bool:
    """Whether the run ended; False for another signal, or when the seconds are over."""
    try:
        return news.get(timeout=within) == "ended"
    except queue.Empty:
        return False
