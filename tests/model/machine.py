"""All actors at once; and at the end all goes well for a while."""

import hypothesis.strategies as st
from hypothesis.stateful import initialize, rule

from .book import Told
from .clients import Clients
from .comparing_schedules import ComparingSchedules
from .nature import Nature
from .owners import Owners
from .process import Process
from .states import HELD
from .system import CAPABILITIES, CLIENTS
from .workers import Workers

LONG_ENOUGH_S = 1_500
SETTLED_S = 200


class Service(Clients, Owners, Workers, Nature):
    @initialize(seed=st.integers(0, 1_000), remembers=st.booleans(), slots=st.integers(1, 3))
    def begin(self, seed: int, remembers: bool, slots: int) -> None:
        """Three agents are there, a schedule, and some work."""
        self.set_up(seed=seed, remembers=remembers)
        for name in "abc":
            self.register(name, slots=slots, restarts=False, is_old=name == "b")
            self.look()
        self.create(client="lab", cron="* * * * *", catchup="one", is_by_query=True, repeats=False)
        self.look()
        for client in CLIENTS:
            plain = {"priority": 5, "wait": None, "after": None, "is_keyed": True, "is_large": False}
            for capability in CAPABILITIES:
                self.submit(client=client, capability=capability, timeout=300, retries=2, **plain)
                self.look()

    @rule(name=st.sampled_from("ab"), times=st.integers(1, 3))
    def crash_over_and_over(self, name: str, times: int) -> None:
        """A poisonous task takes one process after the other with it."""
        for _ in range(times):
            self.processes[name].held |= self.polled(name)
            self.begin_all(name, names_tokens=True)
            self.look()
            self.register(name, slots=3, restarts=True, is_old=False)
            self.look()

    @rule(behind=st.sampled_from([0, 900, 900]), what=st.sampled_from(["pause", "change", "nothing"]))
    def around_a_slot(self, behind: int, what: str) -> None:
        """Where clocks that differ matter most: one machine fires, a slower one is asked for more."""
        self.just_before_the_minute()
        self.system.behind = behind
        for schedule in list(self.model.schedules.values()):
            if what == "pause":
                self.hold(schedule, "pause")
                self.look()
                self.hold(schedule, "resume")
            elif what == "change":
                self.change_schedule(schedule, priority=None, cron="* * * * *", match="right")
            self.look()

    @rule()
    def cancel_what_is_held_and_wait(self) -> None:
        """Holders that live and never hear of it: their slots are free once their time is over."""
        for task in list(self.model.tasks.values()):
            if task.state.status in HELD:
                self.cancel_one(task.task_id, reports=False)
                self.look()
        self.pass_time(200, each=self.all_beat, step_ms=20_000)

    @rule(seconds=st.sampled_from([40, 130]))
    def pause_all(self, seconds: int) -> None:
        """For a while: what would have run meanwhile never does."""
        for what in ("pause", "resume"):
            for schedule in list(self.model.schedules.values()):
                self.hold(schedule, what)
                self.look()
            if what == "pause":
                self.pass_time(seconds)

    def teardown(self) -> None:
        """From now on nothing goes wrong: each task ends, and whoever waited for it knows how."""
        if not hasattr(self, "model"):
            return
        self.ask_for_what_is_not_there()
        self.system.w.tasks.hidden.clear()
        self.system.behind = 0
        self.ends_at = self.at + 3_600_000
        self.went_wrong()
        self.system.tick()
        for schedule in self.model.schedules.values():
            self.hold(schedule, "pause")
        self.look()
        self.register_as("good", slots=100, session=None)
        self.processes["good"] = Process(None)
        self.look()
        for _ in range(LONG_ENOUGH_S // 100):
            self.pass_time(100, each=self._works, step_ms=20_000)
            if self._is_at_rest():
                break
        left = {t.task_id: t.state for t in self.model.tasks.values() if not t.state.is_over or t.lingers}
        assert not left, f"never came to an end: {left}"
        self.pass_time(SETTLED_S, step_ms=20_000)
        ComparingSchedules(self.model, self.system.eyes).outcomes()

    def _is_at_rest(self) -> bool:
        return all(t.state.is_over and t.lingers is None for t in self.model.tasks.values())

    def _works(self) -> None:
        for task_id, token in self.polled("good").items():
            if self.model.state(task_id).status == "ASSIGNED":
                self.reported(task_id, Told(agent="good", token=token, status="ACTIVE"))
            self.reported(task_id, Told(agent="good", token=token, status="COMPLETED", result={"n": token}))
        self.look()
