"""The one choke point under botocore: every AWS call of the service passes here, and may go wrong here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.local.calls import Answer, Call
from infra.local.engine import LocalCloud

Send = Callable[[], Answer]
IDLE = "Query of a clock with nothing due"


class Killed(BaseException):
    """The process is gone: no `except Exception` sees it, and no `finally` reaches AWS any more."""


class Happening(Protocol):
    """What becomes of one call: answers as AWS would, raises what botocore would, or kills."""

    def __call__(self, choke: "Choke", call: Call, send: Send) -> Answer: ...


def _is_idle(call: Call, answer: Answer) -> bool:
    return b'"clock"' in call.body and b'"Items": []' in answer.body


def _nothing(*_: Any) -> None:
    return None


@dataclass
class Choke:
    """Counts the calls while it watches, and lets `happening` befall call number `at`.

    `observer` stands next to the engine and sees every call that reaches it. `lasting` befalls every call
    until the request is over, whatever its number. `as_before` answers a look at an index from the past.
    """

    cloud: LocalCloud
    observer: Callable[[Call, Send], Answer]
    advance: Callable[[float], None] = _nothing
    overtake: Callable[[], None] = _nothing
    consume: Callable[[], None] = _nothing
    as_before: Callable[[Call], Answer | None] = _nothing
    happening: Happening | None = None
    at: int = -1
    seen: list[str] = field(default_factory=list)  # actions; an idle look at the clock is IDLE
    watching: bool = False
    dead: bool = False
    exempt: bool = False  # what the test itself asks, and SQS's own pollers
    lasting: Happening | None = None
    is_lagging: bool = False
    has_befallen: bool = False
    has_lost: bool = False  # somebody was not told what was to be announced

    def __call__(self, call: Call, run: Send) -> Answer:
        if self.exempt:
            return run()
        if self.dead:
            raise Killed
        number = len(self.seen)
        if self.watching:
            self.seen.append(call.action)
        answer = self._answered(number, call, run)
        if self.watching and call.action == "Query" and _is_idle(call, answer):
            self.seen[number] = IDLE
        return answer

    def _answered(self, number: int, call: Call, run: Send) -> Answer:
        if self.lasting is not None:
            return self.lasting(self, call, lambda: self.observer(call, run))
        if self.watching and number == self.at and self.happening is not None:
            self.has_befallen = True
            return self.happening(self, call, lambda: self.observer(call, run))
        if self.is_lagging and (answer := self.as_before(call)) is not None:
            return answer
        return self.observer(call, run)

    def watch(self, happening: Happening | None = None, *, at: int = -1) -> None:
        """From here on calls count."""
        self.seen, self.happening, self.at = [], happening, at
        self.watching, self.has_befallen, self.has_lost = True, False, False

    def calm(self) -> None:
        """From here on all goes well."""
        self.watching = self.is_lagging = False
        self.happening = self.lasting = None

    def request_is_over(self) -> None:
        """What ends with a request: its process's death, and what lasts as long as it tries."""
        self.dead, self.lasting = False, None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Calls in the block are nobody's: they do not count and nothing befalls them."""
        outer, self.exempt = self.exempt, True
        try:
            yield
        finally:
            self.exempt = outer

    def quietly(self, service: str, action: str, **data: Any) -> dict[str, Any]:
        """Ask the engine itself."""
        with self.aside():
            return self.cloud.request(service, action, **data)
