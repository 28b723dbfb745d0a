"""The service under test: its doors, its queue and its clocks, over stores in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib import ticks
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.services.ports import Hint
from tests.gateway import VERSION, Answer, Api
from tests.services.worlds import Watched, watched

from .eyes import Eyes

TENANT = "local"
CLIENTS = ("shop", "lab")
CAPABILITIES = ("report", "draw")
MINUTE = 60_000


@dataclass
class System:
    """`behind`: by how much the machine that serves now is late (machines differ by less than a second)."""

    w: Watched
    api: Api
    eyes: Eyes
    behind: int = 0
    old: list[Hint] = field(default_factory=list)  # messages that were seen once

    @property
    def at(self) -> int:
        """The time by the clock of the machine that serves."""
        return self.w.clock.now - self.behind

    @contextmanager
    def by_its_clock(self) -> Iterator[None]:
        self.w.clock.now -= self.behind
        yield
        self.w.clock.now += self.behind

    def call(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        """Any answer but a crash."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.by_its_clock():
            answer = self.api.call(method, url, body, headers=named)
        assert answer.status < 500, f"{method} {url} {body}: {answer.text}"
        return answer

    def tick(self) -> None:
        """The minute."""
        with self.by_its_clock():
            ticks.tick(self.w.use_cases)

    def drain(self) -> None:
        """Every message that is visible is handled."""
        self.remember()
        with self.by_its_clock():
            self.w.drain()

    def remember(self) -> None:
        """Messages that may come once more, much later."""
        self.old = [*self.old, *self.w.queue.sent][-50:]

    def advance(self, step_ms: int) -> bool:
        """Time passes; whether a minute began."""
        before = self.w.clock.now
        self.w.clock.advance(ms=step_ms)
        return before // MINUTE != self.w.clock.now // MINUTE

    def written(self) -> Any:
        """Equal as long as nothing was written: nothing that can be seen changed but by time."""
        w = self.w
        hidden = frozenset(w.tasks.hidden)
        return (
            len(w.tasks.history),
            hidden,
            dict(w.agents.rows),
            dict(w.schedules.rows),
            len(w.payloads.texts),
        )


def system(*, seed: int, remembers: bool) -> System:
    """A fresh one, in open mode."""
    w = watched(seed=seed, remembers=remembers)
    app = create_app(lambda: w.use_cases, auth=Auth(open_mode=True), version=VERSION)
    return System(w, Api(app), Eyes(Api(app, is_held_to_document=False)))
