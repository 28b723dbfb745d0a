"""Agents, and what moved their trust."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.trust_events import Adjustment, TrustEvent

from .clocked import Clocked, Page


class AgentStore(Clocked, Protocol):
    """Single attributes change under conditions: concurrent heartbeats, claims and reports do not clash."""

    def add(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        """Put if absent with its capability rows; the row already there, or None when it was put."""

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        """Profile, session and lease anew; what it holds and its evidence stay, and that it is drained too,
        unless it starts afresh.

        Raises LostRace when another session came between.
        """

    def get(self, agent_id: str) -> Agent | None:
        """Strongly consistent."""

    def get_many(self, agent_ids: Sequence[str]) -> list[Agent]:
        """Eventually consistent, in the order asked; unknown ids are left out."""

    def beat(self, agent_id: str, *, tenant: str, now: int, wish: Wish | None) -> Agent:
        """Renew the lease. NotFound when it left, or is another tenant's."""

    def sync(
        self, agent_id: str, *, tenant: str, session_id: str, ack: int, now: int, wish: Wish | None
    ) -> Agent:
        """Renew the lease and take the next answer number. NotFound, Superseded, StaleSync."""

    def drain(self, agent_id: str, *, tenant: str, now: int, reason: str | None) -> Agent:
        """It is to take no new work; drained before, it keeps that time, and its reason unless one is given.

        NotFound when it left, or is another tenant's.
        """

    def undrain(self, agent_id: str, *, tenant: str) -> Agent:
        """It may take new work again; fine when it was not drained. NotFound as above."""

    def rearm(self, agent: Agent, due_at: int | None) -> bool:
        """Look again then; False when the agent changed meanwhile."""

    def depart(self, agent_id: str, *, now: int) -> Agent | None:
        """It left: the clock frees what it holds. None when it is unknown."""

    def bury(self, agent: Agent) -> None:
        """Delete the capabilities of one that left and holds nothing, and its row; what is known of its trust
        is kept for 30 days, out of the clock.
        """

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        """Stand in, or leave, the index of agents that may take work, for each of its capabilities."""

    def rank(self, agent: Agent, ranks: tuple[int, ...]) -> None:
        """Its places on the leaderboards: over all, then of each capability. Fine when its rows are gone."""

    def leaders(
        self, tenant: str, capability: str | None, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        """Ids and stored ranks of a capability, or over all, highest first (an index: it may lag)."""

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        """Agent ids of one capability from a place in the lottery on; all of them may be full or gone."""

    def with_capability(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        """Ids of all that registered a capability, whether or not they may take work."""

    def capabilities(self, agent: Agent) -> list[tuple[str, Any]]:
        """Name and description of each capability."""

    def page(self, *, limit: int, cursor: str | None) -> Page[Agent]:
        """Through the whole table, in no promised order."""


class TrustLedger(Protocol):
    """What moved the trust of agents, found again where it was written."""

    def adjust(self, made: Adjustment) -> Adjustment | None:
        """The record and its evidence on the agent's row, both or none; the record already there, or None
        when this one was made. Raises NotFound when the agent's row is gone.
        """

    def adjustment(self, agent_id: str, adjustment_id: str) -> Adjustment | None:
        """Strongly consistent."""

    def latest(
        self, agent_id: str, *, since: int, until: int, limit: int
    ) -> tuple[list[TrustEvent], int | None]:
        """Newest first, from `since` to `until`, both included (indexes: they may lag).

        Read from about `limit` keys of each kind; the second is the time from which on the list is complete
        and at which to go on, None when there is nothing more.
        """
