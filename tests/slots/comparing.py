"""What is written about one schedule, compared with the book at each write."""

import threading
from dataclasses import dataclass, field, replace
from functools import cache

from chalicelib.domain.schedule import Schedule
from tests.fakes import FakeClock, FakeQueue, FakeTasks, World

from .book import Book
from .definitions import Calendar, Definition
from .gate import Gate
from .told import ToldSchedules, Write

TENANT = "acme"


@dataclass
class Compared:
    """`world` may go wrong at any call; `store` and `tasks` are what truly stands."""

    begins: int
    clock: FakeClock
    gate: Gate
    tasks: FakeTasks
    store: ToldSchedules
    queue: FakeQueue
    world: World
    asked: Definition
    book: Book | None = None
    schedule_id: str = ""
    intent: threading.local = field(default_factory=threading.local)  # `told`: the book of it

    @property
    def kept(self) -> Book:
        assert self.book is not None
        return self.book

    def create(self) -> None:
        """Raises Invalid where nothing would ever run."""
        definition = {"client_id": "c", "task_type": "work", "capability": "report"} | self.asked.fields()
        made, _ = self.world.use_cases.schedules.create(definition, tenant=TENANT, input_data={}, metadata={})
        self.schedule_id = made.schedule_id
        self.book = Book(self.asked, Calendar(self.begins), cache(lambda window: self._spread(made, window)))
        self.book.created(self.clock())
        self.store.tell = self.written
        self.compare()

    def _spread(self, made: Schedule, window: int) -> int:
        place = replace(made, window_ms=window).spread_ms
        assert 0 <= place <= max(0, window - 1_000)
        return place

    def written(self, write: Write) -> None:
        """The book is told, and must have come to the same."""
        after, run, book = write.after, write.run, self.kept
        if write.kind == "settle":
            assert run is not None
            self._settled(run.task_id or "", after)
        elif write.kind == "delete":
            book.status = "GONE"
        elif write.kind == "fire" and run is not None and run.slot % 1_000:
            book.ran_by_hand(run.task_id or "")
        else:
            assert after is not None
            assert write.before is not None
            self._moved(write, write.before, after)
        self.same()

    def _moved(self, write: Write, before: Schedule, after: Schedule) -> None:
        at, book = after.updated_at, self.kept
        if write.kind == "save" and after.cancel_at != before.cancel_at:
            return  # it cancels once more what is to be cancelled
        is_asked = after.revision != before.revision or len(after.waiting) > len(before.waiting)
        if write.kind == "save" and is_asked:
            self.intent.told(at)
            return
        assert before.updated_at <= at <= self.clock()
        if write.run is not None:
            self._is_not_early(write.run.slot)
        book.looked(at, write.run.task_id if write.run else None)

    def _is_not_early(self, slot: int) -> None:
        """One that waits for its turn had its time before, under another window perhaps."""
        due = slot if slot in self.kept.waiting else self.kept.place(slot)
        assert due <= self.clock(), f"slot {slot} was fired early"

    def _settled(self, task_id: str, after: Schedule | None) -> None:
        task = self.tasks.rows[task_id]
        at = self.clock() if after is None or after.decided_until is None else after.updated_at
        self.kept.ended(task_id, task.status.value, at)

    def same(self) -> None:
        """The row says what the book says."""
        row, book = self.store.rows.get(self.schedule_id), self.kept
        if row is None:
            assert book.status == "GONE"
            return
        found = {
            "status": row.status.value,
            "next_slot": None if row.next_slot is None else min(row.next_slot, book.calendar.ends),
            "waiting": list(row.waiting),
            "open_runs": list(row.open_runs) if row.is_busy else [],
            "total_runs": row.total_runs,
            "skipped_runs": row.skipped_runs,
            "missed_runs": row.missed_runs,
            "missed_since": row.missed_since,
            "failures_in_row": row.failures_in_row,
        }
        meant = {
            "status": book.status,
            "next_slot": book.coming[0] if book.coming and book.status == "ACTIVE" else None,
            "waiting": book.waiting,
            "open_runs": book.open_runs if book.is_held_up else [],
            "total_runs": book.total,
            "skipped_runs": book.skipped,
            "missed_runs": book.missed,
            "missed_since": book.missed_since,
            "failures_in_row": book.failures,
        }
        assert found == meant, f"at {self.clock()} {found} is not {meant}; {row.reason}"

    def compare(self) -> None:
        """All that was ever fired or given up."""
        runs = [run for run in self.store.runs.values() if run.slot % 1_000 == 0]
        book = self.kept
        assert {run.slot for run in runs if run.is_run} == book.fired, "fired"
        assert {run.slot: run.status.value for run in runs if not run.is_run} == book.given_up
        mine = [task for task in self.tasks.rows.values() if task.schedule_id == self.schedule_id]
        assert len(mine) == book.total
        assert {task.slot for task in mine if task.slot and task.slot % 1_000 == 0} == book.fired
