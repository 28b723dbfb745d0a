"""Who is offered work: the index of candidates, and a fill for those that have a queue of their own."""

from chalicelib.domain.agent import Agent, Delivery
from chalicelib.values import dataclass

from .hints import of_due
from .ports import AgentStore, Aggregate, Clock, Hint, HintKind, WorkQueue


@dataclass(frozen=True, eq=False, repr=False)
class Listing:
    """Follows what the agent's own row says: that is what a claim is checked against."""

    agents: AgentStore
    queue: WorkQueue
    clock: Clock

    def relist(self, agent: Agent) -> None:
        """Enter or leave the index of candidates as it changed its mind, came back, or was drained."""
        self.rerank(agent)
        now = self.clock()
        if agent.is_taking(now) != agent.listed:
            self.agents.set_listed(agent, listed=agent.is_taking(now))
            at = agent.next_look(now) or now
            self.agents.rearm(agent, at)
            self.queue.announce(*of_due(Aggregate.AGENT, agent.agent_id, at, now=now), now=now)

    def rerank(self, agent: Agent) -> None:
        """Its places on the leaderboards follow its trust, at its signs of life: finishing stays cheap."""
        ranks = agent.new_ranks(self.clock())
        if ranks is not None and not agent.left:
            self.agents.rank(agent, ranks)

    def offer_work(self, agent: Agent) -> None:
        """An agent with a queue is given work; others take it at their poll or sync."""
        if agent.profile.delivery is Delivery.SQS:
            hint = Hint(kind=HintKind.FILL, row_id=agent.agent_id)
            self.queue.announce(hint, now=self.clock())
