"""The deployed service with several requests at once, call by call: each in its own thread and process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import time_machine

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.services.usecases import UseCases
from infra.local.calls import Answer, Call
from tests.contract.wire import without_backoff

from .baton import Baton, PerThread
from .choke import Choke, Send
from .deployment import START_S, Deployment
from .stage import Stage

CONSUMED_S = 1  # so long a request is held up while a batch is handled


class CrowdedChoke(Choke):
    """Before each call somebody else may go on; what lasts as long as a request is the thread's own."""

    dead = PerThread(False)
    exempt = PerThread(False)
    lasting = PerThread(None)
    happening = PerThread(None)
    before_each: Callable[[], None] = staticmethod(lambda: None)

    def __call__(self, call: Call, run: Send) -> Answer:
        if not self.exempt and not self.dead:
            self.before_each()
        return super().__call__(call, run)


class CrowdedStage(Stage):
    """Each thread asks its own process."""

    use_cases = PerThread(None)
    apps = PerThread(None)


@dataclass(eq=False)
class Process:
    """What one Lambda instance remembers, and its app, which is not re-entrant."""

    app: Any
    use_cases: UseCases


@dataclass
class Crowd(Deployment):
    """Many threads may call `http`, `pump` and `tick`; a process that is free takes the next request."""

    stage: CrowdedStage
    baton: Baton | None = None
    latency_s: float = 0  # mean of an AWS call's

    _request = PerThread(None)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.baton = Baton(self.seed, time.time, self.advance_clock)
        self.idle: list[Process] = []
        self.overtakers = 0
        self.choke = self.made_choke()
        self.choke.before_each = self._others_go_on
        self.stage.cloud.around = self.choke

    def made_choke(self) -> CrowdedChoke:
        """What all calls pass."""
        return CrowdedChoke(self.stage.cloud, self.records, self.advance, self._overtake, self._consume)

    def advance_clock(self, seconds: float) -> None:
        self.traveller.shift(seconds)

    def advance(self, seconds: float) -> None:
        """For whoever asks time passes; the others go on meanwhile."""
        self.baton.pause(seconds)

    def _others_go_on(self) -> None:
        mean = self.latency_s
        self.baton.pause(self.baton.chance.expovariate(1 / mean) if mean else 0)

    def _run(self, request: Callable[[], Any]) -> Any:
        process = self._taken()
        self.stage.apps, self.stage.use_cases = [process.app], process.use_cases
        try:
            return super()._run(request)
        finally:
            process.use_cases = self.stage.use_cases  # another, when it was killed
            self.idle.append(process)

    def _taken(self) -> Process:
        if self.idle:
            return self.idle.pop(self.baton.chance.randrange(len(self.idle)))
        app = create_app(self.stage.asked, auth=Auth(open_mode=True), version="1")
        return Process(app, self._process())

    def _overtake(self) -> None:
        """The same request once more, at the same time, in another process; nobody hears its answer."""
        request = self._request
        self.overtakers += 1
        self.baton.start(f"overtaker-{self.overtakers}", lambda: self._again(request))

    def _consume(self) -> None:
        """A batch of the work queue is handled while this request is under way."""
        self.overtakers += 1
        self.baton.start(f"overtaker-{self.overtakers}", self.pump)
        self.baton.pause(CONSUMED_S)

    def inside(self, work: Callable[[UseCases], object]) -> None:
        """One invocation that is nobody's request: what a message or the clock sets off."""
        self._run(lambda: work(self.stage.asked()))

    def at_once(self, *requests: Callable[[], object]) -> None:
        """All from one moment on, call by call in an order that the seed draws, until all are through."""
        for number, request in enumerate(requests):
            self.baton.start(f"request-{number}", request)
        self.baton.play()

    def _again(self, request: Callable[[], Any]) -> None:
        try:
            self._run(request)
        except Exception as error:  # an invocation that failed
            self.log.error("the other one failed", extra={"error": str(error)})


@contextmanager
def crowded(stage: CrowdedStage, *, seed: int, made: type[Crowd] = Crowd, **more: Any) -> Iterator[Crowd]:
    """A fresh one: nothing is stored."""
    stage.cloud.around = None
    stage.cloud.reset()
    with time_machine.travel(START_S, tick=False) as traveller, without_backoff():
        yield made(stage, traveller, seed, **more)
