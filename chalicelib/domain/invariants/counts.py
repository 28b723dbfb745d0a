"""Counters against the history: metrics, a schedule's runs, the evidence on an agent."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from chalicelib.domain import trust
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.task import Outcome, Task

from .snapshot import History, Snapshot
from .violation import RowKind, Violation, of_agent, of_schedule

EVIDENCE_WITHIN = 1e-4  # relative: evidence is weighed a moment after the end that it is of
_COUNT = "numbers that people look at are wrong: compare them with the rows before you act upon them"


def counted_metrics(_: Snapshot, history: History) -> Iterator[Violation]:
    """12. Each metric is the number of transitions of its kind; nothing where nobody counted."""
    if history.counted is None:
        return
    true: Counter[str] = Counter()
    for _id, before, after, _at in history.steps:
        true.update(_metrics_of(before, after))
    for name, n in true.items():
        if history.counted.get(name, 0) != n:
            text = f"says {history.counted.get(name, 0):g}, and there were {n}"
            yield Violation(12, RowKind.METRIC, name, text, _COUNT)


def _metrics_of(before: Task | None, after: Task) -> dict[str, int]:
    """What one write counts."""
    if before is None:
        return {"tasks_created_total": 1}
    ended = after.last if after.last != before.last else None
    return {
        f"tasks_{after.status.value.lower()}_total": 1 if after.is_over and not before.is_over else 0,
        "tasks_assigned_total": after.token - before.token,
        "tasks_retried_total": after.attempt - before.attempt,
        "tasks_timed_out_total": 1 if ended is not None and ended.outcome is Outcome.TIMEOUT else 0,
    }


def counted_runs(s: Snapshot, _: History) -> Iterator[Violation]:
    """12. A schedule counts all its runs, when none was deleted yet."""
    runs = Counter(run.schedule_id for run in s.executions if run.is_run)
    failed = Counter(run.schedule_id for run in s.executions if run.status is ExecutionStatus.FAILED)
    for x in s.schedules.values():
        true = (runs[x.schedule_id], failed[x.schedule_id])
        if (x.total_runs, x.failed_runs) != true:
            text = f"counts {x.total_runs} runs, {x.failed_runs} failed; there were {true[0]}, {true[1]}"
            yield of_schedule(x, 12, text, _COUNT)


def weighed_evidence(s: Snapshot, history: History) -> Iterator[Violation]:
    """12. One piece of evidence for each assignment that says something of its agent."""
    sums: dict[str, Mapping[str, float]] = defaultdict(dict)
    streaks: dict[str, Streak] = defaultdict(Streak)
    for made in history.adjusted:
        if made.evidence is not None:
            sums[made.agent_id] = made.evidence.added_to(sums[made.agent_id])
    forgiven = {made.agent_id for made in history.adjusted if made.lifts_quarantine}
    for agent_id, evidence in _charged(history):
        sums[agent_id] = evidence.added_to(sums[agent_id])
        streaks[agent_id] = streaks[agent_id].after(evidence)
    for agent in s.agents.values():
        if agent.agent_id in history.buried:
            continue
        if not _alike(agent.evidence, sums[agent.agent_id]):
            text = f"has evidence {dict(agent.evidence)}, and earned {sums[agent.agent_id]}"
            yield of_agent(agent, 12, text, "its trust is wrong by that: it heals with a half-life of 7 days")
        if agent.agent_id not in forgiven and not _counts_alike(agent.streak, streaks[agent.agent_id]):
            text = f"counts {agent.streak}, and had {streaks[agent.agent_id]}"
            yield of_agent(agent, 12, text, "its quarantine is wrong by that: its next success ends it")


def _charged(history: History) -> Iterator[tuple[str, trust.Evidence]]:
    for before, after in history.changes():
        if before.lease is None or after.lease is not None or after.last is None:
            continue
        evidence = trust.verdict(after.last, after)
        if evidence is not None:
            yield after.last.agent_id, evidence


def _counts_alike(one: Streak, other: Streak) -> bool:
    return (one.faults, one.failed_probes) == (other.faults, other.failed_probes)


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return one.keys() == other.keys() and all(
        abs(one[name] - other[name]) <= EVIDENCE_WITHIN * other[name] for name in one
    )


OF_COUNTS = (counted_metrics, counted_runs, weighed_evidence)
