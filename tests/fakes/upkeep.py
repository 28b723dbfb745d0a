"""Ticks, stats and limits, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.gauges import Gauges


@dataclass
class FakeTicks:
    at: int | None = None

    def last(self) -> int | None:
        return self.at

    def mark(self, now: int) -> int | None:
        before, self.at = self.at, now
        return before


@dataclass
class FakeStats:
    counts: dict[str, int] = field(default_factory=dict)
    counted_up_to: dict[str, int] = field(default_factory=dict)
    kept: Gauges | None = None

    def add(self, counts: Mapping[str, int], *, shard: str, first: int, last: int, now: int) -> int | None:
        seen = self.counted_up_to.get(shard)
        if seen is not None and seen >= first:
            return seen
        self.counted_up_to[shard] = last
        for name, number in counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        return None

    def counters(self) -> dict[str, int]:
        return dict(self.counts)

    def keep(self, gauges: Gauges) -> None:
        self.kept = gauges

    def gauges(self) -> Gauges | None:
        return self.kept


@dataclass
class FakeLimits:
    ends: dict[str, int] = field(default_factory=dict)

    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        begin = max(since, self.ends.get(limit_id, since))
        self.ends[limit_id] = begin + length
        return begin
