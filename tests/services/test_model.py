"""Clients, agents that work, stall, die, restart and report late or twice, and time: whatever they do in
whatever order, the invariants hold after every step, and at rest every task comes to its end.
"""

from contextlib import suppress
from dataclasses import dataclass, field

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.domain.agent import Delivery, Wish
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.invariants import at_rest
from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.domain.schedule import CatchupPolicy
from chalicelib.domain.task import OVER, Status
from chalicelib.services.holding import Report
from chalicelib.services.ports import Aggregate, Hint, HintKind
from chalicelib.services.redriving import Redrive
from chalicelib.services.syncing import Named, Said

from . import invariants
from .doing import TENANT, beat, cancel, registered, row, scheduled, submitted
from .worlds import watched

NAMES = st.sampled_from(["a", "b", "c"])
CAPABILITIES = st.sampled_from(["report", "draw"])
RETRY = RetryPolicy(strategy=Backoff.EXPONENTIAL, backoff_ms=1_000, max_backoff_ms=30_000)
REFUSED = (Conflict, NotFound)


@dataclass
class Process:
    """An agent as it sees itself: it names what it was given, until it reported or was told otherwise."""

    session: str
    ack: int = 0
    held: dict[str, int] = field(default_factory=dict)  # token by task
    past: list[tuple[str, int]] = field(default_factory=list)  # what it once held, for late reports


class AinsMachine(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 1_000), remembers=st.booleans())
    def begin(self, seed: int, remembers: bool) -> None:
        self.w = watched(seed=seed, remembers=remembers)
        self.processes: dict[str, Process] = {}
        self.sessions = 0

    # clients

    @rule(
        capability=CAPABILITIES,
        priority=st.integers(1, 10),
        timeout=st.sampled_from([2_000, 40_000, 300_000]),
        retries=st.integers(0, 2),
        wait=st.sampled_from([None, None, 30_000, 200_000]),
        after=st.sampled_from([None, None, 20_000, 90_000]),
    )
    def submit(
        self, capability: str, priority: int, timeout: int, retries: int, wait: int | None, after: int | None
    ) -> None:
        submitted(
            self.w,
            capability=capability,
            priority=priority,
            timeout_ms=timeout,
            max_retries=retries,
            retry=RETRY,
            queue_timeout_ms=wait,
            not_before=None if after is None else self.w.clock() + after,
        )

    @precondition(lambda self: self.w.tasks.rows)
    @rule(data=st.data())
    def cancel_one(self, data: st.DataObject) -> None:
        with suppress(*REFUSED):
            cancel(self.w, data.draw(st.sampled_from(sorted(self.w.tasks.rows))))

    @precondition(lambda self: self.w.tasks.rows)
    @rule(data=st.data(), all_dead=st.booleans(), key=st.sampled_from([None, "k"]))
    def retry(self, data: st.DataObject, all_dead: bool, key: str | None) -> None:
        with suppress(*REFUSED):
            if all_dead:
                self.w.use_cases.redriving.redrive(Redrive(per_second=0.1), tenant=TENANT, key=key)
            else:
                task_id = data.draw(st.sampled_from(sorted(self.w.tasks.rows)))
                self.w.use_cases.retrying.retry(task_id, tenant=TENANT, key=key)

    @rule(every=st.sampled_from(["* * * * *", "*/2 * * * *"]), catchup=st.sampled_from(CatchupPolicy))
    def schedule(self, every: str, catchup: CatchupPolicy) -> None:
        if len(self.w.schedules.rows) < 3:
            scheduled(self.w, every, catchup=catchup, task_options={"max_retries": 0})

    @precondition(lambda self: self.w.schedules.rows)
    @rule(data=st.data(), what=st.sampled_from(["pause", "resume", "run", "delete", "change"]))
    def handle_schedule(self, data: st.DataObject, what: str) -> None:
        schedule_id = data.draw(st.sampled_from(sorted(self.w.schedules.rows)))
        use_cases = self.w.use_cases
        with suppress(*REFUSED):
            match what:
                case "pause":
                    use_cases.schedules.pause(schedule_id, tenant=TENANT, reason=None)
                case "resume":
                    use_cases.schedules.resume(schedule_id, tenant=TENANT)
                case "run":
                    use_cases.firing.run_now(schedule_id, tenant=TENANT)
                case "change":
                    use_cases.schedules.change(schedule_id, {"priority": 9}, tenant=TENANT)
                case _:
                    use_cases.schedules.delete(schedule_id, tenant=TENANT)

    # agents

    @rule(name=NAMES, slots=st.integers(1, 3), delivery=st.sampled_from(Delivery), restarts=st.booleans())
    def register(self, name: str, slots: int, delivery: Delivery, restarts: bool) -> None:
        known = self.processes.get(name)
        if known is None or restarts:
            self.sessions += 1
            past = [] if known is None else [*known.past, *known.held.items()]
            self.processes[name] = known = Process(f"s{self.sessions}", past=past)
        held = self.w.agents.rows.get(name)
        registered(
            self.w,
            name,
            slots=max(slots, held.in_flight if held else 0),
            capabilities=("report", "draw"),
            session=known.session,
            delivery=delivery,
        )

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), wish=st.sampled_from([None, None, *Wish]))
    def heartbeat(self, data: st.DataObject, wish: Wish | None) -> None:
        with suppress(*REFUSED):
            beat(self.w, data.draw(st.sampled_from(sorted(self.processes))), wish)

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), is_lost=st.booleans(), starts=st.booleans(), forgets=st.booleans())
    def sync(self, data: st.DataObject, is_lost: bool, starts: bool, forgets: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.processes)))
        process = self.processes[name]
        if forgets:
            process.past += process.held.items()
            process.held.clear()
        named = tuple(Named(task_id=i, token=k, started=starts) for i, k in process.held.items())
        said = Said(session_id=process.session, ack=process.ack, held=named, free_slots=3 - len(named))
        with suppress(*REFUSED):
            answer = self.w.use_cases.syncing.sync(name, said, tenant=TENANT)
            if is_lost:
                return
            process.ack = answer.seq
            for task_id in (*answer.cancelled, *answer.lost):
                process.held.pop(task_id, None)
            process.held |= {t.task_id: t.token for t in answer.given}

    @precondition(lambda self: self.processes)
    @rule(data=st.data())
    def poll(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.processes)))
        with suppress(*REFUSED):
            _, tasks = self.w.use_cases.agents.poll(name, tenant=TENANT)
            self.processes[name].held |= {t.task_id: t.token for t in tasks if not t.is_over}

    @precondition(lambda self: any(p.held or p.past for p in self.processes.values()))
    @rule(
        data=st.data(),
        status=st.sampled_from([Status.ACTIVE, Status.COMPLETED, Status.FAILED]),
        twice=st.booleans(),
        result=st.sampled_from([1, "x" * 400]),
    )
    def report(self, data: st.DataObject, status: Status, twice: bool, result: object) -> None:
        """Of what it holds, or once held: a zombie."""
        named = [
            (name, task_id, token)
            for name, process in sorted(self.processes.items())
            for task_id, token in [*process.held.items(), *process.past]
        ]
        name, task_id, token = data.draw(st.sampled_from(named))
        said = Report(task_id=task_id, agent_id=name, token=token, status=status, result=result, error="boom")
        for _ in range(1 + twice):
            with suppress(*REFUSED):
                self.w.use_cases.holding.report(said, tenant=TENANT)
                if status is not Status.ACTIVE and self.processes[name].held.pop(task_id, None):
                    self.processes[name].past.append((task_id, token))

    @precondition(lambda self: any(p.held for p in self.processes.values()))
    @rule(data=st.data())
    def hand_back(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(n for n, p in self.processes.items() if p.held)))
        task_id, token = self.processes[name].held.popitem()
        with suppress(*REFUSED):
            self.w.use_cases.holding.release(task_id, agent_id=name, token=token, tenant=TENANT)

    @precondition(lambda self: self.processes)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        with suppress(*REFUSED):
            name = data.draw(st.sampled_from(sorted(self.processes)))
            self.w.use_cases.agents.leave(name, tenant=TENANT)

    # the world

    @rule()
    def consume(self) -> None:
        self.w.drain()

    @rule(seconds=st.sampled_from([1, 5, 20, 61, 200]))
    def time_passes(self, seconds: int) -> None:
        self.w.run(seconds=seconds, step_ms=5_000)

    @rule(seconds=st.sampled_from([10, 400]))
    def time_passes_and_nothing_runs(self, seconds: int) -> None:
        self.w.clock.advance(seconds=seconds)

    @rule()
    def messages_are_lost(self) -> None:
        self.w.queue.sent.clear()

    @rule()
    def messages_are_doubled_and_out_of_order(self) -> None:
        self.w.queue.sent = [*reversed(self.w.queue.sent), *self.w.queue.sent][:200]

    @precondition(lambda self: self.w.tasks.rows)
    @rule(data=st.data(), kind=st.sampled_from([HintKind.DUE, HintKind.DISPATCH, HintKind.SETTLE]))
    def a_late_hint(self, data: st.DataObject, kind: HintKind) -> None:
        task = row(self.w, data.draw(st.sampled_from(sorted(self.w.tasks.rows))))
        self.w.queue.sent.append(
            Hint(
                kind=kind,
                row_id=task.task_id,
                aggregate=Aggregate.TASK,
                tenant=TENANT,
                capability=task.capability,
            )
        )

    @rule()
    def two_ticks(self) -> None:
        self.w.use_cases.ticking.tick()
        self.w.use_cases.ticking.tick()

    @rule(name=st.sampled_from(["agent#a", "wait#acme#report#0"]))
    def an_index_lags(self, name: str) -> None:
        self.w.tasks.hidden ^= {name}

    # what holds

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "w"):
            invariants.check(self.w)

    def teardown(self) -> None:
        """From now on all goes well: each task ends, and every slot is free."""
        if not hasattr(self, "w"):
            return
        w = self.w
        w.tasks.hidden.clear()
        for schedule_id in list(w.schedules.rows):
            w.use_cases.schedules.delete(schedule_id, tenant=TENANT)
        self._rest()
        assert at_rest(invariants.snapshot(w)) == []
        invariants.check(w)

    def _rest(self) -> None:
        w = self.w
        registered(w, "good", slots=50, capabilities=("report", "draw"))

        def works() -> None:
            beat(w, "good")
            _, tasks = w.use_cases.agents.poll("good", tenant=TENANT)
            for task in tasks:
                for status in (Status.ACTIVE, Status.COMPLETED):
                    said = Report(task_id=task.task_id, agent_id="good", token=task.token, status=status)
                    with suppress(Conflict):
                        w.use_cases.holding.report(said, tenant=TENANT)

        for _ in range(4):
            w.run(seconds=300, step_ms=10_000, each=works)
            if all(t.status in OVER and not t.lease and not t.unsettled for t in w.tasks.rows.values()):
                return


TestAins = pytest.mark.uncounted(AinsMachine.TestCase)
TestAins.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
