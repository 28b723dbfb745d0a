"""Schedules: the model's own arithmetic of whole minutes, and what each call makes of them."""

from dataclasses import dataclass, field, replace
from typing import Any

from .states import Order

MINUTE = 60_000
EVERY = {"* * * * *": 1, "*/2 * * * *": 2}  # minutes


def first_after(cron: str, now: int) -> int:
    """The first slot strictly after."""
    step = EVERY[cron] * MINUTE  # an hour has a whole number of each, and so has the time since 1970
    return (now // step + 1) * step


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a schedule stands: the slot it waits for; the slots that had their task, of which priority."""

    next_slot: int | None
    fired: tuple[tuple[int, int], ...] = ()
    last_run: int = 0  # by the clock of the machine that ran it, which may be ahead of the next one's


@dataclass
class Schedule:
    """What its client knows of it."""

    schedule_id: str
    cron: str
    catchup: str
    order: Order  # of each of its tasks, with no times in it
    standing: Standing
    status: str = "ACTIVE"
    version: int = 1
    by_hand: set[int] = field(default_factory=set)
    row: dict[str, Any] | None = None

    def handled(self, now: int) -> Standing:
        """What is due fires: a slot more than a minute old is missed, and catch-up decides about it."""
        slot, due = self.standing.next_slot, []
        while slot is not None and slot <= now:
            due.append(slot)
            slot = first_after(self.cron, slot)
        missed = [s for s in due if s < now - MINUTE]
        fires = {"all": missed, "one": missed[-1:], "none": []}[self.catchup] + due[len(missed) :]
        fired = (*self.standing.fired, *((at, self.order.priority) for at in fires))
        last_run = now if fires else self.standing.last_run
        return replace(self.standing, next_slot=slot, fired=fired, last_run=last_run)

    def _after(self, now: int) -> int:
        """The first slot that a call at this time leaves to be fired."""
        return first_after(self.cron, max(now, self.standing.last_run))

    def pause(self, now: int) -> None:
        """After what was due before."""
        if self.status == "ACTIVE":
            self.standing = replace(self.handled(now), next_slot=None)
            self.status, self.version = "PAUSED", self.version + 1

    def resume(self, now: int) -> None:
        """On from the first slot after now."""
        self.standing = self.handled(now)
        if self.status == "PAUSED":
            self.standing = replace(self.standing, next_slot=self._after(now))
            self.status, self.version = "ACTIVE", self.version + 1

    def change(self, now: int, *, priority: int | None, cron: str | None) -> None:
        """Its coming slots move only with another expression."""
        self.standing = self.handled(now)
        if priority is not None:
            self.order = replace(self.order, priority=priority)
        if cron not in (None, self.cron):
            self.cron = str(cron)
            if self.status == "ACTIVE":
                self.standing = replace(self.standing, next_slot=self._after(now))
        self.version += 1
