"""Sync: in one call an agent keeps alive, reports, hands back and takes work.

A lost, late or repeated sync frees nothing that runs and hides nothing that was given: each answer has a
number, each sync names the last one it received (`ack`). A task that a received answer carried and the agent
does not name is free; one that a lost answer carried is carried again, under the same token.
"""

from dataclasses import field, replace

from chalicelib.domain import lifecycle
from chalicelib.domain.agent import Agent, Delivery, Wish
from chalicelib.domain.errors import DomainError, LostRace
from chalicelib.domain.task import Outcome, Status, Task
from chalicelib.values import dataclass

from .agents import Agents
from .changing import Changing
from .holding import Holding, Report
from .ports import AgentStore, Clock, Metrics, TaskStore
from .pull import Pull


@dataclass(frozen=True, kw_only=True)
class Named:
    """A task that the agent says it holds."""

    task_id: str
    token: int
    started: bool = False
    progress: float | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """One sync of an agent."""

    session_id: str
    ack: int
    held: tuple[Named, ...] = ()
    reports: tuple[Report, ...] = ()
    released: tuple[Named, ...] = ()
    free_slots: int = 0
    wish: Wish | None = None


@dataclass(frozen=True)
class Heard:
    """What became of one report; `refusal` says why it was not accepted."""

    task_id: str
    status: str | None
    refusal: str | None


@dataclass
class Answer:
    """The answer to one sync, number `seq`."""

    agent: Agent
    seq: int
    given: list[Task] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)


@dataclass(frozen=True, eq=False, repr=False)
class Syncing:
    """The SDK's main call."""

    agents: AgentStore
    agent_service: Agents
    tasks: TaskStore
    holding: Holding
    changing: Changing
    pull: Pull
    clock: Clock
    metrics: Metrics

    def sync(self, agent_id: str, said: Said, *, tenant: str) -> Answer:
        """Raises NotFound, Superseded, StaleSync."""
        now = self.clock()
        agent = self.agents.sync(
            agent_id, tenant=tenant, session_id=said.session_id, ack=said.ack, now=now, wish=said.wish
        )
        self.metrics.count("agent_heartbeats_total")
        self.agent_service.listing.relist(agent)
        answer = Answer(agent, agent.seq)
        freed = self._reported(said, answer) + self._released(agent, said)
        self._named(agent, said, answer)
        freed += self._inbox(agent, said, answer)
        self._take(agent, said, answer, freed)
        return answer

    def _reported(self, said: Said, answer: Answer) -> int:
        """Each report on its own: a refused one does not hold up the rest. How many slots became free."""
        for report in said.reports:
            try:
                mine = replace(report, agent_id=answer.agent.agent_id)
                task = self.holding.report(mine, tenant=answer.agent.tenant, from_assigned=True)
                answer.heard.append(Heard(report.task_id, task.status.value, None))
            except DomainError as refusal:
                answer.heard.append(Heard(report.task_id, None, str(refusal)))
        return sum(heard.refusal is None for heard in answer.heard)

    def _released(self, agent: Agent, said: Said) -> int:
        freed = 0
        for named in said.released:
            try:
                self.holding.release(
                    named.task_id, agent_id=agent.agent_id, token=named.token, tenant=agent.tenant
                )
                freed += 1
            except DomainError:
                continue  # it is not the agent's any more: released as wished
        return freed

    def _named(self, agent: Agent, said: Said, answer: Answer) -> None:
        """What it works on: begun, cancelled or no longer its own."""
        rows = {task.task_id: task for task in self.tasks.get_many([n.task_id for n in said.held])}
        for named in said.held:
            task = rows.get(named.task_id)
            lease = task.lease if task else None
            if (
                task is None
                or lease is None
                or lease.agent_id != agent.agent_id
                or lease.token != named.token
            ):
                answer.lost.append(named.task_id)
            elif task.status is Status.CANCELLED:
                answer.cancelled.append(named.task_id)
            elif named.started and (
                task.status is Status.ASSIGNED or named.progress not in (None, task.progress)
            ):
                self._begun(agent, named, answer)

    def _begun(self, agent: Agent, named: Named, answer: Answer) -> None:
        report = Report(
            task_id=named.task_id,
            agent_id=agent.agent_id,
            token=named.token,
            status=Status.ACTIVE,
            progress=named.progress,
        )
        try:
            self.holding.report(report, tenant=agent.tenant)
        except DomainError:
            answer.lost.append(named.task_id)

    def _inbox(self, agent: Agent, said: Said, answer: Answer) -> int:
        """Deliver what it has not got, free what it got and does not name. How many slots became free."""
        if agent.profile.delivery is Delivery.SQS:
            return 0
        named = {n.task_id for n in (*said.held, *said.released)} | {r.task_id for r in said.reports}
        freed = 0
        for task in self.agent_service.inbox(agent, but=named):
            lease = lifecycle.held_lease(task)
            if lease.session_id not in (None, agent.session_id):
                continue
            received = lease.delivered_seq is not None and lease.delivered_seq <= said.ack
            if received or task.status is Status.CANCELLED:
                outcome = Outcome.RELEASED
                freed += self.holding.free(task, outcome, error="its agent no longer names it") is not None
            else:
                self._deliver(task, agent.seq, answer)
        return freed

    def _deliver(self, task: Task, seq: int, answer: Answer) -> None:
        if lifecycle.held_lease(task).delivered_seq is None:
            try:
                task = self.changing.written(task, lifecycle.delivered(task, seq=seq))
            except LostRace:
                return  # the next answer carries it, if it is still there
        answer.given.append(task)

    def _take(self, agent: Agent, said: Said, answer: Answer, freed: int) -> None:
        """Free slots take waiting work; what this call freed counts already."""
        wanted = said.free_slots - len(answer.given)
        if wanted <= 0 or agent.profile.delivery is Delivery.SQS:
            return
        fresh = agent if freed == 0 else self.agents.get(agent.agent_id)
        if fresh is not None:
            answer.given += self.pull.fill(fresh, slots=wanted, seq=agent.seq)
