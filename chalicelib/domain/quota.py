"""How many schedules one client may have, and how fast slots are fired: of one client, and of all."""

from chalicelib.values import dataclass

from .errors import QuotaExceeded
from .ids import CLOCK_SHARDS

MINUTE_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Quota:
    """The same for each client (tenant and client_id).

    Slots of all clients are fired at 400 a second at most: each is two writes to its shard of the clock's
    index and, its task taken at once, two to one line's, of which DynamoDB takes 1,000 a second.
    """

    schedules: int = 10_000  # kept at a time; those that are over count as long as they are kept
    slots_per_minute: int = 6_000  # at once, and from then on evenly

    slots_per_second: int = 400  # of all clients

    @property
    def apart_ms(self) -> int:
        """From one slot to the next in a shard of the clock."""
        return max(1, 1_000 * CLOCK_SHARDS // self.slots_per_second)

    @property
    def slot_ms(self) -> float:
        """From one slot to the next of a client that always has one due."""
        return MINUTE_MS / self.slots_per_minute

    def admit_schedule(self, client_id: str, kept: int) -> None:
        """Room for one more beside those; raises QuotaExceeded."""
        if kept >= self.schedules:
            raise QuotaExceeded(
                f"client {client_id} has {kept} schedules, as many as it may; delete some it no longer needs"
            )


PLAIN = Quota()
