"""Freeing what an agent holds when it is gone, and watching over it until it holds nothing."""

from collections.abc import Callable

from chalicelib.domain import queueing
from chalicelib.domain.agent import Agent
from chalicelib.domain.task import Outcome, Task
from chalicelib.values import dataclass

from .hints import of_due
from .holding import Holding
from .ports import AgentQueues, AgentStore, Aggregate, Clock, TaskStore, WorkQueue

PAGE = 100
PAGES = 10
QUEUE_LINGERS_MS = 600_000  # SQS refuses a queue's name for a minute after it was deleted


@dataclass(frozen=True, eq=False, repr=False)
class Sweeping:
    """The inbox is an index and may lag: an agent stays in the clock until its own row counts nothing."""

    agents: AgentStore
    tasks: TaskStore
    holding: Holding
    agent_queues: AgentQueues
    queue: WorkQueue
    clock: Clock

    def look(self, agent: Agent) -> None:
        """Free what is to be freed, then arm the next look."""
        now = self.clock()
        gone = agent.is_losing_its_tasks(now)
        if gone and agent.listed:
            self.agents.set_listed(agent, listed=False)
        if gone:
            self.free(agent, Outcome.AGENT_LOST, lambda _task: True)
        elif agent.superseded_at is not None:
            self.free_old_sessions(agent)
        fresh = self.agents.get(agent.agent_id)
        if fresh is not None:
            self._arm(fresh)

    def _arm(self, agent: Agent) -> None:
        now = self.clock()
        at = agent.next_look(now)
        if agent.left and agent.in_flight <= 0:
            at = agent.last_heartbeat + QUEUE_LINGERS_MS if agent.profile.queue_url else now
            if at <= now:
                self._bury(agent)
                return
        if self.agents.rearm(agent, at):
            hints = of_due(Aggregate.AGENT, agent.agent_id, at, now=now)
            self.queue.announce(*hints, now=now)

    def _bury(self, agent: Agent) -> None:
        """The queue goes after the row: an agent that registered again meanwhile keeps it."""
        self.agents.bury(agent)
        if agent.profile.queue_url:
            row = self.agents.get(agent.agent_id)
            if row is None or row.left:
                self.agent_queues.delete(agent.profile.queue_url)

    def free_old_sessions(self, agent: Agent) -> None:
        """Another process took over under this id: what the old one held is free."""
        self.free(
            agent,
            Outcome.SUPERSEDED,
            lambda task: task.lease is not None and task.lease.session_id not in (None, agent.session_id),
        )

    def free(self, agent: Agent, outcome: Outcome, is_free: Callable[[Task], bool]) -> None:
        """Those tasks of its inbox go back in line, or let go of its slot when they were cancelled."""
        cursor: str | None = None
        for _ in range(PAGES):
            page = self.tasks.standing(queueing.inbox(agent.agent_id), limit=PAGE, after=cursor)
            for task in self.tasks.get_many([standing.task_id for standing in page.items]):
                if task.lease is not None and task.lease.agent_id == agent.agent_id and is_free(task):
                    self.holding.free(task, outcome, error=f"agent {agent.agent_id}: {outcome.value}")
            cursor = page.cursor
            if cursor is None:
                return
