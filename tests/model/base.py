"""What all actors share: the service, the model, and the look at both after each step."""

from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.gateway import Answer
from tests.services import invariants

from .comparing import Comparing
from .comparing_schedules import ComparingSchedules
from .model import Model
from .process import Process
from .system import CLIENTS, System, system


class Base(RuleBasedStateMachine):
    def set_up(self, *, seed: int, remembers: bool) -> None:
        self.system: System = system(seed=seed, remembers=remembers)
        self.model = Model(calm_since=self.system.at)
        self.processes: dict[str, Process] = {}
        self.count = 0
        self.held: dict[str, int] = {}
        self.written: Any = None
        self.ends_at = self.at + 25 * 60_000  # what every look costs grows with the slots that fired

    def one_more(self) -> int:
        """For names and inputs that nothing else has."""
        self.count += 1
        return self.count

    @property
    def at(self) -> int:
        return self.system.at

    def is_hidden(self, name: str) -> bool:
        return name in self.system.w.tasks.hidden

    def has_time(self) -> bool:
        """An example has its end."""
        return self.at < self.ends_at

    def expect(self, answer: Answer, *statuses: int) -> bool:
        """Whether it was accepted."""
        assert answer.status in statuses, f"{answer.status} instead of {statuses}: {answer.text}"
        return answer.status < 300

    def went_wrong(self, *, until: int = 0) -> None:
        """Something on the way of the messages or of the ticks: what is due may be late."""
        self.model.calm_since = max(self.model.calm_since, self.system.w.clock.now, until)

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        if hasattr(self, "model"):
            self.look()

    def look(self) -> None:
        """Compare, and narrow the model to what was seen. Where nothing was written only time can tell."""
        model, now = self.model, self.system.w.clock.now
        comparing = Comparing(model, self.system.eyes)
        written = self.system.written()
        if written != self.written or not model.expects_nothing():
            self._look_at_rows(comparing)
            invariants.check(self.system.w)
        self.written = written
        model.looked()
        comparing.slots(self.held)
        comparing.agents(now=now)
        if self.system.w.tasks.hidden:
            self.went_wrong()
        comparing.punctual(now=now)
        self.held = {name: model.load(name) for name in model.agents}

    def _look_at_rows(self, comparing: Comparing) -> None:
        ComparingSchedules(self.model, self.system.eyes).compare(at=self.at)
        hidden = self.system.w.tasks.hidden
        lagging = {client for client in CLIENTS if f"client#{client}" in hidden}
        comparing.tasks(at=self.at, lagging=lagging, clients=CLIENTS)
