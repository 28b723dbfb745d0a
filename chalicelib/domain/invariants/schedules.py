"""Schedules: where each stands, and what it counts. The snapshot has all or some of their executions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field

from chalicelib.domain import recurrence
from chalicelib.domain.errors import DomainError
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.values import dataclass

from .snapshot import Snapshot
from .violation import Violation, moment, of_schedule

_MOVE = "pause and resume it (POST .../pause, .../resume): it then stands before its next slot"
_STOP = "only ACTIVE schedules fire; so that it cannot begin to, resume it and pause it again"


@dataclass
class Tally:
    """Executions of one schedule."""

    runs: int = 0
    failed: int = 0
    skipped: int = 0
    missed: int = 0
    watched: set[str] = field(default_factory=set)  # tasks whose end is still awaited

    def count(self, execution: Execution) -> None:
        self.runs += execution.is_run
        self.failed += execution.status is ExecutionStatus.FAILED
        self.skipped += execution.status is ExecutionStatus.SKIPPED
        self.missed += execution.status is ExecutionStatus.MISSED
        if execution.is_watched and execution.status is ExecutionStatus.PENDING:
            self.watched.add(execution.task_id or "")


def tallied(schedules: Mapping[str, Schedule], tallies: dict[str, Tally], run: Execution) -> None:
    """Count one execution, unless its schedule is gone, or made anew under the same id since."""
    schedule = schedules.get(run.schedule_id)
    if schedule is not None and run.executed_at >= schedule.created_at:
        tallies.setdefault(run.schedule_id, Tally()).count(run)


def standing(s: Snapshot) -> Iterator[Violation]:
    """10, 11. An ACTIVE schedule stands before a slot of its own, or its last wait; any other before none."""
    for schedule in s.schedules.values():
        slot, is_active = schedule.next_slot, schedule.status is ScheduleStatus.ACTIVE
        if is_active and slot is None and not schedule.waiting:
            yield of_schedule(schedule, 10, "is ACTIVE and stands before no slot: it never fires", _MOVE)
        elif is_active and slot is not None:
            wrong = _why_not(schedule, slot)
            if wrong is not None:
                yield of_schedule(schedule, 10, f"stands before {moment(slot)}: {wrong}", _MOVE)
        elif slot is not None:
            text = f"is {schedule.status} and stands before slot {moment(slot)}"
            yield of_schedule(schedule, 11, text, _STOP)


def _why_not(schedule: Schedule, slot: int) -> str | None:
    """Why that is no slot of it; None when it is one."""
    try:
        true = recurrence.next_slot(schedule, after=slot - 1)
    except (DomainError, ValueError, TypeError, OverflowError) as error:
        return f"its timing makes no sense: {error}"
    return None if true == slot else f"no slot of its timing and bounds, the next is {moment(true)}"


def counters(s: Snapshot) -> Iterator[Violation]:
    """12. A schedule counts at least the runs that are kept, and of those at least the failed ones."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for run in s.executions:
        tallied(s.schedules, tallies, run)
    for schedule in s.schedules.values():
        yield from miscounted(schedule, tallies[schedule.schedule_id])


def miscounted(schedule: Schedule, kept: Tally) -> Iterator[Violation]:
    """The same for one. It may count more than is kept: executions are deleted 30 days after their end."""
    for name, counts, runs in (
        ("total_runs", schedule.total_runs, kept.runs),
        ("failed_runs", schedule.failed_runs, kept.failed),
        ("skipped_runs", schedule.skipped_runs, kept.skipped),
        ("missed_runs", schedule.missed_runs, kept.missed),
    ):
        if counts < runs:
            advice = "only what people are shown is wrong, and max_runs: note it, and look for other writers"
            yield of_schedule(schedule, 12, f"counts {name} {counts}, and {runs} are kept", advice)
    over = sorted({*schedule.open_runs, *schedule.cancelling} - kept.watched)
    if over:
        advice = "its slots may wait for them for ever: set overlap_policy to allow, and note what happened"
        yield of_schedule(schedule, 12, f"waits for {', '.join(over)}, which are not open", advice)


OF_SCHEDULES = (standing, counters)
