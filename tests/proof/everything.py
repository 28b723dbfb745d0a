"""Everything that is ever counted happens once, over fakes; and what CloudWatch sees of it."""

import contextlib
import io
import json
from dataclasses import replace

from chalicelib import consumers, ticks
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.api.measuring import HttpMeter
from chalicelib.domain.dead_message import MAX_RECEIVES
from chalicelib.domain.quota import Quota
from chalicelib.domain.schedule import OverlapPolicy
from chalicelib.queues import SqsWork
from chalicelib.services.ports import Hint, HintKind
from chalicelib.services.slot_quota import FREE
from chalicelib.telemetry import EmfMetrics
from tests.fakes import SilentLog
from tests.gateway import Api
from tests.services.doing import (
    CAPABILITY,
    TENANT,
    beat,
    cancel,
    complete,
    fail,
    registered,
    scheduled,
    start,
    submitted,
)
from tests.services.redoing import dead, redrive
from tests.services.worlds import Watched, watched
from tests.test_queues import REFUSED, FakeSqs

STAGE = "test"
Seen = frozenset[tuple[str, str, frozenset[tuple[str, str]]]]
"""(namespace, metric, dimensions) of every series"""


def emitted() -> Seen:
    """What CloudWatch is told when everything happens."""
    w = watched(quota=Quota(slots_per_minute=1))
    for happening in (_tasks, _schedules, _trouble, _requests):
        happening(w)
    lines = EmfMetrics(STAGE, w.clock)
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        for name, value, labels in w.metrics.counted:
            lines.count(name, value, **labels)
        lines.flush()
    return frozenset(series for line in written.getvalue().splitlines() for series in _series(line))


def _series(line: str) -> Seen:
    document = json.loads(line)
    return frozenset(
        (directive["Namespace"], metric["Name"], frozenset((d, document[d]) for d in dimensions))
        for directive in document["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    )


def _tasks(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000, slots=9)
    beat(w)
    for end in (complete, fail):
        task_id = submitted(w, max_retries=0 if end is complete else 1)
        w.drain()
        start(w, task_id)
        end(w, task_id)
    cancel(w, submitted(w))
    redrive(w, task_ids=tuple(dead(w)))
    wanted = submitted(w)

    def claim() -> None:
        w.use_cases.dispatch.route(wanted, tenant=TENANT, capability=CAPABILITY)

    w.tasks.meanwhile.first(claim)
    claim()  # and another is faster
    late = submitted(w, timeout_ms=1_000, max_retries=0)
    w.drain()
    start(w, late)
    w.run(seconds=2)
    registered(w, "short", capabilities=("lost",), heartbeat_ms=1_000)
    lost = submitted(w, capability="lost")
    w.drain()
    start(w, lost, agent_id="short")
    w.run(seconds=70)
    ticks.tick(w.use_cases)


def _schedules(w: Watched) -> None:
    # One slot whose run stays open while the next comes, one that fails its first run, one outage.
    scheduled(w, overlap=OverlapPolicy.SKIP, capability="nobody")
    w.run(seconds=130)
    failing = scheduled(w, pause_on_failures=1, capability="nobody", task_options={"queue_timeout_ms": 1_000})
    w.run(seconds=130)
    scheduled(w, "*/2 * * * *")
    w.clock.advance(seconds=1_000)
    ticks.tick(w.use_cases)
    w.drain()
    for _ in range(FREE + 5):  # more than a client may have in one minute
        scheduled(w, client_id="many")
    w.run(seconds=61)
    assert w.use_cases.schedules.get(failing.schedule_id, tenant=failing.tenant).reason


def _trouble(w: Watched) -> None:
    attributes = {"ApproximateReceiveCount": str(MAX_RECEIVES)}
    record = {"messageId": "bad", "body": "{", "attributes": attributes}
    consumers.work({"Records": [record]}, w.use_cases, SilentLog())
    queue = SqsWork(FakeSqs(failing=REFUSED), "https://sqs/work", SilentLog(), w.metrics)
    queue.announce(Hint(kind=HintKind.FILL, row_id="a"), now=w.clock())


def _requests(w: Watched) -> None:
    meter = HttpMeter(w.metrics, lambda: 0.0)
    api = Api(create_app(lambda: w.use_cases, auth=Auth(open_mode=True), version="1", meter=meter))
    assert api.get("/health").status == 200
    assert api.get("/aitp/tasks/nobody-knows-it").status == 404
    broken = replace(w.use_cases, reading=None)  # type: ignore[arg-type]
    w.use_cases = broken
    assert api.get("/aitp/tasks/task-1").status == 500
