"""Messages: the work queue's, what no consumer could handle, and the queues of agents."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.domain.dead_message import DeadMessage
from chalicelib.values import dataclass

from .clocked import Aggregate, Page


class HintKind(StrEnum):
    """What a message on the work queue asks for. The row is the truth, the message a hint."""

    DISPATCH = "dispatch"
    DUE = "due"
    FILL = "fill"
    SETTLE = "settle"
    SWEEP = "sweep"


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A message on the work queue; `at` delays it until then (at most 15 minutes ahead)."""

    kind: HintKind
    row_id: str
    aggregate: Aggregate | None = None
    at: int | None = None
    tenant: str | None = None
    capability: str | None = None
    cursor: str | None = None
    until: int | None = None
    paced: int | None = None  # a sweep's next row has its turn then, or later


class WorkQueue(Protocol):
    """Hints for the consumer. A hint that cannot be sent is logged, never raised: the clock makes it up."""

    def announce(self, *hints: Hint, now: int) -> Sequence[Hint]:
        """Those that could not be sent."""


class DeadMessages(Protocol):
    """What no consumer could handle, by the day (YYYY-MM-DD UTC) it was recorded first."""

    def record(self, message: DeadMessage) -> None:
        """The same message twice within a day is one, which keeps its `first_at`."""

    def of_day(self, day: str, *, limit: int, cursor: str | None) -> Page[DeadMessage]:
        """In order of their ids."""

    def find(self, message_ids: Sequence[str], *, days: Sequence[str]) -> list[DeadMessage]:
        """Strongly consistent; unknown ids are left out."""

    def delete(self, message: DeadMessage) -> None:
        """Fine when it is gone already."""


class AgentQueues(Protocol):
    """One SQS queue per agent that asked for it."""

    def create(self, agent_id: str) -> str:
        """The URL; the same one when it exists. Conflict when it was deleted within the last minute."""

    def send(self, url: str, message: Mapping[str, Any]) -> None:
        """A hint too: lost ones are sent again."""

    def delete(self, url: str) -> None:
        """Gone with what it holds; fine when it is gone already."""
