"""All slots of a schedule over a time: none left out, none invented, none after its bounds."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.domain.execution import Execution
from chalicelib.domain.recurrence import next_slot
from chalicelib.domain.schedule import Schedule

from .executions import is_of_timing
from .violation import Violation, moment, of_execution, of_schedule


def slots_complete(
    schedule: Schedule, executions: Sequence[Execution], *, since: int, until: int
) -> list[Violation]:
    """10. The slots in (since, until] that were fired, wait or were skipped are those of its timing.

    For a schedule that was neither paused, changed nor backfilled, over a time in which the clock looked at
    it each minute, so that catch-up gave up nothing. Runs that were asked for are left aside. `executions`
    has all there ever were, as they count towards max_runs; let `until` lie before the slots that may still
    be late.
    """
    mine = [run for run in executions if run.schedule_id == schedule.schedule_id]
    fired = {run.slot: run for run in mine if is_of_timing(run) and since < run.slot <= until}
    ran = [*(run.slot for run in mine if run.is_run), *schedule.waiting]
    wanted = set(_slots(schedule, sorted(ran), since=since, until=until)) - set(schedule.waiting)
    advice = "look for the tick's failures at that time, and run it (POST .../run) if it is still wanted"
    missing = [
        of_schedule(schedule, 10, f"fired no slot {moment(slot)}", advice)
        for slot in sorted(wanted - fired.keys())
    ]
    return missing + [
        of_execution(
            fired[slot], 10, "is of a slot that its schedule's timing does not have", "find its maker"
        )
        for slot in sorted(fired.keys() - wanted)
    ]


def _slots(schedule: Schedule, runs: Sequence[int], *, since: int, until: int) -> Iterator[int]:
    """Those of its timing; `runs` are all slots that were fired or wait, in order."""
    slot = next_slot(_after_runs(schedule, bisect_right(runs, since)), after=since)
    while slot is not None and slot <= until:
        yield slot
        slot = next_slot(_after_runs(schedule, bisect_right(runs, slot)), after=slot)


def _after_runs(schedule: Schedule, count: int) -> Schedule:
    return replace(schedule, total_runs=count, waiting=())
