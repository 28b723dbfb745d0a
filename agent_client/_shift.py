"""One run of an agent, from registration to sign-off, on its own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from agent_client._agent_models import Registration
from agent_client._outage import Outage
from agent_client.errors import (
    AinsError,
    BadRequest,
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    NotFound,
    PayloadTooLarge,
    Superseded,
    Unauthorized,
)
from agent_client.transports import Link, Transport, log

SIGN_OFF_SECONDS = 4.0  # after the grace: platforms that allow 30 s and a grace of 25 s go together
# At the first registration these will not pass by themselves.
_FATAL = (BadRequest, Unauthorized, Forbidden, Conflict, IdempotencyMismatch, PayloadTooLarge)


class Ending(Enum):
    """How a run ended."""

    DRAINED = "drained"  # as asked: what ran was finished or given back
    UNDELIVERED = (
        "undelivered"  # drained, but not all of it could be told: the service finds out by the lease
    )
    FORCED = "forced"  # asked twice: at once, the service finds out by the lease
    SUPERSEDED = "superseded"  # another process took this agent over


class Shift:
    """`run` blocks until it is over; `ask_to_stop` may be called from any thread, twice to stop at once."""

    def __init__(
        self,
        *,
        link: Link,
        transport: Transport,
        register: Callable[[str], Registration],
        new_session: Callable[[], str],
        grace: float,
        exit_when_drained: bool,
        close: Callable[[], object],
    ) -> None:
        self.settled = threading.Event()  # registered, or over before that
        self._is_registered = False
        self._link = link
        self._transport = transport
        self._register_once = register
        self._new_session = new_session
        self._grace = grace
        self._exit_when_drained = exit_when_drained
        self._close = close
        self._outage = Outage(link)
        self._asked = 0
        self._noticed = 0
        self._grace_ends: float | None = None
        self._is_fresh = True  # registered, and no round succeeded since
        self._is_superseded = False

    def ask_to_stop(self) -> int:
        """How often it was asked, this time included. From the first on nothing new begins."""
        bench = self._link.bench
        with bench.changed:
            self._asked += 1
            if self._asked == 1:
                self._grace_ends = self._link.clock.monotonic() + self._grace
                bench.close_intake()
            bench.changed.notify_all()
            return self._asked

    def run(self) -> Ending:
        """Raises what the service answers when it refuses the first registration."""
        try:
            if self._register(is_first=True):
                while not self._is_over():
                    self._rest(self._round())
            return self._end()
        finally:
            self._link.bench.abandon()
            self._transport.close()
            self._close()

    def _register(self, *, is_first: bool) -> bool:
        """False when it is over before that. Once registered, a drain goes on until it has ended."""
        while not (self._is_over() if self._is_registered else self._asked):
            try:
                registration = self._register_once(self._link.session_id)
            except AinsError as error:
                if is_first and isinstance(error, _FATAL):
                    raise
                self._rest(self._outage.lost(error))
                continue
            self._outage.back()
            self._transport.open(self._link, registration)
            self._is_fresh = True
            self._is_registered = True
            self.settled.set()
            return True
        return False

    def _round(self) -> float:
        try:
            pause = self._transport.round(status="DRAINING" if self._noticed else "ACTIVE")
        except Superseded as error:
            log.error("Another session took over this agent; stopping (%s)", error.detail)
            self._is_superseded = True
            return 0.0
        except AinsError as error:
            if _is_estranged(error) and not self._is_fresh:
                return self._start_over(error)
            return self._outage.lost(error)
        self._is_fresh = False
        self._outage.back()
        return pause

    def _start_over(self, error: AinsError) -> float:
        """With a new session: answers are counted from 0, whether the service kept the agent's row or not."""
        log.warning("The service has lost touch with this agent (%s); registering again", error)
        self._link = replace(self._link, session_id=self._new_session())
        self._register(is_first=False)
        return 0.0

    def _rest(self, seconds: float) -> None:
        bench, clock = self._link.bench, self._link.clock
        if self._grace_ends is not None:
            seconds = min(seconds, max(0.0, self._grace_ends - clock.monotonic()))

        def called() -> bool:
            has_news = bench.has_news and not self._outage.is_on
            return has_news or self._asked > self._noticed or self._is_over()

        with bench.changed:
            clock.wait(bench.changed, called, seconds)
        self._notice()

    def _notice(self) -> None:
        if self._asked > self._noticed == 0:
            log.info("Draining: %d tasks still run", len(self._link.bench.running()))
        self._noticed = self._asked

    def _is_over(self) -> bool:
        if self._is_superseded or self._noticed > 1:
            return True
        bench = self._link.bench
        if self._grace_ends is None:
            return self._exit_when_drained and bench.is_drained and bench.is_idle()
        return bench.is_idle() or self._link.clock.monotonic() >= self._grace_ends

    def _end(self) -> Ending:
        if self._is_superseded:
            return Ending.SUPERSEDED
        if self._noticed > 1:
            return Ending.FORCED
        return self._sign_off() if self._is_registered else Ending.DRAINED

    def _sign_off(self) -> Ending:
        bench, clock = self._link.bench, self._link.clock
        given_back = bench.abandon()
        if given_back:
            log.warning("The grace is over: giving %d tasks back", given_back)
        ends = clock.monotonic() + SIGN_OFF_SECONDS
        while (pause := self._say_goodbye()) is not None:
            if self._asked > 1 or clock.monotonic() + pause >= ends:
                break
            with bench.changed:
                clock.wait(bench.changed, lambda: self._asked > 1, pause)
        if pause is None and not bench.reports():
            return Ending.DRAINED
        log.warning("Could not sign off cleanly; %d reports are undelivered", len(bench.reports()))
        return Ending.UNDELIVERED

    def _say_goodbye(self) -> float | None:
        """None when all was told, else how many seconds later to try again."""
        bench = self._link.bench
        try:
            self._transport.sign_off()
        except (Superseded, NotFound):
            return None  # what it held was taken back already
        except AinsError as error:
            return min(1.0, self._outage.lost(error))
        if not bench.is_idle():
            return 0.1
        log.info("Agent signed off")
        return None


def _is_estranged(error: AinsError) -> bool:
    """Unknown here, or out of step with the numbers of answers: after a deletion, or a restored backup."""
    return isinstance(error, NotFound) or (isinstance(error, Conflict) and error.slug == "stale-sync")
