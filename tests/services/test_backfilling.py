"""Slots of the past that are to run after all: each once, in their turn."""

import pytest

from chalicelib.domain.errors import IllegalMove, Invalid, NotFound
from chalicelib.domain.execution import ExecutionStatus, task_id
from chalicelib.domain.schedule import CatchupPolicy, OverlapPolicy, ScheduleStatus
from chalicelib.services.backfilling import Planned
from tests.fakes import START_MS

from .doing import TENANT, complete, registered, row, scheduled, start
from .worlds import Watched

MINUTE = 60_000
BUSY = {"heartbeat_ms": 6_000_000}


def minute(number: int) -> int:
    return START_MS + number * MINUTE


def backfilled(w: Watched, schedule_id: str, since: int, until: int) -> list[Planned]:
    """By minutes since the start."""
    _, plan = w.use_cases.backfilling.backfill(
        schedule_id, since=minute(since), until=minute(until), tenant=TENANT
    )
    return plan


def ran(w: Watched) -> list[int]:
    runs = (run for run in w.schedules.runs.values() if run.is_run)
    return sorted((run.slot - START_MS) // MINUTE for run in runs)


def test_slots_from_before_the_schedule_was_made_run_once_each(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    plan = backfilled(w, schedule_id, -3, 0)
    assert [(p.slot, p.was_known) for p in plan] == [(minute(n), False) for n in (-3, -2, -1, 0)]
    assert ran(w) == []
    w.drain()
    assert ran(w) == [-3, -2, -1, 0]
    for planned in plan:
        assert row(w, planned.task_id).slot == planned.slot
        assert planned.task_id == task_id(schedule_id, planned.slot)
    assert w.metrics.total("slot_lateness_ms") == 0


def test_asked_again_nothing_runs_twice(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    first = backfilled(w, schedule_id, -3, -2)
    assert [p.was_known for p in backfilled(w, schedule_id, -3, -1)] == [True, True, False]
    w.drain()
    again = backfilled(w, schedule_id, -4, -1)
    assert [p.was_known for p in again] == [False, True, True, True]
    assert [p.task_id for p in again[1:3]] == [p.task_id for p in first]
    w.drain()
    assert ran(w) == [-4, -3, -2, -1]


def test_missed_and_skipped_slots_run_after_all_and_those_that_ran_do_not(w: Watched) -> None:
    schedule_id = scheduled(w, catchup=CatchupPolicy.NONE).schedule_id
    w.run(seconds=60)
    w.queue.drop = True
    w.clock.advance(seconds=240)
    w.queue.drop = False
    w.use_cases.firing.fire(schedule_id)
    statuses = {(slot - START_MS) // MINUTE: run.status for (_, slot), run in w.schedules.runs.items()}
    assert [n for n, status in statuses.items() if status is ExecutionStatus.MISSED] == [2, 3]
    assert [p.was_known for p in backfilled(w, schedule_id, 1, 5)] == [True, False, False, True, True]
    w.drain()
    assert ran(w) == [1, 2, 3, 4, 5]
    assert w.schedules.rows[schedule_id].missed_runs == 2


@pytest.mark.parametrize("overlap", [OverlapPolicy.SKIP, OverlapPolicy.BUFFER_ALL])
def test_where_runs_must_not_meet_they_run_one_after_the_other(w: Watched, overlap: OverlapPolicy) -> None:
    registered(w, slots=9, **BUSY)
    schedule_id = scheduled(w, "0 12 * * *", overlap=overlap).schedule_id
    days = 1_440
    plan = backfilled(w, schedule_id, -3 * days, 0)
    assert len(plan) == 3
    for planned in plan:
        w.drain()
        assert [t.task_id for t in w.tasks.rows.values() if not t.is_over] == [planned.task_id]
        start(w, planned.task_id)
        complete(w, planned.task_id)
    w.drain()
    assert w.schedules.rows[schedule_id].waiting == ()


def test_a_slot_that_got_its_run_meanwhile_is_dropped(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    unseen = w.schedules.executions_between
    w.schedules.executions_between = lambda *_, **__: []  # type: ignore[method-assign]  # an index that lags
    for _ in range(2):
        backfilled(w, schedule_id, -2, -1)
        w.drain()
    w.schedules.executions_between = unseen  # type: ignore[method-assign]
    schedule = w.schedules.rows[schedule_id]
    assert (schedule.status, schedule.waiting, schedule.total_runs) == (ScheduleStatus.ACTIVE, (), 2)
    assert ran(w) == [-2, -1]


def test_a_slot_that_is_still_to_be_fired_by_itself_is_not_taken(w: Watched) -> None:
    schedule_id = scheduled(w, window_ms=50 * MINUTE).schedule_id
    spread = w.schedules.rows[schedule_id].spread_ms
    assert spread > MINUTE
    w.run(seconds=spread / 1000 - 30)
    first = w.schedules.rows[schedule_id].next_slot
    assert first is not None
    assert first < w.clock()
    assert [p.slot for p in backfilled(w, schedule_id, 0, 1)] == [START_MS]


def test_a_paused_schedule_keeps_them_until_it_is_resumed(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    w.use_cases.schedules.pause(schedule_id, tenant=TENANT, reason=None)
    w.run(seconds=150)
    assert [planned.was_known for planned in backfilled(w, schedule_id, 1, 2)] == [False, False]
    before = w.schedules.rows[schedule_id]
    assert [planned.was_known for planned in backfilled(w, schedule_id, 1, 2)] == [True, True]
    assert w.schedules.rows[schedule_id] == before
    w.run(seconds=60)
    assert ran(w) == []
    w.use_cases.schedules.resume(schedule_id, tenant=TENANT)
    w.drain()
    assert ran(w) == [1, 2]


def test_a_range_that_is_too_long_is_refused_with_the_count(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    with pytest.raises(Invalid, match="101 slots lie between since and until; ask for 100 at a time"):
        backfilled(w, schedule_id, -100, 0)
    with pytest.raises(Invalid, match="1000 or more slots"):
        backfilled(w, schedule_id, -5_000, 0)
    assert len(backfilled(w, schedule_id, -99, 0)) == 100


def test_a_range_that_makes_no_sense_is_refused(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    with pytest.raises(Invalid, match="lies after until"):
        backfilled(w, schedule_id, -1, -2)
    with pytest.raises(Invalid, match="lies in the future"):
        backfilled(w, schedule_id, -1, 1)
    with pytest.raises(NotFound):
        backfilled(w, "none", -1, 0)
    assert backfilled(w, scheduled(w, "0 12 * * *").schedule_id, -1, 0) == []


def test_a_completed_schedule_runs_nothing_any_more(w: Watched) -> None:
    schedule_id = scheduled(w, max_runs=1).schedule_id
    w.run(seconds=60)
    with pytest.raises(IllegalMove):
        backfilled(w, schedule_id, -1, 0)
