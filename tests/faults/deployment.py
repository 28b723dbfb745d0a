"""The whole service as deployed, one request at a time, in virtual time: its API, its consumer, its tick.

Chalice's own event path, the shipped stores and queues, botocore and the embedded engine. A process that is
killed loses all it remembers; the next request starts another.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import time_machine
from chalice.app import SQSEventConfig

from chalicelib import consumers, ticks, wiring
from chalicelib.services.usecases import UseCases
from chalicelib.store import tables
from chalicelib.store.agents import DynamoAgents
from chalicelib.store.limits import DynamoLimits
from chalicelib.store.schedules import DynamoSchedules
from chalicelib.store.tasks import DynamoTasks
from chalicelib.store.writes import Writes
from infra.local import gateway_events
from infra.local.gateway_events import HttpRequest
from infra.local.pinned import sqs
from infra.local.sqs_source import SqsSource
from tests.contract.wire import without_backoff
from tests.fakes import FakeMetrics, SilentLog

from .choke import Choke, Killed
from .past import Past
from .records import Records, items
from .stage import Stage

START_S = 1_900_000_020  # a whole minute
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Reply:
    """An answer that arrived."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def is_ack(self) -> bool:
        return 200 <= self.status < 300


Door = Callable[[Callable[[], Any]], Any]


def at_once(request: Callable[[], Any]) -> Any:
    """A door that is open."""
    return request()


@dataclass
class Deployment:
    """`http`, `pump` and `tick` are its three doors; what was acknowledged is what `http` returned.

    Each request passes `door`, which may know its answer.
    """

    stage: Stage
    traveller: time_machine.Traveller
    seed: int = 7
    ids: int = 0
    call_ids: int = 0
    door: Door = at_once

    def __post_init__(self) -> None:
        cloud = self.stage.cloud
        self.records = Records(wiring.wall_clock)
        self.choke = Choke(cloud, self.records, self.advance, self._overtake, self._consume)
        cloud.around = self.choke
        self.log = SilentLog()
        self.chance = random.Random(self.seed)
        self.ports = _repeatable(self)
        self.source = SqsSource(cloud, _WORK, self._handled)
        self.stage.use_cases = self._process()
        self._request: Callable[[], object] = lambda: None

    @property
    def now(self) -> int:
        return wiring.wall_clock()

    def advance(self, seconds: float) -> None:
        self.traveller.shift(seconds)

    def new_id(self, prefix: str) -> str:
        self.ids += 1
        return f"{prefix}-{self.ids:04d}"

    def new_call_id(self) -> str:
        self.call_ids += 1
        return f"call-{self.call_ids}"

    def _process(self) -> UseCases:
        """A fresh one: it remembers nothing."""
        writes: Writes = self.ports.tasks._writes  # type: ignore[attr-defined]
        ports = replace(self.ports, tasks=DynamoTasks(writes), limits=DynamoLimits(writes))
        return wiring.assemble(ports, head_start_ms=0)

    def _run(self, request: Callable[[], Any]) -> Any:
        """One request in the current process; None when it was killed."""
        self._request = request
        try:
            return request()
        except Killed:
            self.stage.use_cases = self._process()
            return None
        finally:
            self.choke.request_is_over()

    def _overtake(self) -> None:
        """The same request once more, at the same time, in another process."""
        ours, self.stage.use_cases = self.stage.use_cases, self._process()
        self.stage.apps.reverse()
        self.choke.happening = None
        try:
            self._request()
        finally:
            self.stage.apps.reverse()
            self.stage.use_cases = ours

    def _consume(self) -> None:
        """The work queue is emptied by another process, while this request is under way."""
        request, ours = self._request, self.stage.use_cases
        self.stage.use_cases, self.choke.happening = self._process(), None
        try:
            self.drain()
        finally:
            self._request, self.stage.use_cases = request, ours

    def http(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply | None:
        """The answer; None when the connection broke before it came."""
        reply: Reply | None = self.door(lambda: self._http(method, path, body, headers or {}))
        return reply

    def _http(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply | None:
        sent = {"content-type": "application/json", **headers}
        path, _, query = path.partition("?")
        content = b"" if body is None else json.dumps(body).encode()
        request = HttpRequest(method, path, query, tuple(sent.items()), content)
        route = self.stage.routes.match(path)
        assert route is not None, path
        event = gateway_events.event(request, route, "request-1", [])

        def call() -> Reply:
            answer = self.stage.apps[0](event, None)
            return Reply(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

        reply: Reply | None = self._run(call)
        return reply

    def pump(self) -> int:
        """One batch of the work queue, as Lambda's poller hands it over; how many messages."""
        handled: int = self.door(self._batch)
        return handled

    def _batch(self) -> int:
        with self.choke.aside():
            try:
                return self.source.one_batch(wait_seconds=0)
            except Killed:  # the batch was not deleted: it comes again after its visibility timeout
                return 1

    def _handled(self, event: dict[str, Any], _context: object) -> Any:
        self.choke.exempt = False
        try:
            answer = self._run(lambda: consumers.work(event, self.stage.asked(), self.log))
        finally:
            self.choke.exempt = True
        if answer is None:
            raise Killed
        return answer

    def drain(self, *, most: int = 200) -> None:
        """All that is visible now."""
        for _ in range(most):
            if not self.pump():
                return
        raise AssertionError(f"still busy after {most} batches")

    def tick(self) -> None:
        """The minute's rule; Lambda does not try it again."""
        self.door(self._tick)

    def _tick(self) -> None:
        try:
            self._run(lambda: ticks.tick(self.stage.asked()))
        except Exception as error:  # an invocation that failed
            self.log.error("tick failed", extra={"error": str(error)})

    def messages(self) -> list[tuple[str, float]]:
        """What is on the queues, also in flight: body, and when it is to be seen."""
        return sorted(
            (m["body"], m["visible_at"]) for queue in sqs._queues.values() for m in queue["messages"]
        )

    def next_message_at(self) -> int | None:
        """When something on the work queue becomes visible."""
        queue = sqs._queues[sqs._queue_name_to_url[self.stage.work_queue]]
        soonest = min((m["visible_at"] for m in queue["messages"]), default=None)
        return None if soonest is None else int(soonest * 1000) + 1

    def remember_the_past(self) -> None:
        """From here on an index that lags shows what is there now."""
        past: Past = self.door(self._past)
        self.choke.as_before = past.answer

    def _past(self) -> Past:
        return Past(
            rows={m.Meta.table_name: [dict(i) for i in items(m)] for m in tables.ALL},
            index_keys=self.stage.index_keys,
            table_keys=self.stage.table_keys,
        )


_WORK = SQSEventConfig("work", "", None, None, 10, 0, None)


def _repeatable(d: Deployment) -> wiring.Ports:
    """The shipped ports, with chance and ids that are the same each time."""
    theirs: Writes = d.stage.ports.tasks._writes  # type: ignore[attr-defined]
    writes = replace(theirs, new_call_id=d.new_call_id, chance=d.chance, pause=lambda _s: None)
    return replace(
        d.stage.ports,
        tasks=DynamoTasks(writes),
        agents=DynamoAgents(writes, d.chance),
        schedules=DynamoSchedules(writes),
        chance=d.chance,
        new_id=d.new_id,
        metrics=FakeMetrics(),
    )


@contextmanager
def deployed(stage: Stage, *, seed: int = 7) -> Iterator[Deployment]:
    """A fresh one: nothing is stored."""
    stage.cloud.around = None
    stage.cloud.reset()
    with time_machine.travel(START_S, tick=False) as traveller, without_backoff():
        yield Deployment(stage, traveller, seed)
