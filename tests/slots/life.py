"""One schedule's life through the real services: all that may happen to it, by name."""

import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from chalicelib import consumers
from chalicelib.domain import lifecycle
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.task import Status, Task
from chalicelib.services.ports import Aggregate, Hint, HintKind
from tests.fakes import FakeAgents, FakeClock, FakeQueue, FakeTasks, World, bundled

from .comparing import TENANT, Compared
from .definitions import Definition
from .gate import Gate, Gated
from .told import ToldSchedules

MINUTE_MS = 60_000
TURNS = 400  # messages that one step may take
Step = Sequence[Any]  # its name and plain values


@dataclass
class Life(Compared):
    """And what happens to it: what one step names, with its plain values."""

    def live(self, steps: Sequence[Step]) -> None:
        """All that happens to it once it is made, and then a while in which nothing goes wrong."""
        for name, *values in steps:
            self.act(name, values)
            self.compare()
        self.rest()

    def act(self, name: str, values: Sequence[Any]) -> None:
        if name == "wait":
            self.wait(*values)
        elif name == "go":
            self.wait(*values)
            self.tick()
            self.deliver()
        elif name == "kill":
            nth, ms, dies_at, inner, *rest = values
            self.wait(nth, ms)
            self.gate.attempt(lambda: self.attempted(inner, rest), dies_at=dies_at)
        elif name == "both":
            nth, ms, seed, pace_ms, *inner = values
            self.wait(nth, ms)
            acts = [self._as_one(step) for step in inner]
            self.gate.interleave(acts, seed=seed, pace_ms=pace_ms)
        else:
            self.attempted(name, values)

    def _as_one(self, step: Step) -> Callable[[], None]:
        name, *values = step
        return lambda: self.attempted(name, values)

    def attempted(self, name: str, values: Sequence[Any]) -> None:
        """A refusal is an answer; what must hold is checked on what was written."""
        with contextlib.suppress(Conflict, Invalid, NotFound):
            _DEEDS[name](self, *values)

    def wait(self, nth: int, ms: int) -> None:
        """Until so much before or after the place of the nth slot that is to come."""
        coming = [self.kept.place(slot) for slot in self.kept.coming]
        at = coming[min(nth, len(coming) - 1)] if coming else self.clock()
        if at < self.kept.calendar.ends:
            self.clock.now = max(self.clock.now, at + ms)

    def tick(self) -> None:
        self.world.use_cases.ticking.tick()

    def deliver(self, most: int = TURNS) -> None:
        """The messages that are visible, the oldest first."""
        for _ in range(most):
            ready = [hint for hint in self.queue.sent if hint.at is None or hint.at <= self.clock.now]
            if not ready:
                return
            self.queue.sent.remove(ready[0])
            self._handle(ready[0])

    def _handle(self, hint: Hint) -> None:
        if hint.kind in (HintKind.DISPATCH, HintKind.FILL):
            return  # no agent is there
        if hint.aggregate is Aggregate.TASK and not self.tasks.rows[hint.row_id].unsettled:
            return
        consumers.handle(hint, self.world.use_cases)

    def message(self, what: str, nth: int) -> None:
        """One message is lost, doubled, late, or comes early."""
        mine = [hint for hint in self.queue.sent if hint.kind not in (HintKind.DISPATCH, HintKind.FILL)]
        if not mine:
            return
        hint = mine[nth % len(mine)]
        if what != "double":
            self.queue.sent.remove(hint)
        if what == "delay":
            self.queue.sent.append(replace(hint, at=self.clock() + 45_000))
        elif what == "early":
            self._handle(hint)
        elif what == "double":
            self.queue.sent.append(hint)

    def look(self) -> None:
        self.world.use_cases.firing.fire(self.schedule_id)

    def pause(self) -> None:
        self.intent.told = self.kept.paused
        self.world.use_cases.schedules.pause(self.schedule_id, tenant=TENANT, reason=None)

    def resume(self) -> None:
        self.intent.told = self.kept.resumed
        self.world.use_cases.schedules.resume(self.schedule_id, tenant=TENANT)

    def change(self, changes: dict[str, Any]) -> None:
        """Also a time is named, by its distance from this minute."""
        now = self.clock() // MINUTE_MS * MINUTE_MS
        moments = {k: now + v for k, v in changes.items() if k in ("start_at", "end_at") and v is not None}
        named = {k: tuple(v) if k == "excluded" else v for k, v in (changes | moments).items()}

        def told(at: int) -> None:
            self.kept.changed(replace(self.kept.asked, **named), at)

        self.intent.told = told
        fields = replace(self.kept.asked, **named).fields()
        also = {"cron_format"} if "cron" in named else set()
        wanted = {name: fields[name] for name in {*named, *also}}
        self.world.use_cases.schedules.change(self.schedule_id, wanted, tenant=TENANT)

    def backfill(self, minutes: int, length: int) -> None:
        until = self.clock() - minutes * MINUTE_MS
        since = max(until - length * MINUTE_MS, self.begins - 60 * MINUTE_MS)
        self.intent.told = lambda at: self.kept.backfilled(since, until, at)
        backfill = self.world.use_cases.backfilling.backfill
        backfill(self.schedule_id, since=since, until=until, tenant=TENANT)

    def run_now(self) -> None:
        self.world.use_cases.firing.run_now(self.schedule_id, tenant=TENANT)

    def delete(self) -> None:
        self.world.use_cases.schedules.delete(self.schedule_id, tenant=TENANT)

    def end(self, nth: int, how: str) -> None:
        """A run is over, as if an agent had said so."""
        open_runs = [task for task in self.tasks.rows.values() if not task.is_over]
        if not open_runs:
            return
        task = open_runs[nth % len(open_runs)]
        cancelling = self.world.use_cases.cancelling
        if how == "CANCELLED":
            cancelling.cancel(task.task_id, tenant=TENANT, reason=None)
        else:
            cancelling.changing.written(task, self._ended(task, how))

    def _ended(self, task: Task, how: str) -> Task:
        return replace(lifecycle.expired(task, now=self.clock()), status=Status(how))

    def rest(self) -> None:
        """Nothing goes wrong any more: whatever was due has its turn, whatever waits for a run too."""
        for _ in range(3):
            self.clock.now = (self.clock.now // MINUTE_MS + 1) * MINUTE_MS
            self.tick()
            self.deliver()
        while self.kept.status == "ACTIVE" and self.kept.waiting:
            before = self.kept.total
            for task in [task for task in self.tasks.rows.values() if not task.is_over]:
                self.world.use_cases.cancelling.changing.written(task, self._ended(task, "COMPLETED"))
            self.deliver()
            assert self.kept.total > before, "a slot waits for ever"
        self.compare()
        left = self.kept.due(self.clock())
        assert not left, f"{left} are due and nobody looks"
        settled = {
            run.task_id for run in self.store.runs.values() if run.status is not ExecutionStatus.PENDING
        }
        assert all(task.task_id in settled for task in self.tasks.rows.values() if task.is_over)


_DEEDS: dict[str, Callable[..., None]] = {
    name: getattr(Life, name)
    for name in (
        "tick",
        "deliver",
        "message",
        "look",
        "pause",
        "resume",
        "change",
        "backfill",
        "run_now",
        "delete",
        "end",
    )
}


def begun(asked: Definition, *, begins: int) -> Life:
    """A life over fresh stores, all of whose calls pass one gate."""
    chance, clock = random.Random(7), FakeClock(begins)
    gate = Gate(clock)
    tasks = FakeTasks(FakeAgents(chance))
    store, queue = ToldSchedules(tasks), FakeQueue()
    world = bundled(
        World,
        chance=chance,
        clock=clock,
        tasks=Gated(tasks, gate),  # type: ignore[arg-type]
        schedules=Gated(store, gate),  # type: ignore[arg-type]
        queue=Gated(queue, gate),  # type: ignore[arg-type]
    )
    return Life(begins, clock, gate, tasks, store, queue, world, asked)


def told_again(begins: int, asked: Definition, steps: Sequence[Step]) -> dict[str, Any]:
    """A story as JSON takes it."""
    plain = {k: v for k, v in asdict(asked).items() if v != Definition.__dataclass_fields__[k].default}
    return {"begins": begins, "asked": plain, "steps": steps}
