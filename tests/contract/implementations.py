"""The ports' implementations that the suite runs over: fakes, and DynamoDB and SQS in two emulators.

They err in different places. moto is used by one thread only: its conditional writes are not atomic.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import botocore.session
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib import queues
from chalicelib.services import ports
from chalicelib.store import connection, tables
from chalicelib.store.agents import DynamoAgents
from chalicelib.store.payloads import DynamoPayloads
from chalicelib.store.schedules import DynamoSchedules
from chalicelib.store.tasks import DynamoTasks
from chalicelib.store.ticks import DynamoTicks
from chalicelib.store.writes import Writes
from infra.local import resources
from infra.local.botocore_hook import ENVIRONMENT
from infra.local.calls import Answer, Call
from infra.local.engine import LocalCloud
from tests import fakes
from tests.contract.wire import Wire, without_backoff

STAGE = "test"


@dataclass
class Stores:
    """Every port of one implementation, empty."""

    tasks: ports.TaskStore
    agents: ports.AgentStore
    payloads: ports.PayloadStore
    schedules: ports.ScheduleStore
    ticks: ports.TickStore
    queue: ports.WorkQueue
    agent_queues: ports.AgentQueues
    metrics: fakes.FakeMetrics
    work_heard: Callable[[int], list[ports.Hint]]  # takes the hints that are visible at a time
    messages: Callable[[str], list[dict[str, Any]]]  # takes what lies in an agent's queue
    at: Callable[[int], AbstractContextManager[Any]]  # it is that time, for those who keep their own
    wire: Wire = field(default_factory=Wire)
    pauses: list[float] = field(default_factory=list)


Fresh = Callable[[], Stores]


@contextmanager
def in_memory() -> Iterator[Fresh]:
    yield _fakes


def _fakes() -> Stores:
    agents = fakes.FakeAgents(random.Random(7))
    tasks = fakes.FakeTasks(agents)
    queue, agent_queues = fakes.FakeQueue(), fakes.FakeAgentQueues()

    def heard(now: int) -> list[ports.Hint]:
        visible = [hint for hint in queue.sent if hint.at is None or hint.at <= now]
        queue.sent = [hint for hint in queue.sent if hint not in visible]
        return visible

    def messages(url: str) -> list[dict[str, Any]]:
        found, agent_queues.messages[url] = agent_queues.messages[url], []
        return found

    return Stores(
        tasks=tasks,
        agents=agents,
        payloads=fakes.FakePayloads(),
        schedules=fakes.FakeSchedules(tasks),
        ticks=fakes.FakeTicks(),
        queue=queue,
        agent_queues=agent_queues,
        metrics=fakes.FakeMetrics(),
        work_heard=heard,
        messages=messages,
        at=lambda _now: nullcontext(),
    )


@contextmanager
def engine() -> Iterator[Fresh]:
    """The local cloud's engine, in this process."""
    with LocalCloud(stage=STAGE, long_polls=False) as cloud, without_backoff():
        shared, sqs = _clients()
        url = sqs.get_queue_url(QueueName=f"ains-{STAGE}-work")["QueueUrl"]

        def fresh() -> Stores:
            cloud.reset()
            stores = _aws(shared, sqs, url)

            def around(call: Call, run: Callable[[], Answer]) -> Answer:
                return stores.wire(call.action, call.body, run)

            cloud.around = around
            return stores

        yield fresh


@contextmanager
def moto() -> Iterator[Fresh]:
    """moto, with the tables and queues of the same template."""
    wire: list[Wire] = [Wire()]
    original = BotocoreStubber.__call__
    credentials = {k: v for k, v in ENVIRONMENT.items() if k in ("AWS_REGION", "AWS_DEFAULT_REGION")}
    with time_machine.travel(fakes.START_MS / 1000, tick=False), mock_aws(), _environment(credentials):
        shared, sqs = _clients()

        def through_the_wire(stubber: Any, event_name: str, request: Any, **more: Any) -> Any:
            action = _text(request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
            body = request.body or b""

            def send() -> Answer:
                response = original(stubber, event_name, request, **more)
                return Answer(response.status_code, dict(response.headers), response.content)

            return _response(request.url, wire[0](action, body, send))

        def fresh() -> Stores:
            for service in ("dynamodb", "sqs"):
                get_backend(service).reset()  # type: ignore[no-untyped-call]
            plan = resources.plan(resources.TEMPLATE, STAGE)
            for table in plan.tables.values():
                shared.client.create_table(**{"BillingMode": "PAY_PER_REQUEST", **table})
            url = sqs.create_queue(QueueName=f"ains-{STAGE}-work")["QueueUrl"]
            stores = _aws(shared, sqs, url)
            wire[0] = stores.wire
            return stores

        BotocoreStubber.__call__ = through_the_wire  # type: ignore[method-assign]
        try:
            with without_backoff():
                yield fresh
        finally:
            BotocoreStubber.__call__ = original  # type: ignore[method-assign]


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    with _patched(values):
        yield


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Raw:
    """The little of a urllib3 response that AWSResponse asks for."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> tuple[bytes]:
        return (self._body,)


def _response(url: str, answer: Answer) -> AWSResponse:
    return AWSResponse(url, answer.status, HTTPHeaders.from_dict(answer.headers), _Raw(answer.body))
