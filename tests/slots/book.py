"""What a schedule must have done, told slot by slot: a second reading of its policies.

It shares no code with the product. It is told the moments at which the schedule was looked at or changed, and
keeps the plain list of the slots that are still to come.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile

from .definitions import Calendar, Definition

GRACE_MS = 60_000
DAY_MS = 86_400_000
COUNTED, RECORDED = 100, 10  # of the slots that one outage missed
ROOM = {"buffer_one": 1, "buffer_all": 100}


@dataclass
class Book:
    """One schedule. `spread` tells its place in a window of so many milliseconds."""

    asked: Definition
    calendar: Calendar
    spread: Callable[[int], int]
    status: str = "ACTIVE"
    to_come: list[int] = field(default_factory=list)
    decided_until: int = 0  # while it is paused
    waiting: list[int] = field(default_factory=list)
    fired: set[int] = field(default_factory=set)
    by_hand: int = 0
    given_up: dict[int, str] = field(default_factory=dict)
    open_runs: list[str] = field(default_factory=list)
    watched: set[str] = field(default_factory=set)  # tasks whose end changes what comes
    failures: int = 0
    skipped: int = 0
    missed: int = 0
    missed_since: int | None = None

    def created(self, at: int) -> None:
        grace = GRACE_MS if self.asked.cron is None else 0
        self.to_come = [slot for slot in self.calendar.slots(self.asked) if slot > at - grace]

    @property
    def total(self) -> int:
        return len(self.fired) + self.by_hand

    @property
    def coming(self) -> list[int]:
        most = self.asked.max_runs
        return [] if most is not None and self.total + len(self.waiting) >= most else self.to_come

    def place(self, slot: int) -> int:
        return slot + self.spread(self.asked.window_ms)

    def due(self, at: int) -> list[int]:
        """What the schedule is to be looked at for."""
        if self.status != "ACTIVE":
            return []
        mine = self.waiting if self.waiting and not self.is_held_up else []
        return [*mine, *self._timely(at)]

    def _timely(self, at: int) -> list[int]:
        return list(takewhile(lambda slot: self.place(slot) <= at, self.coming))

    @property
    def is_held_up(self) -> bool:
        return bool(self.open_runs) and self.asked.overlap != "allow"

    def looked(self, at: int, task_id: str | None) -> None:
        """One decision about what was due at that moment, which made this task or none."""
        assert self.status == "ACTIVE", f"it was {self.status} and a slot of it was decided"
        if self.waiting and not self.is_held_up:
            self._run(self.waiting.pop(0), task_id)
        else:
            self._time_came(at, task_id)
        self._is_it_over()

    def _time_came(self, at: int, task_id: str | None) -> None:
        due = self._timely(at)
        assert due, f"something was decided at {at}, and nothing was due"
        missed = [slot for slot in due if self.place(slot) < at - GRACE_MS]
        kept = self._caught_up(missed, at)
        chosen = [*kept, *due[len(missed) :]][:1]
        self._give_up([slot for slot in missed if slot not in kept])
        done = kept[:1] or [*missed, *chosen]
        self.to_come = [slot for slot in self.to_come if slot > done[-1]]
        for slot in chosen:
            self._meet(slot, task_id)
        assert chosen or task_id is None, f"{task_id} was made, and all that was due is given up"

    def _caught_up(self, missed: list[int], at: int) -> list[int]:
        window, single = self.asked.catchup_window_ms, self.asked.cron is None
        if self.asked.catchup == "all" and not single:
            return [slot for slot in missed if self.place(slot) >= at - (window or DAY_MS)]
        latest = missed[-1:] if self.asked.catchup != "none" else []
        return [slot for slot in latest if window is None or self.place(slot) >= at - window]

    def _give_up(self, slots: list[int]) -> None:
        if slots:
            self.missed += min(len(slots), COUNTED)
            self.missed_since = slots[0]
            self.given_up |= dict.fromkeys(slots[-RECORDED:], "MISSED")

    def _meet(self, slot: int, task_id: str | None) -> None:
        if not self.is_held_up or self.asked.overlap == "cancel_previous":
            if self.asked.overlap == "cancel_previous":
                self.open_runs = []
            self._run(slot, task_id)
            return
        assert task_id is None, f"slot {slot} made {task_id} beside {self.open_runs}"
        if len(self.waiting) < ROOM.get(self.asked.overlap, 0):
            self.waiting.append(slot)
        else:
            self.skipped += 1
            self.given_up[slot] = "SKIPPED"

    def _run(self, slot: int, task_id: str | None) -> None:
        assert task_id is not None, f"slot {slot} was to be fired"
        assert slot not in self.fired, f"slot {slot} was fired twice"
        self.fired.add(slot)
        self.given_up.pop(slot, None)
        self._begin(task_id)

    def _begin(self, task_id: str) -> None:
        if self.asked.overlap != "allow":
            self.open_runs.append(task_id)
        if self.asked.overlap != "allow" or self.asked.pause_on_failures is not None:
            self.watched.add(task_id)

    def _is_it_over(self) -> None:
        if self.status == "ACTIVE" and not self.coming and not self.waiting:
            self.status = "COMPLETED"

    def ran_by_hand(self, task_id: str) -> None:
        self.by_hand += 1
        self._begin(task_id)
        most = self.asked.max_runs
        if most is not None and self.total + len(self.waiting) >= most:
            self.waiting = self.waiting[: most - self.total]
            self.status = self.status if self.waiting else "COMPLETED"

    def ended(self, task_id: str, status: str, at: int) -> None:
        """The service took note that a run is over."""
        if task_id not in self.watched:
            return
        self.open_runs = [run for run in self.open_runs if run != task_id]
        if status != "CANCELLED":
            counts = self.asked.pause_on_failures is not None and status == "FAILED"
            self.failures = self.failures + 1 if counts else 0
        limit = self.asked.pause_on_failures
        if self.status == "ACTIVE" and limit is not None and self.failures >= limit:
            self._stop(at)

    def paused(self, at: int) -> None:
        self._nothing_is_left_behind(at)
        self._stop(at)

    def _stop(self, at: int) -> None:
        self.status, self.decided_until = "PAUSED", self._decided(at)

    def _decided(self, at: int) -> int:
        return min(at, self.coming[0] - 1) if self.coming else at

    def _nothing_is_left_behind(self, at: int) -> None:
        assert not self.due(at), f"slots {self.due(at)} were due at {at} and are lost to a change"

    def resumed(self, at: int) -> None:
        self._go_on(at, self.decided_until)
        self.status, self.failures = "ACTIVE", 0
        self._is_it_over()

    def _go_on(self, at: int, decided: int) -> None:
        """With the slots whose place in the window is to come, but none that had its turn."""
        slots = self.calendar.slots(self.asked)
        self.to_come = [slot for slot in slots if self.place(slot) > at and slot > decided]

    def changed(self, asked: Definition, at: int) -> None:
        self._nothing_is_left_behind(at)
        before, decided, self.asked = self.asked, self._decided(at), asked
        if self.status == "ACTIVE" and not asked.has_same_timing_as(before):
            self._go_on(at, decided)
            assert self.coming, "a change left it nothing to run"

    def backfilled(self, since: int, until: int, at: int) -> None:
        """Its slots of this range that are not to come anyway, and had no run."""
        self._nothing_is_left_behind(at)
        is_standing = self.status == "ACTIVE" and self.coming
        last = self.coming[0] - 1 if is_standing else at - self.spread(self.asked.window_ms)
        wanted = {slot for slot in self.calendar.slots(self.asked) if since <= slot <= min(until, last)}
        self.waiting = sorted({*self.waiting, *(wanted - self.fired)})
