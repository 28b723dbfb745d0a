"""Agents come, stay alive, poll and leave."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, replace
from typing import Any

from chalicelib.domain import ids, queueing
from chalicelib.domain.agent import Agent, Delivery, Profile, Wish, arrived
from chalicelib.domain.content import fingerprint
from chalicelib.domain.errors import Conflict, KeyReused, LostRace, NotFound
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .hints import of_due
from .listing import Listing
from .ports import AgentQueues, AgentStore, Aggregate, Clock, Metrics, TaskStore, WorkQueue
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
    listing: Listing
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
        """The agent, and whether it was not there before. Raises Conflict for another owner's id."""
        agent = self._with_queue(
            arrived(
                agent_id,
                profile,
                tenant=tenant,
                max_concurrency=max_concurrency,
                session_id=session_id,
                now=self.clock(),
            )
        )
        existing = self._added(agent, descriptions)
        if existing is None:
            return agent, True
        return self._again(agent, existing, descriptions), existing.left

    def register_once(
        self,
        profile: Profile,
        *,
        key: str,
        tenant: str,
        max_concurrency: int,
        session_id: str | None,
        descriptions: Mapping[str, Any],
    ) -> tuple[Agent, bool]:
        """The agent whose id this idempotency key makes, as it was when new, and whether that was before.

        A repetition changes nothing. Raises KeyReused when the key came with another request.
        """
        agent_id = ids.from_key("agent", tenant=tenant, key=key)
        request = fingerprint([asdict(profile), max_concurrency, session_id, descriptions])
        agent = arrived(
            agent_id,
            profile,
            tenant=tenant,
            max_concurrency=max_concurrency,
            session_id=session_id,
            now=self.clock(),
            request=request,
        )
        return self._once(agent, descriptions)

    def _once(self, agent: Agent, descriptions: Mapping[str, Any]) -> tuple[Agent, bool]:
        existing = self.agents.get(agent.agent_id)
        if existing is None:
            agent = self._with_queue(agent)
            existing = self._added(agent, descriptions)
        if existing is None:
            return agent, False
        if existing.request != agent.request:
            made = agent.agent_id
            raise KeyReused(f"this Idempotency-Key registered agent {made} from another body; use a new key")
        agent = self._with_queue(agent)
        if existing.left:  # nobody is there to be answered with
            return self._again(agent, existing, descriptions), False
        return agent, True

    def _with_queue(self, agent: Agent) -> Agent:
        if agent.profile.delivery is not Delivery.SQS:
            return agent
        url = self.agent_queues.create(agent.agent_id)
        return replace(agent, profile=replace(agent.profile, queue_url=url))

    def _added(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        existing = self.agents.add(agent, descriptions)
        if existing is None:
            self.listing.offer_work(agent)
        return existing

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
            self.listing.relist(fresh)
            self.listing.offer_work(fresh)
            return fresh
        raise LostRace(f"agent {agent.agent_id} is changing too fast; try again")

    def _known(self, agent_id: str) -> Agent:
        agent = self.agents.get(agent_id)
        if agent is None:
            raise NotFound(f"no agent {agent_id}")
        return agent

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
        self.listing.relist(agent)
        if agent.profile.delivery is Delivery.SQS:
            self.pull.fill(agent)
        return agent

    def poll(self, agent_id: str, *, tenant: str) -> tuple[Agent, list[Task]]:
        """What it holds, after its free slots took waiting work; renews the lease once half of it is over."""
        agent = self.get(agent_id, tenant=tenant)
        now = self.clock()
        if agent.lease_until - now < agent.profile.lease_ms // 2:
            agent = self.agents.beat(agent_id, tenant=tenant, now=now, wish=None)
            self.listing.relist(agent)
        taken = self.pull.fill(agent) if agent.profile.delivery is Delivery.POLL else []
        return agent, self.inbox(agent, and_just=taken)

    def inbox(
        self, agent: Agent, *, and_just: Sequence[Task] = (), but: Set[str] = frozenset()
    ) -> list[Task]:
        """Its open tasks by the order of the inbox, and those the index may not show yet.

        Those of the ids in `but` are left out, and not read.
        """
        standing = self.tasks.standing(queueing.inbox(agent.agent_id), limit=INBOX).items
        known = but | {task.task_id for task in and_just}
        held = self.tasks.get_many([s.task_id for s in standing if s.task_id not in known])
        mine = [t for t in held if t.lease is not None and t.lease.agent_id == agent.agent_id]
        return sorted([*mine, *and_just], key=lambda task: (task.queue_order or 0, task.task_id))

    def leave(self, agent_id: str, *, tenant: str) -> Agent:
        """It left: what it holds goes back in line. Raises NotFound."""
        self.get(agent_id, tenant=tenant)
        agent = self.agents.depart(agent_id, now=self.clock())
        if agent is None:
            raise NotFound(f"no agent {agent_id}")
        self.sweeping.look(agent)
        return agent
