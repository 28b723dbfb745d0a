"""A past in which much happened, all of it right, made of the domain's own transitions.

Task `runs` runs, `over` is over, `backs-off` waits outside, `waits` is in line, `dropped` was cancelled and
is held still; `late` timed out for good; the schedule fired twice: one slot's task is over and told.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain import lifecycle, schedule_lifecycle, schedule_runs, trust
from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.invariants import Claim, History, Snapshot, Step
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import FailureKind, Outcome, Task
from tests.contract.values import NOW, a_schedule, a_task, an_agent, held, in_line

MINUTE = 60_000
RUNS, OVER, BACKS_OFF, WAITS = "runs", "over", "backs-off", "waits"
DROPPED, LATE = "dropped", "late"


@dataclass
class Lived:
    """Rows, and every write of a task noted."""

    now: int = NOW
    tasks: dict[str, Task] = field(default_factory=dict)
    agent: Agent = field(default_factory=lambda: an_agent("agent", max_concurrency=9, due_at=NOW + 30_000))
    schedule: Schedule = field(default_factory=lambda: schedule_lifecycle.created(a_schedule(), now=NOW))
    executions: dict[int, Execution] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def write(self, after: Task) -> None:
        before = self.tasks.get(after.task_id)
        self.steps.append(Step(after.task_id, before, after, self.now))
        self.tasks[after.task_id] = after
        self.counted["tasks_created_total"] += before is None
        if before is not None and after.is_over and not before.is_over:
            self.counted[f"tasks_{after.status.value.lower()}_total"] += 1
        if before is not None and before.lease is not None and after.lease is None:
            self._freed(after)

    def _freed(self, after: Task) -> None:
        assert after.last is not None
        evidence = trust.verdict(after.last, after)
        self.agent = replace(self.agent, in_flight=self.agent.in_flight - 1)
        if evidence is not None:
            sums, streak = evidence.added_to(self.agent.evidence), self.agent.streak.after(evidence)
            self.agent = replace(self.agent, evidence=sums, streak=streak)

    def put(self, task_id: str, **asked: Any) -> Task:
        self.write(a_task(task_id, **asked))
        return self.tasks[task_id]

    def claim(self, task_id: str) -> Task:
        before = self.tasks[task_id]
        after = held(before, self.agent, now=self.now)
        self.claims.append(Claim(before, after, self.agent, self.now))
        self.counted["tasks_assigned_total"] += 1
        self.agent = replace(self.agent, in_flight=self.agent.in_flight + 1)
        self.write(after)
        return after

    def start(self, task_id: str) -> Task:
        self.write(lifecycle.started(self.claim(task_id), now=self.now))
        return self.tasks[task_id]

    def complete(self, task_id: str) -> None:
        self.write(lifecycle.completed(self.tasks[task_id], result=in_line("1"), now=self.now))

    def fail(self, task_id: str, kind: FailureKind) -> None:
        before = self.tasks[task_id]
        after = lifecycle.failed(before, kind, error="no", now=self.now, chance=0.5)
        self.counted["tasks_retried_total"] += after.attempt - before.attempt
        self.counted["tasks_timed_out_total"] += kind is FailureKind.TIMEOUT
        self.write(after)

    def fire(self) -> str:
        assert self.schedule.next_slot is not None
        self.now = self.schedule.next_slot
        self.schedule, firing, _ = schedule_runs.fired(self.schedule, now=self.now)
        assert firing is not None
        slot = {"schedule_id": self.schedule.schedule_id, "slot": firing.slot, "awaited": True}
        self.executions[firing.slot] = firing.execution
        return self.put(firing.task_id, created_at=self.now, **slot).task_id

    def settle(self, task_id: str) -> None:
        task = self.tasks[task_id]
        self.write(lifecycle.settled(task))
        assert task.slot is not None
        self.executions[task.slot] = schedule_runs.settled(
            self.executions[task.slot], ExecutionStatus.COMPLETED, now=self.now, result=task.result
        )

    def snapshot(self) -> Snapshot:
        return Snapshot(
            now=self.now,
            tasks=dict(self.tasks),
            agents={"agent": self.agent},
            schedules={self.schedule.schedule_id: self.schedule},
            executions=list(self.executions.values()),
        )

    def history(self) -> History:
        return History(steps=list(self.steps), claims=list(self.claims), counted=dict(self.counted))


def lived() -> Lived:
    """That past."""
    past = Lived()
    for task_id in (RUNS, OVER, BACKS_OFF, WAITS, DROPPED):
        past.put(task_id)
    past.put(LATE, max_retries=0)
    for task_id in (RUNS, OVER, BACKS_OFF, DROPPED, LATE):
        past.start(task_id)
    past.complete(OVER)
    past.fail(BACKS_OFF, FailureKind.ERROR)
    past.fail(LATE, FailureKind.TIMEOUT)
    _rescued(past)
    _waited(past)
    past.write(lifecycle.cancelled(past.tasks[DROPPED], now=past.now, reason=None))
    first = past.fire()
    past.agent = replace(past.agent, lease_until=past.now + MINUTE, due_at=past.now + MINUTE)
    past.start(first)
    past.complete(first)
    past.settle(first)
    past.fire()
    return past


def _waited(past: Lived) -> None:
    """In line once its time to wait was over."""
    before = past.put("waited", ready_at=past.now, due_at=past.now, queue_key=None, queue_order=None)
    past.write(lifecycle.queued(before, now=past.now))


def _rescued(past: Lived) -> None:
    """Given back while it ran, taken again."""
    past.write(lifecycle.freed(past.tasks[RUNS], Outcome.RELEASED, now=past.now))
    past.start(RUNS)
