"""What must always hold (the numbers are those of the list of invariants): pure, over rows and a history.

Each function answers a list of violations in words; an empty one is good.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.domain import queueing, routing, trust
from chalicelib.domain.agent import SWEEP_AGAIN_MS, Agent
from chalicelib.domain.lifecycle import MAX_RESCUES
from chalicelib.domain.schedule import Execution, ExecutionStatus, Schedule, ScheduleStatus
from chalicelib.domain.task import HELD, MOVES, Outcome, Status, Task

from .worlds import Claim, Watched

Step = tuple[str, Task | None, Task]
CHARGED = {Outcome.ERROR, Outcome.TIMEOUT}
UNSTARTED = {Status.PENDING, Status.BLOCKED}


@dataclass(frozen=True)
class Snapshot:
    """Everything there is, and how the tasks came to be as they are."""

    now: int
    tasks: Mapping[str, Task]
    agents: Mapping[str, Agent]
    buried: frozenset[str]
    schedules: Mapping[str, Schedule]
    executions: Sequence[Execution]
    history: Sequence[Step]
    written_at: Sequence[int]
    claims: Sequence[Claim]
    counted: Mapping[str, float]

    def histories(self) -> dict[str, list[tuple[Task | None, Task]]]:
        """Accepted transitions by task, in order."""
        by_id: dict[str, list[tuple[Task | None, Task]]] = defaultdict(list)
        for task_id, before, after in self.history:
            by_id[task_id].append((before, after))
        return by_id

    def steps(self) -> Iterator[tuple[Task, Task]]:
        """Every write to a row that was there."""
        return ((before, after) for _, before, after in self.history if before is not None)


def snapshot(w: Watched) -> Snapshot:
    """The world as it is now."""
    counted: Counter[str] = Counter()
    for name, value, _ in w.metrics.counted:
        counted[name] += value  # type: ignore[assignment]  # measures are floats
    return Snapshot(
        now=w.clock(),
        tasks=dict(w.tasks.rows),
        agents=dict(w.agents.rows),
        buried=frozenset(w.agents.buried),
        schedules=dict(w.schedules.rows),
        executions=list(w.schedules.runs.values()),
        history=list(w.tasks.history),
        written_at=list(w.tasks.written_at),
        claims=list(w.tasks.claims),
        counted=counted,
    )


def durable(s: Snapshot) -> list[str]:
    """1. Each task that was ever put is there, as it was last written."""
    last = {task_id: after for task_id, _, after in s.history}
    gone = [
        f"1: {task_id} is gone or is not what was written"
        for task_id in last
        if s.tasks.get(task_id) != last[task_id]
    ]
    return gone + [f"1: {task_id} was never written" for task_id in s.tasks.keys() - last.keys()]


def created_once(s: Snapshot) -> list[str]:
    """2. Each id was put once, and no write changes what was asked for."""
    found = [
        f"2: {i} was put twice" for i, n in Counter(i for i, b, _ in s.history if b is None).items() if n > 1
    ]
    asked = (
        "tenant",
        "client_id",
        "created_at",
        "task_type",
        "capability",
        "document",
        "priority",
        "request",
    )
    return found + [
        f"2: {after.task_id} was asked for otherwise: {name}"
        for before, after in s.steps()
        for name in asked
        if getattr(before, name) != getattr(after, name)
    ]


def _reachable(status: Status, steps: int) -> set[Status]:
    reached = {status}
    for _ in range(steps):
        reached |= {to for at in reached for to in MOVES[at]}
    return reached


def legal_history(s: Snapshot) -> list[str]:
    """3. A path of the state graph, each step from the version that the one before left."""
    found = []
    for task_id, steps in s.histories().items():
        first = steps[0][1]
        if steps[0][0] is not None or first.status not in UNSTARTED or first.version != 1:
            found.append(f"3: {task_id} began as {first.status} at version {first.version}")
        for (_, left), (before, after) in pairwise(steps):
            if before != left:
                found.append(f"3: {task_id} went on from another row than version {left.version}")
            if after.version <= left.version:
                found.append(f"3: {task_id} went from version {left.version} to {after.version}")
            if after.status not in _reachable(left.status, after.version - left.version):
                found.append(f"3: {task_id} went from {left.status} to {after.status}")
    return found


def exclusive_lease(s: Snapshot) -> list[str]:
    """4. A held task has one lease, under its newest token; it stands in one queue, or rightly in none."""
    found = []
    for task in s.tasks.values():
        lease = task.lease
        if (lease is None) == (task.status in HELD) and task.status is not Status.CANCELLED:
            found.append(f"4: {task.task_id} is {task.status} with lease {lease}")
        if lease is not None and lease.token != task.token:
            found.append(f"4: {task.task_id} holds token {lease.token}, the newest is {task.token}")
        waits = task.status is Status.PENDING and task.ready_at is None
        place = queueing.inbox(lease.agent_id) if lease else None
        if waits:
            place = queueing.line(task.tenant, task.capability)
        if task.queue_key != place or (place is not None) != (task.queue_order is not None):
            found.append(f"4: {task.task_id} ({task.status}) stands in {task.queue_key}, not in {place}")
    return found


def fenced(s: Snapshot) -> list[str]:
    """5. The token grows by one with every claim and never else; what ended is what was held."""
    found = []
    for before, after in s.steps():
        claimed = before.lease is None and after.lease is not None
        if after.token != before.token + claimed:
            found.append(f"5: {after.task_id} went from token {before.token} to {after.token}")
        if before.lease is not None and after.lease is None:
            last = after.last
            if last is None or (last.token, last.agent_id) != (before.lease.token, before.lease.agent_id):
                found.append(f"5: {after.task_id} ended another assignment than token {before.lease.token}")
        elif after.last != before.last:
            found.append(f"5: {after.task_id} ended an assignment that nobody had")
        holders = {
            (lease.token, lease.agent_id) for lease in (before.lease, after.lease) if lease is not None
        }
        if before.lease is not None and len(holders) > 1:
            found.append(f"5: {after.task_id} changed hands without a claim")
    return found


def single_result(s: Snapshot) -> list[str]:
    """6. One end, whose outcome never changes."""
    found = []
    for task_id, steps in s.histories().items():
        ends = [after for before, after in steps if after.is_over and (before is None or not before.is_over)]
        if len(ends) > 1:
            found.append(f"6: {task_id} ended {len(ends)} times")
        outcome = {(a.status, a.result, a.error, a.failure, a.ended_at) for _, a in steps if a.is_over}
        if len(outcome) > 1:
            found.append(f"6: the outcome of {task_id} changed")
    return found


def bounded_attempts(s: Snapshot) -> list[str]:
    """8. Attempts and rescues are bounded, only what may consumes them, and backoff is waited for."""
    found = []
    for before, after in s.steps():
        ended = after.last.outcome if after.last is not None and after.last != before.last else None
        if after.attempt != before.attempt and (ended not in CHARGED or after.attempt != before.attempt + 1):
            found.append(f"8: {after.task_id} was charged an attempt for {ended}")
        lost = before.status is Status.ACTIVE and ended in {
            Outcome.AGENT_LOST,
            Outcome.RELEASED,
            Outcome.SUPERSEDED,
            Outcome.NOT_STARTED,
        }
        if (after.rescues - before.rescues) != lost:
            found.append(
                f"8: {after.task_id} went from {before.rescues} to {after.rescues} rescues on {ended}"
            )
        if after.attempt > after.max_retries or after.rescues > MAX_RESCUES:
            found.append(f"8: {after.task_id} had {after.attempt} retries and {after.rescues} rescues")
    return found + _early(s)


def _early(s: Snapshot) -> list[str]:
    """Back in line before its backoff, or its not_before, was over."""
    return [
        f"8: {task_id} did not wait until {before.ready_at}"
        for (task_id, before, after), at in zip(s.history, s.written_at, strict=True)
        if before is not None and before.ready_at is not None
        if after.ready_at is None and not after.is_over and at < before.ready_at
    ]


def eligible_routing(s: Snapshot) -> list[str]:
    """9. Whoever got a task could have it, as its own row stood then."""
    found = []
    for claim in s.claims:
        refusal = routing.why_not(claim.agent, claim.before, now=claim.now)
        if refusal is not None or not claim.before.in_line or claim.before.has_expired(claim.now):
            found.append(f"9: {claim.before.task_id} was given to {claim.agent.agent_id}: {refusal}")
    return found


def paused_and_cancelled(s: Snapshot) -> list[str]:
    """11. A paused schedule fires no slot after its pause; a cancelled task never has a result."""
    found = [
        f"11: {t.task_id} was cancelled and has a result"
        for t in s.tasks.values()
        if t.status is Status.CANCELLED and t.result
    ]
    for run in s.executions:
        schedule = s.schedules.get(run.schedule_id)
        paused = schedule is not None and schedule.status is ScheduleStatus.PAUSED
        if schedule is not None and paused and run.slot % 1000 == 0 and run.slot > schedule.updated_at:
            found.append(f"11: {run.schedule_id} fired {run.slot} after its pause")
    return found


def conserved(s: Snapshot) -> list[str]:
    """12. Slots in use, counters, metrics and trust are what the history says."""
    return [*_slots(s), *_counters(s), *_runs(s), *_evidence(s)]


def _slots(s: Snapshot) -> list[str]:
    held = Counter(task.lease.agent_id for task in s.tasks.values() if task.lease is not None)
    found = [
        f"12: {agent_id} is gone and still holds {held[agent_id]}"
        for agent_id in held.keys() - s.agents.keys()
    ]
    return found + [
        f"12: {a.agent_id} counts {a.in_flight} and holds {held[a.agent_id]}"
        for a in s.agents.values()
        if a.in_flight != held[a.agent_id]
    ]


def _counters(s: Snapshot) -> list[str]:
    true: Counter[str] = Counter()
    for _, before, after in s.history:
        true["tasks_created_total"] += before is None
        if before is None:
            continue
        if after.is_over and not before.is_over:
            true[f"tasks_{after.status.value.lower()}_total"] += 1
        true["tasks_assigned_total"] += after.token - before.token
        true["tasks_retried_total"] += after.attempt - before.attempt
        timed_out = (
            after.last != before.last and after.last is not None and after.last.outcome is Outcome.TIMEOUT
        )
        true["tasks_timed_out_total"] += timed_out
    return [
        f"12: {name} says {s.counted.get(name, 0)}, there were {n}"
        for name, n in true.items()
        if s.counted.get(name, 0) != n
    ]


def _runs(s: Snapshot) -> list[str]:
    """One task a slot, one execution a task, and the schedule's own counts."""
    found = [
        f"12: {e.schedule_id} slot {e.slot} has no task" for e in s.executions if e.task_id not in s.tasks
    ]
    slots = Counter((t.schedule_id, t.slot) for t in s.tasks.values() if t.schedule_id)
    found += [f"10: {key} has {n} tasks" for key, n in slots.items() if n > 1]
    runs = Counter(e.schedule_id for e in s.executions)
    failed = Counter(e.schedule_id for e in s.executions if e.status is ExecutionStatus.FAILED)
    for x in s.schedules.values():
        if (x.total_runs, x.failed_runs) != (runs[x.schedule_id], failed[x.schedule_id]):
            found.append(f"12: {x.schedule_id} counts {x.total_runs} runs, {x.failed_runs} failed")
    return found


def _evidence(s: Snapshot) -> list[str]:
    """One piece of evidence for each assignment that says something of its agent."""
    true: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for before, after in s.steps():
        if before.lease is None or after.lease is not None or after.last is None:
            continue
        charged = trust.verdict(after.last, after.capability, now=after.last.ended_at)
        if charged is not None:
            sign = "+" if charged.good else "-"
            true[after.last.agent_id][charged.capability + sign] += charged.good + charged.bad
    return [
        f"12: the evidence on {a.agent_id} is {dict(a.evidence)}, not {dict(true[a.agent_id])}"
        for a in s.agents.values()
        if a.agent_id not in s.buried and not _alike(a.evidence, true[a.agent_id])
    ]


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return one.keys() == other.keys() and all(abs(one[k] - other[k]) <= 1e-9 * other[k] for k in one)


def watched_by_the_clock(s: Snapshot) -> list[str]:
    """7, ahead of time: whatever time may change stands in the clock, no later than it changes."""
    found = []
    for task in s.tasks.values():
        waits_for = [t for t in (task.ready_at, task.expires_at if task.in_line else None) if t is not None]
        if task.lease is not None:
            waits_for.append(task.lease.ends_at)
        late = [t for t in waits_for if task.due_at is None or task.due_at > t]
        if late or (task.unsettled and task.due_at is None):
            found.append(f"7: {task.task_id} ({task.status}) is due at {task.due_at}, waits for {waits_for}")
        if task.is_over and not task.unsettled and task.lease is None and task.due_at is not None:
            found.append(f"7: {task.task_id} is over and still due")
    for agent in s.agents.values():
        limit = max(agent.lease_until, s.now + SWEEP_AGAIN_MS)
        if agent.in_flight > 0 and (agent.due_at is None or agent.due_at > limit):
            found.append(
                f"7: {agent.agent_id} holds work and is due at {agent.due_at}, lease {agent.lease_until}"
            )
    return found


ALL = (
    durable,
    created_once,
    legal_history,
    exclusive_lease,
    fenced,
    single_result,
    watched_by_the_clock,
    bounded_attempts,
    eligible_routing,
    paused_and_cancelled,
    conserved,
)


def violations(s: Snapshot) -> list[str]:
    """Of all invariants."""
    return [violation for invariant in ALL for violation in invariant(s)]


def check(w: Watched) -> None:
    """Fails with every violation in words."""
    found = violations(snapshot(w))
    assert not found, "\n".join(found)
