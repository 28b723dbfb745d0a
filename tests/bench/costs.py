"""What operations cost on AWS: calls and write units, counted on the engine, through the same doors."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import consumers, wiring
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.services.ports import Hint, HintKind, WorkQueue
from chalicelib.services.usecases import UseCases
from chalicelib.settings import Settings
from infra.local.engine import LocalCloud
from infra.local.gateway import Gateway
from infra.local.gateway_events import HttpRequest
from tests.bench.bench import Bench, Table
from tests.budgets.counting import counted
from tests.fakes import FakeClock, FakeMetrics

TEN = 10
Row = list[str]


@dataclass
class Remembering:
    """The work queue, whose hints can be handled one at a time."""

    queue: WorkQueue
    hints: list[Hint] = field(default_factory=list)

    def announce(self, *hints: Hint, now: int) -> Sequence[Hint]:
        self.hints += hints
        return self.queue.announce(*hints, now=now)


@dataclass
class Counted:
    """The service in this process, every operation of it a row of the table."""

    cloud: LocalCloud
    gateway: Gateway
    use_cases: UseCases
    queue: Remembering
    clock: FakeClock
    rows: list[Row] = field(default_factory=list)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        path, _, query = path.partition("?")
        text = b"" if body is None else json.dumps(body).encode()
        answer = self.gateway.handle(
            HttpRequest(method, path, query, (("content-type", "application/json"),), text)
        )
        assert answer.status < 300, answer.body
        return dict(json.loads(answer.body))

    def row(self, name: str, budget: str, operation: Callable[[], Any]) -> Any:
        """Run it, and add what it cost."""
        with counted(self.cloud) as cost:
            result = operation()
        self.rows.append([name, str(cost.calls), str(cost.write_units), budget])
        return result

    def submit(self, capability: str) -> str:
        task = {
            "client_id": "bench",
            "task_type": "bench",
            "capability_required": capability,
            "input_data": {"n": 1},
        }
        return str(self.call("POST", "/aitp/tasks", task)["task_id"])

    def report(self, task_id: str, agent_id: str, status: str) -> None:
        body = {"agent_id": agent_id, "lease_token": 1, "status": status, "error_message": "as asked"}
        self.call("PUT", f"/aitp/tasks/{task_id}/status", body)

    def agent(self, agent_id: str, **options: Any) -> None:
        body = {"agent_id": agent_id, "display_name": agent_id, "capabilities": [agent_id], **options}
        self.call("POST", "/ains/agents", body)

    def handle(self, kind: HintKind) -> None:
        """The newest hint of a kind."""
        hint = next(hint for hint in reversed(self.queue.hints) if hint.kind is kind)
        consumers.handle(hint, self.use_cases)

    def sync(self, agent_id: str, **said: Any) -> dict[str, Any]:
        body = {"session_id": "bench", "ack": 0, "free_slots": TEN, **said}
        return self.call("POST", f"/ains/agents/{agent_id}/sync", body)


def measured(bench: Bench) -> Table:
    """Each operation once, on warm clients."""
    bench.say("counting calls and write units")
    with _service() as service:
        service.row("idle tick", "a query per shard and table", service.use_cases.ticking.tick)
        _life(service)
        _retry(service)
        _keeping_alive(service)
        _schedule(service)
    return Table(
        "Calls and write units",
        ("operation", "AWS calls", "write units", "budget"),
        service.rows,
        "Counted, not timed; index writes included, transactions doubled. The tests hold the budgets.",
    )


@contextmanager
def _service() -> Iterator[Counted]:
    with LocalCloud() as cloud:
        settings = Settings(stage="local", work_queue_url=cloud.queue_url("ains-local-work"))
        metrics, clock = FakeMetrics(), FakeClock()
        ports = wiring.aws(settings, metrics)
        queue = Remembering(ports.queue)
        use_cases = wiring.assemble(replace(ports, queue=queue, clock=clock), head_start_ms=0)
        app = create_app(lambda: use_cases, auth=Auth(open_mode=True), version="bench")
        yield Counted(cloud, Gateway(app), use_cases, queue, clock)


def _life(service: Counted) -> None:
    service.agent("life", max_concurrency=2)
    service.submit("life")
    service.row("an agent's first dispatch", "", lambda: service.handle(HintKind.DISPATCH))
    task_id = service.row("submit", "2 calls, 4 units", lambda: service.submit("life"))
    service.row("dispatch", "3 calls, 6 units", lambda: service.handle(HintKind.DISPATCH))
    service.row("start", "1 call, 1 unit", lambda: service.report(task_id, "life", "ACTIVE"))
    service.row("finish", "1 call and a send, 7 units", lambda: service.report(task_id, "life", "COMPLETED"))
    last = service.rows[-4:]
    calls, units = (str(sum(int(row[column]) for row in last)) for column in (1, 2))
    service.rows.append(["the life of a bare task, these four", calls, units, "18 units"])
    service.agent("queue", delivery="sqs")
    service.submit("queue")
    service.row("an agent's first dispatch, to its own queue", "", lambda: service.handle(HintKind.DISPATCH))
    service.submit("nobody")
    service.row("dispatch while nobody is free", "", lambda: service.handle(HintKind.DISPATCH))


def _retry(service: Counted) -> None:
    """What a failed attempt adds to a life."""
    service.agent("retry")
    task_id = service.submit("retry")
    service.handle(HintKind.DISPATCH)
    service.report(task_id, "retry", "ACTIVE")

    def again() -> None:
        service.report(task_id, "retry", "FAILED")
        service.clock.advance(seconds=5)
        service.handle(HintKind.DUE)
        body = {"agent_id": "retry", "lease_token": 2, "status": "ACTIVE"}
        service.call("PUT", f"/aitp/tasks/{task_id}/status", body)

    service.row("one retry: fail, wait, dispatch, start", "21 units", again)


def _keeping_alive(service: Counted) -> None:
    service.agent("sync", session_id="bench", max_concurrency=TEN)
    service.row(
        "heartbeat", "1 call, 1 unit", lambda: service.call("POST", "/ains/agents/sync/heartbeat", {})
    )
    service.row("sync with nothing to say or take", "", lambda: service.sync("sync"))
    service.row(
        "poll with nothing to take", "", lambda: service.call("GET", "/aitp/tasks?assigned_agent_id=sync")
    )
    for _ in range(2 * TEN):
        service.submit("sync")
    taken = service.sync("sync", ack=1)
    reports = [
        {"task_id": a["task_id"], "lease_token": a["lease_token"], "status": "COMPLETED"}
        for a in taken["assignments"]
    ]
    assert len(reports) == TEN, reports
    both = service.row(
        f"sync that reports {TEN} and takes {TEN}",
        "30 calls",
        lambda: service.sync("sync", ack=taken["seq"], reports=reports),
    )
    assert len(both["assignments"]) == TEN, both


def _schedule(service: Counted) -> None:
    wanted = {
        "client_id": "bench",
        "task_type": "bench",
        "capability_required": "slots",
        "input_data": {"n": 1},
    }
    made = {**wanted, "cron_expression": "* * * * *"}
    service.row("create a schedule", "", lambda: service.call("POST", "/aitp/tasks/schedule", made))
    service.clock.advance(seconds=61)
    service.agent("slots")
    service.row("fire a slot", "", lambda: service.handle(HintKind.DUE))
    service.handle(HintKind.DISPATCH)
    held = service.call("GET", "/aitp/tasks?assigned_agent_id=slots")["tasks"]
    task_id = held[0]["task_id"]
    service.report(task_id, "slots", "ACTIVE")
    service.row("finish its task", "", lambda: service.report(task_id, "slots", "COMPLETED"))
    service.row("settle its execution", "", lambda: service.handle(HintKind.SETTLE))
