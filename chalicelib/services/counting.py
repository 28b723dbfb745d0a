"""Counters from the stream of what was written: exact, however often a batch comes."""

from collections import Counter
from collections.abc import Sequence

from chalicelib.domain import counting
from chalicelib.domain.errors import LostRace
from chalicelib.values import dataclass

from .ports import Change, Clock, ReadChange, StatsStore

TRIES = 4


@dataclass(frozen=True, eq=False, repr=False)
class Counting:
    """One write per batch, on condition that nothing of it was counted before."""

    stats: StatsStore
    read: ReadChange
    clock: Clock

    def count(self, shard: str, changes: Sequence[Change]) -> int:
        """Add what a batch of one shard counts; how many of its changes were new.

        A batch that comes again, whole or cut otherwise, is counted from where the last one ended. Raises
        LostRace when others count the same shard at the same time, and then the batch should come again.
        """
        new = sorted(changes, key=lambda change: change.number)
        for _ in range(TRIES):
            counts: Counter[str] = Counter()
            for change in new:
                counts.update(counting.counted(change.before, change.after))
            if not counts:
                return len(new)  # of no interest, also next time
            seen = self.stats.add(
                counts, shard=shard, first=new[0].number, last=new[-1].number, now=self.clock()
            )
            if seen is None:
                return len(new)
            new = [change for change in new if change.number > seen]
        raise LostRace(f"shard {shard} is counted by others too; its batch has to come again")
