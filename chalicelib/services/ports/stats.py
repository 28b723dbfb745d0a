"""What stands behind GET /metrics, and the changes it is counted from."""

from collections.abc import Mapping
from typing import Any, Protocol

from chalicelib.domain.counting import Countable
from chalicelib.domain.gauges import Gauges
from chalicelib.domain.remains import Remains
from chalicelib.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Change:
    """One record of the tasks' stream: a task before and after, and its number, which grows in its shard."""

    number: int
    before: Countable | None
    after: Countable | None
    left: Remains | None = None  # of a row that went


class ReadChange(Protocol):
    """Understands a record as Lambda hands it over."""

    def __call__(self, record: Mapping[str, Any]) -> Change: ...


class StatsStore(Protocol):
    """What stands behind GET /metrics; two small rows however much there is."""

    def add(self, counts: Mapping[str, int], *, shard: str, first: int, last: int, now: int) -> int | None:
        """Add the counts of one batch of a stream's shard, its records numbered from `first` to `last`.

        Nothing is added, and the last number counted is answered, unless that is below `first`.
        """

    def counters(self) -> dict[str, int]:
        """All that was ever added, by name (it may lag)."""

    def keep(self, gauges: Gauges) -> None:
        """In place of those before."""

    def gauges(self) -> Gauges | None:
        """The last that were kept (it may lag)."""
