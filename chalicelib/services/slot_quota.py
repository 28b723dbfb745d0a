"""Each client's share of the slots that are fired: one client's hundred thousand hold up nobody's one."""

from dataclasses import field
from threading import Lock

from chalicelib.domain.errors import LostRace
from chalicelib.domain.quota import MINUTE_MS, Quota
from chalicelib.values import dataclass

from .ports import Limits

FREE = 10  # slots of one client that a process fires in a minute before it asks what others fired
PIECES = 100  # of a minute's quota: the most that a process reserves ahead at a time
MOST_CLIENTS = 10_000


@dataclass
class _Share:
    """What this process fired of one client's slots since then, and the piece of the quota it still has."""

    since: int
    fired: int = 0
    begins: float = 0.0
    left: int = 0


@dataclass
class SlotQuota:
    """A minute's quota at once, and from then on evenly: a token bucket kept as a time (GCRA, ITU-T I.371).

    A client with few slots a minute costs nothing: only from the eleventh on does a process reserve places,
    a hundredth of the quota at a time at most. So a deployment of n processes may fire 10 n more.
    """

    limits: Limits
    quota: Quota
    _shares: dict[str, _Share] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def turn(self, tenant: str, client_id: str, *, now: int) -> int:
        """When this client's next slot may be fired: now, or its place behind those that were fired before.

        A place is kept for whoever asked, so it is asked for once.
        """
        with self._lock:
            share = self._share(f"slots#{tenant}#{client_id}", now)
            share.fired += 1
            if share.fired <= FREE:
                return now
            if share.left == 0:
                self._reserve(f"slots#{tenant}#{client_id}", share, now)
            place = share.begins
            share.begins += self.quota.slot_ms
            share.left -= 1
            return max(now, round(place) - MINUTE_MS)

    def _share(self, limit_id: str, now: int) -> _Share:
        known = self._shares.get(limit_id)
        if known is None or not known.since <= now < known.since + MINUTE_MS:
            if len(self._shares) >= MOST_CLIENTS:
                self._shares.clear()
            known = self._shares[limit_id] = _Share(now)
        return known

    def _reserve(self, limit_id: str, share: _Share, now: int) -> None:
        """As many places as it fired before: a process that fires many asks rarely."""
        share.left = min(share.fired, max(1, self.quota.slots_per_minute // PIECES))
        length = max(1, round(share.left * self.quota.slot_ms))
        try:
            share.begins = self.limits.reserve(limit_id, length, since=now)
        except LostRace:  # others reserve faster than it can be told what is left: no slot waits for that
            share.begins = now
