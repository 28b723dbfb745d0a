"""Agents come, stay alive, poll and leave."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import queueing
from chalicelib.domain.agent import IDLE_LOOK_MS, Agent, Delivery, Profile, Wish
from chalicelib.domain.errors import Conflict, LostRace, NotFound
from chalicelib.domain.task import Task

from .hints import of_due
from .ports import AgentQueues, AgentStore, Aggregate, Clock, Hint, HintKind, Metrics, TaskStore, WorkQueue
from .pull import Pull
from .sweeping import Sweeping

TRIES = 4
INBOX = 1_000  # one page of the index: more than any agent holds


@dataclass(frozen=True, eq=False, repr=False)
class Agents:
    """One row per agent; whatever it holds, keeping alive is one write."""

    agents: AgentStore
    tasks: TaskStore
    agent_queues: AgentQueues
    pull: Pull
    sweeping: Sweeping
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def register(
        self,
        agent_id: str,
        profile: Profile,
        *,
        tenant: str,
        max_concurrency: int,
        session_id: str | None,
        descriptions: Mapping[str, Any],
    ) -> tuple[Agent, bool]:
        """The agent, and whether it is new. Raises Conflict for another owner's id."""
        if profile.delivery is Delivery.SQS:
            profile = replace(profile, queue_url=self.agent_queues.create(agent_id))
        now = self.clock()
        agent = Agent(
            agent_id=agent_id,
            tenant=tenant,
            profile=profile,
            registered_at=now,
            max_concurrency=max_concurrency,
            lease_until=now + profile.lease_ms,
            last_heartbeat=now,
            session_id=session_id,
            due_at=now + IDLE_LOOK_MS,
        )
        existing = self.agents.add(agent, descriptions)
        if existing is None:
            self._offer_work(agent)
            return agent, True
        return self._again(agent, existing, descriptions), False

    def _again(self, agent: Agent, existing: Agent, descriptions: Mapping[str, Any]) -> Agent:
        """Registered before: an update; another session takes over, and the old one's work is freed."""
        for _ in range(TRIES):
            if existing.tenant != agent.tenant:
                raise Conflict(f"agent id {agent.agent_id} is taken; choose another")
            now = self.clock()
            takes_over = agent.session_id is not None and existing.session_id not in (None, agent.session_id)
            wanted = replace(
                agent,
                session_id=agent.session_id or existing.session_id,
                seq=0 if takes_over else existing.seq,
                acked=0 if takes_over else existing.acked,
                superseded_at=now if takes_over else existing.superseded_at,
                in_flight=existing.in_flight,
            )
            wanted = replace(wanted, due_at=wanted.next_look(now))
            try:
                fresh = self.agents.reregister(wanted, was=existing, descriptions=descriptions)
            except LostRace:
                existing = self._known(agent.agent_id)
                continue
            if takes_over:
                self.sweeping.free_old_sessions(fresh)
                hints = of_due(Aggregate.AGENT, fresh.agent_id, fresh.due_at, now=now)
                self.queue.announce(*hints, now=now)  # the inbox is an index: it may not show all yet
            self._offer_work(fresh)
            return fresh
        raise LostRace(f"agent {agent.agent_id} is changing too fast; try again")

    def _known(self, agent_id: str) -> Agent:
        agent = self.agents.get(agent_id)
        if agent is None:
            raise NotFound(f"no agent {agent_id}")
        return agent

    def _offer_work(self, agent: Agent) -> None:
        """An agent with a queue is given work; others take it at their poll or sync."""
        if agent.profile.delivery is Delivery.SQS:
            hint = Hint(kind=HintKind.FILL, row_id=agent.agent_id)
            self.queue.announce(hint, now=self.clock())

    def get(self, agent_id: str, *, tenant: str) -> Agent:
        """Raises NotFound, also for another tenant's and for one that left."""
        agent = self.agents.get(agent_id)
        if agent is None or agent.tenant != tenant or agent.left:
            raise NotFound(f"no agent {agent_id}")
        return agent

    def heartbeat(self, agent_id: str, *, tenant: str, wish: Wish | None) -> Agent:
        """Alive; one write, whatever it holds. Raises NotFound."""
        agent = self.agents.beat(agent_id, tenant=tenant, now=self.clock(), wish=wish)
        self.metrics.count("agent_heartbeats_total")
        self.after_beat(agent)
        if agent.profile.delivery is Delivery.SQS:
            self.pull.fill(agent)
        return agent

    def after_beat(self, agent: Agent) -> None:
        """Enter or leave the index of candidates as it changed its mind, or came back."""
        now = self.clock()
        if agent.is_taking(now) != agent.listed:
            self.agents.set_listed(agent, listed=agent.is_taking(now))
            at = agent.next_look(now) or now
            self.agents.rearm(agent, at)
            self.queue.announce(*of_due(Aggregate.AGENT, agent.agent_id, at, now=now), now=now)

    def poll(self, agent_id: str, *, tenant: str) -> tuple[Agent, list[Task]]:
        """What it holds, after its free slots took waiting work; renews the lease once half of it is over."""
        agent = self.get(agent_id, tenant=tenant)
        now = self.clock()
        if agent.lease_until - now < agent.profile.lease_ms // 2:
            agent = self.agents.beat(agent_id, tenant=tenant, now=now, wish=None)
            self.after_beat(agent)
        taken = self.pull.fill(agent) if agent.profile.delivery is Delivery.POLL else []
        return agent, self.inbox(agent, and_just=taken)

    def inbox(self, agent: Agent, *, and_just: list[Task]) -> list[Task]:
        """Its open tasks by the order of the inbox, and those the index may not show yet."""
        standing = self.tasks.standing(queueing.inbox(agent.agent_id), limit=INBOX).items
        known = {task.task_id for task in and_just}
        held = self.tasks.get_many([s.task_id for s in standing if s.task_id not in known])
        mine = [t for t in held if t.lease is not None and t.lease.agent_id == agent.agent_id]
        return sorted(mine + and_just, key=lambda task: (task.queue_order or 0, task.task_id))

    def leave(self, agent_id: str, *, tenant: str) -> Agent:
        """It left: what it holds goes back in line. Raises NotFound."""
        self.get(agent_id, tenant=tenant)
        agent = self.agents.depart(agent_id, now=self.clock())
        if agent is None:
            raise NotFound(f"no agent {agent_id}")
        self.sweeping.look(agent)
        return agent
