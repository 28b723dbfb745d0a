"""The use cases over whatever ports are given."""

from functools import cached_property

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
from chalicelib.store import task_stream
from chalicelib.values import dataclass

from .outside import Ports


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
