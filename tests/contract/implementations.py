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

import time_machine

from chalicelib import queues
from chalicelib.services import messages, ports
from chalicelib.store.agents import DynamoAgents
from chalicelib.store.dead_messages import DynamoDeadMessages
from chalicelib.store.limits import DynamoLimits
from chalicelib.store.payloads import DynamoPayloads
from chalicelib.store.schedules import DynamoSchedules
from chalicelib.store.stats import DynamoStats
from chalicelib.store.tasks import DynamoTasks
from chalicelib.store.ticks import DynamoTicks
from chalicelib.store.trust_ledger import DynamoTrust
from chalicelib.store.writes import Writes
from tests import fakes
from tests.contract import emulators
from tests.contract.wire import Wire

WORK = "ains-test-work"


@dataclass(repr=False)  # a failed example would print every call
class Stores:
    """Every port of one implementation, empty."""

    tasks: ports.TaskStore
    agents: ports.AgentStore
    trust: ports.TrustLedger
    payloads: ports.PayloadStore
    schedules: ports.ScheduleStore
    ticks: ports.TickStore
    stats: ports.StatsStore
    queue: ports.WorkQueue
    agent_queues: ports.AgentQueues
    dead_messages: ports.DeadMessages
    limits: ports.Limits
    heard: Callable[[int], list[ports.Hint]]  # takes the hints that are visible at a time
    told: Callable[[str], list[dict[str, Any]]]  # takes what lies in an agent's queue
    at: Callable[[int], AbstractContextManager[Any]]  # it is that time, for those who keep their own
    metrics: fakes.FakeMetrics = field(default_factory=fakes.FakeMetrics)
    wire: Wire = field(default_factory=Wire)
    pauses: list[float] = field(default_factory=list)


Fresh = Callable[[], Stores]


@contextmanager
def in_memory() -> Iterator[Fresh]:
    """tests/fakes."""
    yield _fakes


@contextmanager
def in_moto() -> Iterator[Fresh]:
    """moto, with the tables of the same template."""
    with emulators.moto() as fresh:
        yield lambda: _aws(fresh())


@contextmanager
def in_engine() -> Iterator[Fresh]:
    """The local cloud's engine, in this process."""
    with emulators.engine() as fresh:
        yield lambda: _aws(fresh())


def _fakes() -> Stores:
    agents = fakes.FakeAgents(random.Random(7))
    tasks = fakes.FakeTasks(agents)
    queue, agent_queues, payloads = fakes.FakeQueue(), fakes.FakeAgentQueues(), fakes.FakePayloads()

    def heard(now: int) -> list[ports.Hint]:
        visible = [hint for hint in queue.sent if hint.at is None or hint.at <= now]
        queue.sent = [hint for hint in queue.sent if hint not in visible]
        return visible

    def told(url: str) -> list[dict[str, Any]]:
        found, agent_queues.messages[url] = agent_queues.messages[url], []
        return found

    return Stores(
        tasks=tasks,
        agents=agents,
        trust=fakes.FakeTrust(tasks, payloads),
        payloads=payloads,
        schedules=fakes.FakeSchedules(tasks),
        ticks=fakes.FakeTicks(),
        stats=fakes.FakeStats(),
        queue=queue,
        agent_queues=agent_queues,
        dead_messages=fakes.FakeDeadMessages(),
        limits=fakes.FakeLimits(),
        heard=heard,
        told=told,
        at=lambda _now: nullcontext(),
    )


def _aws(emulator: emulators.Emulator) -> Stores:
    chance, metrics, log = random.Random(7), fakes.FakeMetrics(), fakes.SilentLog()
    pauses: list[float] = []
    numbers = count(1)
    writes = Writes(emulator.connection, lambda: f"call-{next(numbers)}", chance, pauses.append)
    sqs, url = emulator.sqs, emulator.queue_url(WORK)

    def taken(queue_url: str) -> list[str]:
        bodies: list[str] = []
        while found := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(message["Body"])
        return bodies

    def at(now: int) -> AbstractContextManager[Any]:
        return time_machine.travel(now / 1000, tick=False)

    def heard(now: int) -> list[ports.Hint]:
        with at(now):
            return [messages.decoded(body) for body in taken(url)]

    return Stores(
        tasks=DynamoTasks(writes),
        agents=DynamoAgents(writes, chance),
        trust=DynamoTrust(writes),
        payloads=DynamoPayloads(writes),
        schedules=DynamoSchedules(writes),
        ticks=DynamoTicks(),
        stats=DynamoStats(writes),
        queue=queues.SqsWork(sqs, url, log, metrics),
        agent_queues=queues.SqsAgentQueues(sqs, "test", log, metrics),
        dead_messages=DynamoDeadMessages(writes),
        limits=DynamoLimits(writes),
        heard=heard,
        told=lambda queue_url: [json.loads(body) for body in taken(queue_url)],
        at=at,
        metrics=metrics,
        wire=emulator.wire,
        pauses=pauses,
    )
