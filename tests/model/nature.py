"""Time and the messages: they come late, twice, in any order or not at all; so do ticks; an index lags."""

from collections.abc import Callable
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis.stateful import rule

from .agents import Agents

INDEXES = ["agent#a", "agent#b", "wait#local#report#0", "client#shop"]
STEP_MS = 5_000


class Nature(Agents):
    @rule(ticks=st.sampled_from([0, 0, 1, 2]))
    def messages_are_handled(self, ticks: int) -> None:
        """After as many ticks as there happen to be."""
        for _ in range(ticks):
            self.system.tick()
        self.handle()

    def handle(self) -> None:
        """At this moment; what it made visible is compared before the next."""
        before = self.system.written()
        self.system.drain()
        if self.system.written() != before:
            self.model.is_nature_at_work = True
            self.look()

    @rule(seconds=st.sampled_from([1, 5, 20, 61, 200]), is_alive=st.booleans())
    def time_passes(self, seconds: int, is_alive: bool) -> None:
        """While the agents keep alive, or are silent."""
        if is_alive:
            self.pass_time(seconds, each=self.all_beat, step_ms=8_000)
        else:
            self.pass_time(seconds)

    def pass_time(
        self, seconds: int, *, each: Callable[[], None] | None = None, step_ms: int = STEP_MS
    ) -> None:
        """A tick runs each minute, messages are handled as they become visible."""
        left = seconds * 1000 if self.has_time() else 1_000
        while left > 0:
            if self.system.advance(min(step_ms, left)):
                self.system.tick()
            left -= step_ms
            self.handle()
            if each is not None:
                each()

    @rule(seconds=st.sampled_from([10, 55, 400]))
    def time_passes_and_nothing_runs(self, seconds: int) -> None:
        """Ticks are missed, and messages wait."""
        self.system.advance(seconds * 1000)
        self.went_wrong()

    @rule(ms=st.sampled_from([0, 0, 50, 400, 900]))
    def another_machine_serves(self, ms: int) -> None:
        """Its clock is late by so much: less than a second, which is what the service is made for."""
        self.system.behind = ms

    def just_before_the_minute(self) -> None:
        """Up to a moment after it."""
        self.system.advance(max(0, 59_700 - self.system.w.clock.now % 60_000))
        self.pass_time(1, step_ms=500)

    @rule(what=st.sampled_from(["lost", "half of them lost", "doubled", "late", "old"]), data=st.data())
    def messages_go_astray(self, what: str, data: st.DataObject) -> None:
        """They are hints: it costs time, and nothing else."""
        w = self.system.w
        match what:
            case "doubled":
                w.queue.sent = [*reversed(w.queue.sent), *w.queue.sent][:200]
            case "old":
                old = [data.draw(st.sampled_from(self.system.old))] if self.system.old else []
                w.queue.sent += [replace(hint, at=None) for hint in old]
            case "late":
                late = w.clock.now + data.draw(st.sampled_from([3, 100, 900])) * 1000
                w.queue.sent = [replace(hint, at=late) for hint in w.queue.sent]
                self.went_wrong(until=late)
            case _:
                self.system.remember()
                w.queue.sent = w.queue.sent[::2] if what == "half of them lost" else []
                self.went_wrong()

    @rule(name=st.sampled_from(INDEXES))
    def an_index_lags(self, name: str) -> None:
        """Or has caught up."""
        self.system.w.tasks.hidden ^= {name}
        self.went_wrong()
