"""Draining an agent, and lifting that again: by an operator, or by the agent itself."""

from chalicelib.domain.agent import Agent
from chalicelib.values import dataclass

from .listing import Listing
from .ports import AgentStore, Clock


@dataclass(frozen=True, eq=False, repr=False)
class Draining:
    """A mark on the agent's row that no heartbeat or sync lifts; what it holds it keeps and finishes."""

    agents: AgentStore
    listing: Listing
    clock: Clock

    def drain(self, agent_id: str, *, tenant: str, reason: str | None) -> Agent:
        """It gets no new work from now on; again is fine. Raises NotFound, also for another tenant's."""
        agent = self.agents.drain(agent_id, tenant=tenant, now=self.clock(), reason=reason)
        self.listing.relist(agent)
        return agent

    def undrain(self, agent_id: str, *, tenant: str) -> Agent:
        """It is offered work again, if it is there and wants any. Raises NotFound as above."""
        agent = self.agents.undrain(agent_id, tenant=tenant)
        self.listing.relist(agent)
        self.listing.offer_work(agent)
        return agent
