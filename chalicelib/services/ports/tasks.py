"""Tasks and the documents beside their rows."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from chalicelib.domain.agent import Agent
from chalicelib.domain.task import Task
from chalicelib.domain.trust import Evidence

from .clocked import Clocked, Page


class Standing(NamedTuple):
    """A place in a line: lower `order` first."""

    task_id: str
    order: int


class AgentUnavailable(Exception):
    """The agent died, filled up or changed session between choice and claim."""


class TaskStore(Clocked, Protocol):
    """Every write is conditional on the version read, and recognises its own retried call as success."""

    def add(self, task: Task) -> Task | None:
        """Put if absent; the row already there, or None when it was put."""

    def get(self, task_id: str) -> Task | None:
        """Strongly consistent."""

    def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        """Strongly consistent, in the order asked; unknown ids are left out."""

    def get_with_agents(self, task_id: str, agent_ids: Sequence[str]) -> tuple[Task | None, list[Agent]]:
        """A task and its candidates in one strongly consistent read."""

    def remembered(self, task_id: str) -> Task | None:
        """The row as this process last wrote it. A guess: only a conditional write may follow from it."""

    def save(self, task: Task, *, was: int) -> None:
        """Raises LostRace unless the row stands at version `was`."""

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        """The task's row and one more in flight on the agent's. Raises LostRace, AgentUnavailable."""

    def leave(self, task: Task, *, was: int, agent_id: str, evidence: Evidence | None) -> None:
        """The task's row, one fewer in flight on the agent's, and what it says of the agent. LostRace."""

    def standing(
        self, queue_key: str, *, limit: int, after: str | None = None, last_first: bool = False
    ) -> Page[Standing]:
        """The head of a line or inbox, or its end, backwards (an index: it may lag)."""

    def open_places(self, *, limit: int) -> Page[tuple[str, Standing]]:
        """Every line and inbox with who stands in it, in no promised order (an index: it may lag)."""

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[str]:
        """Ids, newest first."""

    def dead(
        self, tenant: str, day: int, *, since: int, until: int, limit: int, cursor: str | None
    ) -> Page[str]:
        """Ids of what failed for good and was not retried, newest end first (an index: it may lag).

        Of one day (domain.redrive.day_of), ended at `since` or later and before `until`.
        """

    def page(self, *, limit: int, cursor: str | None) -> Page[Task]:
        """Through the whole table, in no promised order."""


class PayloadStore(Protocol):
    """Documents too large for a state row, written once."""

    def put(
        self,
        owner: str,
        kind: str,
        text: str,
        *,
        ttl: int | None = None,
        judged: tuple[str, int] | None = None,
    ) -> None:
        """The same owner and kind twice is the same document. `judged`: whose trust it moved, and when."""

    def add(self, owner: str, kind: str, text: str, *, ttl: int | None = None) -> str | None:
        """Put if absent; the document already there, or None when it was put."""

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Those that exist."""

    def of_owner(self, owner: str, *, prefix: str) -> list[str]:
        """The documents of one owner whose kind starts so, in order of kind."""

    def delete_many(self, keys: Sequence[tuple[str, str]]) -> None:
        """Those that exist, however many; each is deleted for itself."""
