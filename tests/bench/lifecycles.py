"""Whole lives of tasks: submitted, taken, started, completed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

from agent_client import Agent, HttpSync, SqsLongPoll
from tests.bench import backlog
from tests.bench.bare_http import BareHttp
from tests.bench.bench import Bench, Table
from tests.bench.cpu import Meter
from tests.bench.measuring import milliseconds, under_load
from tests.bench.sqs_environment import reaching
from tests.e2e.processes import Service

SLOTS = 10
OPEN_PER_AGENT = 2 * SLOTS  # enough to keep an agent busy, few enough to drain at once
POLL_S = 0.2  # what waiting costs is measured elsewhere
PATIENCE_S = 60.0


def measured(bench: Bench) -> list[Table]:
    """With calls of plain HTTP, and with agents of the SDK."""
    with bench.service("lifecycles") as running:
        bare = [_bare_row(bench, running, clients) for clients in (1, 8)]
        sdk = [_sdk_row(bench, running, agents, "sync") for agents in (1, 8)]
        sdk.append(_sdk_row(bench, running, 8, "sqs"))
    with bench.service("an agent that works off a backlog", waiting=bench.scale.backlog) as running:
        sdk.append(_backlog_row(bench, running))
    return [
        Table(
            "Lifecycles, plain HTTP",
            ("clients", "lifecycles per second", "p50", "p99", "processor time each", "comparable system"),
            bare,
            "Submit, poll, report ACTIVE, report COMPLETED: four requests, one after another, by each client"
            " with an agent and a capability of its own.",
        ),
        Table(
            "Lifecycles, agents of the SDK",
            ("agents", "lifecycles per second", "processor time each"),
            sdk,
            f"The agents are threads of the benchmark's process, {SLOTS} slots each, whose handlers return at"
            f" once; those that sync do so at least every {POLL_S:g} s. Two threads submit while fewer than"
            f" {OPEN_PER_AGENT} tasks per agent are open.",
        ),
    ]


def _bare_row(bench: Bench, running: Service, clients: int) -> list[str]:
    bench.say(f"{clients} clients live whole lives for {bench.scale.seconds:g} s")
    with ExitStack() as stack:
        lives = []
        for n in range(clients):
            http = stack.enter_context(BareHttp(running.url))
            name = f"bench-life-{clients}-{n}"
            http.register(name, name)
            lives.append(partial(_life, http, name))
        load, each = Meter.of(running).charged(partial(under_load, lives, seconds=bench.scale.seconds))
    reference = {1: "62/s", 8: "55/s, p99 900 ms"}[clients]
    times = [milliseconds(load.samples.p50), milliseconds(load.samples.p99)]
    return [str(clients), f"{load.per_second:.0f}", *times, each, reference]


def _life(http: BareHttp, name: str) -> None:
    """One task of this client's own capability, which its own agent serves."""
    task_id = http.submit(name)["task_id"]
    given = _polled(http, name)
    assert given["task_id"] == task_id
    for status in ("ACTIVE", "COMPLETED"):
        body = {"agent_id": name, "lease_token": given["lease_token"], "status": status}
        http.call("PUT", f"/aitp/tasks/{task_id}/status", body)


def _polled(http: BareHttp, agent_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if rows := http.call("GET", f"/aitp/tasks?assigned_agent_id={agent_id}")["tasks"]:
            return dict(rows[0])
    raise TimeoutError(f"{agent_id} was given nothing")


class Worked:
    """Counts what handlers did, and lets submitters wait while enough is open."""

    def __init__(self, open_at_most: int) -> None:
        self.count = 0
        self._lock = threading.Lock()
        self._room = threading.Semaphore(open_at_most)

    def one_more(self, _task: Any) -> None:
        with self._lock:
            self.count += 1
        self._room.release()

    def wait_for_room(self) -> None:
        if not self._room.acquire(timeout=PATIENCE_S):
            raise TimeoutError("the agents stand still")


@contextmanager
def _agents(
    running: Service, count: int, capability: str, way: str, handle: Callable[[Any], None]
) -> Iterator[None]:
    aws = reaching(running.aws_url) if way == "sqs" else nullcontext()
    with aws, ExitStack() as stack:
        for n in range(count):
            agent = Agent(
                f"{capability}-{n}",
                base_url=running.url,
                max_concurrency=SLOTS,
                poll_interval=POLL_S,
                transport=SqsLongPoll() if way == "sqs" else HttpSync(),
            )
            agent.handler(capability)(handle)
            stack.enter_context(agent)
        yield


def _sdk_row(bench: Bench, running: Service, count: int, way: str) -> list[str]:
    bench.say(f"{count} agents ({way}) work for {bench.scale.seconds:g} s")
    capability = f"bench-sdk-{way}-{count}"
    meter = Meter.of(running)
    worked = Worked(OPEN_PER_AGENT * count)

    def submit(http: BareHttp) -> None:
        worked.wait_for_room()
        http.submit(capability)

    with BareHttp(running.url) as one, BareHttp(running.url) as two:
        with _agents(running, count, capability, way, worked.one_more):
            used, began = meter.seconds(), time.perf_counter()
            sent = under_load([partial(submit, one), partial(submit, two)], seconds=bench.scale.seconds)
            _drained(worked, len(sent.samples.seconds) + 2)  # and the first of each
            elapsed, used = time.perf_counter() - began, meter.seconds() - used
    return [f"{count}, {way}", f"{worked.count / elapsed:.0f}", milliseconds(used / worked.count)]


def _drained(worked: Worked, expected: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while worked.count < expected:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{worked.count} of {expected} tasks were worked on")
        time.sleep(0.002)


def _backlog_row(bench: Bench, running: Service) -> list[str]:
    seconds = bench.scale.seconds
    bench.say(f"an agent works off a backlog for {seconds:g} s")
    meter = Meter.of(running)
    worked = Worked(0)
    used = meter.settled()
    with _agents(running, 1, backlog.CAPABILITY, "sync", worked.one_more):
        time.sleep(seconds)
        count, used = worked.count, meter.seconds() - used
    name = f"1, sync, from a line of {bench.scale.backlog:,}"
    return [name, f"{count / seconds:.0f}", milliseconds(used / max(1, count))]
