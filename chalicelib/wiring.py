"""The composition root: the sole maker of clients, clock, ids and chance."""

import random
import secrets
import time
from functools import cached_property
from typing import Any

import botocore.session
from botocore.config import Config

from chalicelib import queues, telemetry
from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.services import ports
from chalicelib.services.adjusting import Adjusting
from chalicelib.services.agents import Agents
from chalicelib.services.backfilling import Backfilling
from chalicelib.services.cancelling import Cancelling
from chalicelib.services.changing import Changing
from chalicelib.services.clock import DueTasks, Looking
from chalicelib.services.counting import Counting
from chalicelib.services.crowding import Crowding
from chalicelib.services.dead_letters import DeadLetters
from chalicelib.services.dead_messages import DeadLettering
from chalicelib.services.dispatch import Dispatch
from chalicelib.services.draining import Draining
from chalicelib.services.explaining import Explaining
from chalicelib.services.firing import Firing
from chalicelib.services.handing import Handing
from chalicelib.services.holding import Holding
from chalicelib.services.lining import Lining
from chalicelib.services.listing import Listing
from chalicelib.services.measuring import Measuring
from chalicelib.services.past_tasks import PastTasks
from chalicelib.services.pull import HEAD_START_MS, Pull
from chalicelib.services.purging import Purging
from chalicelib.services.reading import Reading
from chalicelib.services.redriving import Redriving
from chalicelib.services.retrying import Retrying
from chalicelib.services.roster import Roster
from chalicelib.services.schedules import Schedules
from chalicelib.services.settling import Settling
from chalicelib.services.slot_quota import SlotQuota
from chalicelib.services.submission import Submission
from chalicelib.services.sweeping import Sweeping
from chalicelib.services.syncing import Syncing
from chalicelib.services.ticking import Ticking
from chalicelib.services.trusting import Trusting
from chalicelib.services.usecases import UseCases
from chalicelib.settings import Settings
from chalicelib.store import connection, tables, task_stream
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

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


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


def wall_clock() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


def stopwatch() -> float:
    """Seconds since some beginning; no step of the wall clock shows in it."""
    return time.perf_counter()


def new_id(prefix: str) -> str:
    """A ULID: 48 bits of milliseconds, then 80 of chance, so that ids made later sort later."""
    number = wall_clock() << 80 | secrets.randbits(80)
    return f"{prefix}-" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


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


@dataclass(frozen=True)
class _Assembly:
    """Each use case once, made when first needed by another."""

    p: Ports
    head_start_ms: int
    quota: Quota

    @cached_property
    def changing(self) -> Changing:
        return Changing(self.p.tasks, self.p.payloads, self.p.queue, self.p.clock, self.p.metrics)

    @cached_property
    def holding(self) -> Holding:
        return Holding(self.changing, self.p.payloads, self.p.clock, self.p.chance)

    @cached_property
    def lining(self) -> Lining:
        return Lining(self.p.tasks, self.p.limits, self.p.clock)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.p.tasks, self.p.clock)

    @cached_property
    def retrying(self) -> Retrying:
        p = self.p
        return Retrying(p.tasks, p.payloads, self.lining, self.changing, p.queue, p.clock, p.metrics)

    @cached_property
    def roster(self) -> Roster:
        return Roster(self.p.agents, self.p.clock, self.p.chance)

    @cached_property
    def handing(self) -> Handing:
        return Handing(
            self.p.tasks,
            self.p.payloads,
            self.p.agent_queues,
            self.p.queue,
            self.p.clock,
            self.p.metrics,
        )

    @cached_property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.p.tasks, self.roster, self.handing, self.p.clock, self.p.chance, self.p.queue)

    @cached_property
    def pull(self) -> Pull:
        p = self.p
        crowding = Crowding(self.roster)
        return Pull(p.tasks, self.roster, crowding, self.handing, p.clock, p.chance, self.head_start_ms)

    @cached_property
    def settling(self) -> Settling:
        p = self.p
        return Settling(p.tasks, p.schedules, p.agents, p.trust, p.queue, p.clock, p.metrics)

    @cached_property
    def cancelling(self) -> Cancelling:
        return Cancelling(self.changing, self.p.agents, self.p.agent_queues, self.p.clock)

    @cached_property
    def firing(self) -> Firing:
        p = self.p
        slots = SlotQuota(p.limits, self.quota)
        return Firing(p.schedules, p.tasks, self.lining, self.cancelling, slots, p.queue, p.clock, p.metrics)

    @cached_property
    def keeping(self) -> Schedules:
        p = self.p
        return Schedules(p.schedules, p.payloads, self.firing, self.quota, p.queue, p.clock, p.new_id)

    @cached_property
    def sweeping(self) -> Sweeping:
        p = self.p
        return Sweeping(p.agents, p.tasks, self.holding, p.agent_queues, p.queue, p.clock)

    @cached_property
    def listing(self) -> Listing:
        return Listing(self.p.agents, self.p.queue, self.p.clock)

    @cached_property
    def agents(self) -> Agents:
        p = self.p
        return Agents(
            p.agents,
            p.tasks,
            p.agent_queues,
            self.pull,
            self.sweeping,
            self.listing,
            p.queue,
            p.clock,
            p.metrics,
        )

    @cached_property
    def due_tasks(self) -> DueTasks:
        return DueTasks(
            tasks=self.p.tasks,
            agents=self.p.agents,
            changing=self.changing,
            dispatch=self.dispatch,
            holding=self.holding,
            handing=self.handing,
            settling=self.settling,
            queue=self.p.queue,
            clock=self.p.clock,
            chance=self.p.chance,
        )


def assemble(p: Ports, *, head_start_ms: int = HEAD_START_MS, quota: Quota = PLAIN) -> UseCases:
    """All use cases over the given ports: real ones, or fakes."""
    a = _Assembly(p, head_start_ms, quota)
    clocked = {
        ports.Aggregate.TASK: p.tasks,
        ports.Aggregate.AGENT: p.agents,
        ports.Aggregate.SCHEDULE: p.schedules,
    }
    reading = Reading(p.tasks, p.agents, p.payloads, p.schedules, p.clock)
    trusting = Trusting(p.agents, p.trust, a.listing, p.clock, p.new_id)
    apart_ms = {ports.Aggregate.SCHEDULE: quota.apart_ms}
    return UseCases(
        submission=Submission(p.tasks, p.payloads, a.lining, p.queue, p.clock, p.new_id, p.metrics),
        reading=reading,
        past_tasks=PastTasks(p.tasks, trusting),
        holding=a.holding,
        cancelling=a.cancelling,
        adjusting=Adjusting(a.changing, a.lining),
        dead_letters=a.dead_letters,
        retrying=a.retrying,
        redriving=Redriving(a.dead_letters, a.retrying, p.tasks, p.payloads, p.queue, p.clock),
        agents=a.agents,
        draining=Draining(p.agents, a.listing, p.clock),
        trusting=trusting,
        agent_store=p.agents,
        syncing=Syncing(p.agents, a.agents, p.tasks, a.holding, a.changing, a.pull, p.clock, p.metrics),
        pull=a.pull,
        schedules=a.keeping,
        backfilling=Backfilling(a.keeping, p.schedules),
        firing=a.firing,
        settling=a.settling,
        dispatch=a.dispatch,
        explaining=Explaining(p.tasks, a.roster, p.clock, p.chance),
        looking=Looking(a.due_tasks, p.agents, p.schedules, a.sweeping, a.firing, p.clock, p.queue),
        ticking=Ticking(clocked, p.ticks, p.queue, p.clock, p.metrics, apart_ms=apart_ms),
        dead_lettering=DeadLettering(p.dead_messages, p.queue, p.clock, p.metrics),
        counting=Counting(p.stats, task_stream.change, p.clock),
        purging=Purging(p.tasks, p.payloads),
        measuring=Measuring(reading, p.agents, p.stats, p.clock, p.metrics),
        stats=p.stats,
        clock=p.clock,
        new_id=p.new_id,
        metrics=p.metrics,
    )
