"""What the use cases need from outside, and the real things: DynamoDB, SQS, clock, ids and chance."""

import random
import secrets
import time
from typing import Any

import botocore.session
from botocore.config import Config

from chalicelib import queues, telemetry
from chalicelib.services import ports
from chalicelib.settings import Settings
from chalicelib.store import connection, tables
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
from chalicelib.values import dataclass

from .surroundings import new_id, wall_clock


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything the use cases need from outside."""

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
    clock: ports.Clock
    new_id: ports.NewId
    chance: ports.Chance
    metrics: ports.Metrics


def _sqs() -> Any:
    """Connections and retries as for DynamoDB: short, since the clock makes up for what is lost."""
    config = Config(retries={"total_max_attempts": 3, "mode": "standard"}, connect_timeout=3, read_timeout=5)
    return botocore.session.get_session().create_client("sqs", config=config)


def aws(settings: Settings, metrics: ports.Metrics) -> Ports:
    """The real ports: DynamoDB and SQS."""
    log = telemetry.logger()
    chance = random.Random()  # noqa: S311 - spreads load; secrets come from `secrets`
    tables.bind(settings.stage)
    shared = connection.connect()
    writes = Writes(shared, lambda: secrets.token_hex(8), chance, time.sleep)
    sqs = _sqs()
    return Ports(
        tasks=DynamoTasks(writes),
        agents=DynamoAgents(writes, chance),
        trust=DynamoTrust(writes),
        payloads=DynamoPayloads(writes),
        schedules=DynamoSchedules(writes),
        ticks=DynamoTicks(),
        stats=DynamoStats(writes),
        queue=queues.SqsWork(sqs, settings.work_queue_url, log, metrics),
        agent_queues=queues.SqsAgentQueues(sqs, settings.stage, log, metrics),
        dead_messages=DynamoDeadMessages(writes),
        limits=DynamoLimits(writes),
        clock=wall_clock,
        new_id=new_id,
        chance=chance,
        metrics=metrics,
    )
