"""Pages, and the tables that stand in the clock."""

from enum import StrEnum
from typing import Generic, NamedTuple, Protocol, TypeVar

from chalicelib.values import dataclass

T = TypeVar("T")


class DueRow(NamedTuple):
    """A row that time may change, as the clock's index shows it (it may lag)."""

    row_id: str
    due_at: int


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the opaque cursor of the next; None when it was the last."""

    items: tuple[T, ...]
    cursor: str | None = None


class Aggregate(StrEnum):
    """The tables that stand in the clock."""

    TASK = "task"
    AGENT = "agent"
    SCHEDULE = "schedule"


class Clocked(Protocol):
    """A table with a clock index."""

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        """Rows of one shard due at `until` or before, soonest first."""
