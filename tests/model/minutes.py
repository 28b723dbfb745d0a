"""Schedules: the model's own arithmetic of whole minutes, and what each call makes of them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .states import Order

MINUTE = 60_000
DAY = 1_440 * MINUTE
EVERY = {"* * * * *": 1, "*/2 * * * *": 2}  # minutes
NOTHING_LEFT = "nothing was left to run when it was resumed"


def first_after(cron: str, now: int) -> int:
    """The first slot strictly after."""
    step = EVERY[cron] * MINUTE  # an hour has a whole number of each, and so has the time since 1970
    return (now // step + 1) * step


def date_of(at: int) -> str:
    """In UTC, as schedules of the model are."""
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What its timing says beside the expression."""

    cron: str
    max_runs: int | None = None
    ends_at: int | None = None
    excluded: tuple[str, ...] = ()  # dates

    def slot_after(self, at: int) -> int | None:
        slot = first_after(self.cron, at)
        while date_of(slot) in self.excluded:
            slot = slot // DAY * DAY + DAY  # midnight is a slot of each expression here
        return None if self.ends_at is not None and slot > self.ends_at else slot


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a schedule stands: the slot it waits for; the slots that had their task, of which priority."""

    next_slot: int | None
    status: str = "ACTIVE"
    fired: tuple[tuple[int, int], ...] = ()
    last_run: int = 0  # by the clock of the machine that ran it, which may be ahead of the next one's


@dataclass
class Schedule:
    """What its client knows of it."""

    schedule_id: str
    limits: Limits
    catchup: str
    order: Order  # of each of its tasks, with no times in it
    standing: Standing
    version: int = 1
    reason: str | None = None  # why it was paused
    by_hand: set[int] = field(default_factory=set)
    row: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        return self.standing.status

    def handled(self, now: int) -> Standing:
        """What is due fires: a slot more than a minute old is missed, and catch-up decides about it.

        It is COMPLETED once no slot is left.
        """
        slot, due = self.standing.next_slot, []
        if slot is None:
            return self.standing
        while slot is not None and slot <= now:
            due.append(slot)
            slot = self.limits.slot_after(slot)
        missed = [s for s in due if s < now - MINUTE]
        fires = {"all": missed, "one": missed[-1:], "none": []}[self.catchup] + due[len(missed) :]
        left = self._left()
        if left is not None and len(fires) >= left:
            fires, slot = fires[:left], None
        fired = (*self.standing.fired, *((at, self.order.priority) for at in fires))
        return replace(
            self.standing,
            next_slot=slot,
            status="COMPLETED" if slot is None else "ACTIVE",
            fired=fired,
            last_run=max(now, self.standing.last_run) if fires else self.standing.last_run,
        )

    def _left(self) -> int | None:
        """Runs that max_runs leaves."""
        most = self.limits.max_runs
        return None if most is None else most - len(self.standing.fired) - len(self.by_hand)

    def _after(self, now: int) -> int | None:
        """The first slot that a call at this time leaves to be fired."""
        return self.limits.slot_after(max(now, self.standing.last_run))

    def pause(self, now: int, reason: str | None = None) -> bool:
        """After what was due before; False when it is over."""
        self.standing = self.handled(now)
        if self.status == "ACTIVE":
            self.standing = replace(self.standing, next_slot=None, status="PAUSED")
            self.version, self.reason = self.version + 1, reason
        return self.status != "COMPLETED"

    def resume(self, now: int) -> bool:
        """On from the first slot after now, over when there is none; False when it is over already."""
        self.standing = self.handled(now)
        if self.status == "PAUSED":
            slot = self._after(now)
            status = "COMPLETED" if slot is None else "ACTIVE"
            self.standing = replace(self.standing, next_slot=slot, status=status)
            self.version, self.reason = self.version + 1, NOTHING_LEFT if slot is None else None
            return True
        return self.status == "ACTIVE"

    def change(self, now: int, *, priority: int | None, cron: str | None, excluded: bool | None) -> int:
        """Its coming slots move only with another timing; what differs in nothing is no change.

        The status of the answer.
        """
        self.standing = self.handled(now)
        if self.status == "COMPLETED":
            return 409
        limits = self.limits if cron is None else replace(self.limits, cron=cron)
        if excluded is not None:
            limits = replace(limits, excluded=(date_of(now),) if excluded else ())
        slot = limits.slot_after(max(now, self.standing.last_run))
        if limits != self.limits and slot is None:
            return 400  # nothing would ever run
        if limits != self.limits and self.status == "ACTIVE":
            self.standing = replace(self.standing, next_slot=slot)
        order = self.order if priority is None else replace(self.order, priority=priority)
        self.version += (limits, order) != (self.limits, self.order)
        self.limits, self.order = limits, order
        return 200

    def run(self, now: int, slot: int) -> None:
        """By hand, beside the cron; the last one that max_runs allows ends it."""
        self.by_hand.add(slot)
        self.standing = replace(self.standing, last_run=max(now, self.standing.last_run))
        if self._left() == 0:
            self.standing = replace(self.standing, next_slot=None, status="COMPLETED")
