"""Whether the service is well: its tables can be read, its clock runs, nothing is overdue for long."""

from chalicelib.domain.ids import CLOCK_SHARDS
from chalicelib.values import dataclass

from .ports import Clocked
from .ticking import Ticking

LATEST_TICK_MS = 180_000  # a tick a minute, and two may be missed


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """Ages in milliseconds; None where there is nothing, or it could not be read."""

    last_tick: int | None
    last_tick_age_ms: int | None
    oldest_due_age_ms: int | None
    unreachable: tuple[str, ...]

    @property
    def is_healthy(self) -> bool:
        """Everything could be read, and the last tick is recent."""
        age = self.last_tick_age_ms
        return not self.unreachable and age is not None and age <= LATEST_TICK_MS


def vitals(ticking: Ticking) -> Vitals:
    """A look at every clocked table and at the last tick; raises nothing."""
    now = ticking.clock()
    due: list[int] = []
    unreachable: list[str] = []
    last_tick: int | None = None
    for aggregate, clocked in ticking.clocked.items():
        try:
            due += _oldest_due(clocked, now)
        except Exception:  # noqa: BLE001 - whatever it is, it is what this call is there to say
            unreachable.append(f"{aggregate.value}s")
    try:
        last_tick = ticking.ticks.last()
    except Exception:  # noqa: BLE001 - as above
        unreachable.append("ticks")
    return Vitals(
        last_tick=last_tick,
        last_tick_age_ms=None if last_tick is None else now - last_tick,
        oldest_due_age_ms=now - min(due) if due else None,
        unreachable=tuple(unreachable),
    )


def _oldest_due(clocked: Clocked, now: int) -> list[int]:
    pages = (clocked.due(shard, until=now, limit=1) for shard in range(CLOCK_SHARDS))
    return [row.due_at for page in pages for row in page.items]
