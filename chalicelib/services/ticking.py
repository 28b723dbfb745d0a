"""The minute: what is due soon is announced, so that it is looked at to the second."""

from collections.abc import Mapping
from dataclasses import field, replace

from chalicelib.domain.ids import CLOCK_SHARDS
from chalicelib.values import dataclass

from .hints import HORIZON_MS, paced_out
from .ports import Aggregate, Clock, Clocked, DueRow, Hint, HintKind, Metrics, Page, TickStore, WorkQueue

PAGE = 100


@dataclass(frozen=True, eq=False, repr=False)
class Ticking:
    """The minute: every shard of every clocked table, a little ahead, so that it acts to the second."""

    clocked: dict[Aggregate, Clocked]
    ticks: TickStore
    queue: WorkQueue
    clock: Clock
    metrics: Metrics
    apart_ms: Mapping[Aggregate, int] = field(default_factory=dict)  # rows of one shard, at the least

    def tick(self) -> int:
        """Announce all that is due within the horizon; how many rows that were."""
        now = self.clock()
        last = self.ticks.mark(now)
        announced = sum(
            self.sweep(aggregate, shard, until=now + HORIZON_MS)
            for aggregate in self.clocked
            for shard in range(CLOCK_SHARDS)
        )
        self.metrics.count("tick_rows", announced)
        if last is not None:
            self.metrics.count("tick_gap_ms", now - last)
        return announced

    def sweep(
        self,
        aggregate: Aggregate,
        shard: int,
        *,
        until: int,
        cursor: str | None = None,
        paced: int | None = None,
    ) -> int:
        """One page of a shard; a full one is passed on as a message with its cursor.

        Where rows are paced, the next one has its turn at `paced` at the soonest. Those whose turn would come
        after the next tick are left to it. How many rows were announced.
        """
        now = self.clock()
        page = self.clocked[aggregate].due(shard, until=until, limit=PAGE, cursor=cursor)
        self._measure(page, now)
        apart = self.apart_ms.get(aggregate)
        times = [row.due_at for row in page.items]
        turns = times if apart is None else paced_out(times, since=max(now, paced or 0), apart_ms=apart)
        hints = [
            Hint(kind=HintKind.DUE, row_id=row.row_id, aggregate=aggregate, at=turn)
            for row, turn in zip(page.items, turns, strict=True)
            if turn <= now + HORIZON_MS
        ]
        announced = len(hints)
        if page.cursor is not None and announced == len(page.items):
            after = None if apart is None else turns[-1] + apart
            rest = Hint(kind=HintKind.SWEEP, row_id=str(shard), aggregate=aggregate, until=until)
            hints.insert(0, replace(rest, cursor=page.cursor, paced=after))
        if hints:
            self.queue.announce(*hints, now=now)
        return announced

    def _measure(self, page: Page[DueRow], now: int) -> None:
        late = [now - row.due_at for row in page.items if row.due_at < now]
        if late:
            self.metrics.count("clock_lateness_ms", max(late))
