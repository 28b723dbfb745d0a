"""Runs of one schedule that meet, over the whole service: what is skipped, waits, is cancelled or pauses."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.errors import LostRace
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.overlap import CANCEL_AGAIN_MS
from chalicelib.domain.schedule import OverlapPolicy, Schedule, ScheduleStatus
from chalicelib.domain.task import Status
from chalicelib.services.firing import REPLACED
from chalicelib.services.ports import Aggregate
from tests.fakes import START_MS

from .doing import TENANT, cancel, complete, fail, registered, row, scheduled, start
from .worlds import Watched

MINUTE = 60_000
BUSY = {"heartbeat_ms": 6_000_000}
SKIP, ONE, ALL = OverlapPolicy.SKIP, OverlapPolicy.BUFFER_ONE, OverlapPolicy.BUFFER_ALL
CANCEL = OverlapPolicy.CANCEL_PREVIOUS


def under_way(w: Watched, overlap: OverlapPolicy, **definition: Any) -> Schedule:
    """Its first run is ACTIVE."""
    registered(w, slots=9, **BUSY)
    once = {"task_options": {"max_retries": 0, "timeout_ms": 43_200_000}}
    schedule = scheduled(w, overlap=overlap, **(once | definition))
    w.run(seconds=60)
    start(w, task_of(w, 1))
    return schedule


def run_of(w: Watched, minute: int) -> Execution:
    return next(run for (_, slot), run in w.schedules.runs.items() if slot == START_MS + minute * MINUTE)


def task_of(w: Watched, minute: int) -> str:
    task_id = run_of(w, minute).task_id
    assert task_id is not None
    return task_id


def standing(w: Watched, schedule: Schedule) -> Schedule:
    return w.schedules.rows[schedule.schedule_id]


def told(w: Watched) -> dict[int, str]:
    """What became of each minute."""
    runs = sorted(w.schedules.runs.values(), key=lambda run: run.slot)
    return {(run.slot - START_MS) // MINUTE: run.status.value for run in runs}


def test_a_slot_is_skipped_while_a_run_is_open_and_fired_after_it(w: Watched) -> None:
    schedule = under_way(w, SKIP)
    w.run(seconds=120)
    assert told(w) == {1: "PENDING", 2: "SKIPPED", 3: "SKIPPED"}
    complete(w, task_of(w, 1))
    w.run(seconds=60)
    assert told(w) == {1: "COMPLETED", 2: "SKIPPED", 3: "SKIPPED", 4: "PENDING"}
    assert (standing(w, schedule).skipped_runs, standing(w, schedule).total_runs) == (2, 2)
    assert w.metrics.total("schedule_slots_skipped_total") == 2


def test_the_slot_that_waits_is_fired_as_soon_as_the_run_ends(w: Watched) -> None:
    schedule = under_way(w, ONE)
    w.run(seconds=150)
    assert told(w) == {1: "PENDING", 3: "SKIPPED"}
    assert standing(w, schedule).waiting == (START_MS + 2 * MINUTE,)
    complete(w, task_of(w, 1))
    w.drain()
    run = run_of(w, 2)
    assert (run.executed_at, run.lateness_ms) == (w.clock(), w.clock() - START_MS - 2 * MINUTE)
    assert standing(w, schedule).waiting == ()
    assert w.metrics.total("slot_lateness_ms") == 0


def test_slots_that_wait_are_fired_in_their_order_one_after_the_other(w: Watched) -> None:
    under_way(w, ALL)
    w.run(seconds=179)
    for minute in (1, 2, 3):
        assert [m for m, status in told(w).items() if status == "PENDING"] == [minute]
        if row(w, task_of(w, minute)).status is not Status.ACTIVE:
            start(w, task_of(w, minute))
        complete(w, task_of(w, minute))
        w.drain()
    assert told(w) == {1: "COMPLETED", 2: "COMPLETED", 3: "COMPLETED"}


def test_a_lost_hint_for_the_slot_that_waits_is_made_up_by_the_clock(w: Watched) -> None:
    schedule = under_way(w, ONE)
    w.run(seconds=90)
    complete(w, task_of(w, 1))
    w.queue.drop = True
    w.drain()
    w.queue.drop = False
    assert standing(w, schedule).has_turn
    w.run(seconds=60)
    assert told(w)[2] == "PENDING"


def test_a_run_that_its_client_cancels_sets_the_next_free(w: Watched) -> None:
    under_way(w, ONE)
    w.run(seconds=90)
    cancel(w, task_of(w, 1))
    w.drain()
    assert told(w) == {1: "FAILED", 2: "PENDING"}


def test_the_next_slot_cancels_the_run_before_it(w: Watched) -> None:
    schedule = under_way(w, CANCEL)
    w.run(seconds=60)
    first = row(w, task_of(w, 1))
    assert (first.status, first.error) == (Status.CANCELLED, REPLACED)
    assert told(w) == {1: "FAILED", 2: "PENDING"}
    now = standing(w, schedule)
    assert (now.open_runs, now.cancelling, now.cancel_at) == ((task_of(w, 2),), (), None)


def test_a_run_that_ended_at_that_very_moment_keeps_its_outcome(w: Watched) -> None:
    under_way(w, CANCEL)
    w.schedules.meanwhile.first(lambda: complete(w, task_of(w, 1)))
    w.run(seconds=60)
    assert row(w, task_of(w, 1)).status is Status.COMPLETED
    assert told(w) == {1: "COMPLETED", 2: "PENDING"}


def test_a_cancellation_that_was_lost_is_made_up_by_the_clock(w: Watched) -> None:
    schedule = under_way(w, CANCEL, end_at=START_MS + 2 * MINUTE)
    w.clock.advance(seconds=60)

    def killed() -> None:
        raise RuntimeError("killed between the two writes")

    w.schedules.meanwhile.first(lambda: None, lambda: None, killed)
    with pytest.raises(RuntimeError):
        w.use_cases.firing.fire(schedule.schedule_id)
    now = standing(w, schedule)
    assert (now.status, now.cancelling) == (ScheduleStatus.COMPLETED, (task_of(w, 1),))
    assert now.due_at == w.clock() + CANCEL_AGAIN_MS
    w.run(seconds=61)
    assert row(w, task_of(w, 1)).status is Status.CANCELLED
    assert (standing(w, schedule).cancelling, standing(w, schedule).due_at) == ((), None)


def test_a_cancellation_that_stays_unsettled_is_repeated_each_minute(w: Watched) -> None:
    schedule = under_way(w, CANCEL, end_at=START_MS + 2 * MINUTE)
    w.clock.advance(seconds=60)
    w.use_cases.firing.fire(schedule.schedule_id)
    w.queue.sent.clear()
    first = standing(w, schedule).cancel_at
    w.clock.advance(seconds=61)
    w.use_cases.looking.look(Aggregate.SCHEDULE, schedule.schedule_id)
    assert first is not None
    assert standing(w, schedule).cancel_at == first + CANCEL_AGAIN_MS + 1_000


def test_an_end_that_loses_a_race_is_decided_on_the_row_as_it_is(w: Watched) -> None:
    schedule = under_way(w, SKIP)
    complete(w, task_of(w, 1))
    w.clock.advance(seconds=60)
    w.schedules.meanwhile.first(
        lambda: w.use_cases.schedules.change(schedule.schedule_id, {"priority": 9}, tenant=TENANT)
    )
    w.drain()
    now = standing(w, schedule)
    assert (now.open_runs, now.priority, told(w)[1]) == ((), 9, "COMPLETED")


def test_an_end_that_loses_every_race_is_settled_later(w: Watched) -> None:
    schedule = under_way(w, SKIP)
    complete(w, task_of(w, 1))

    def change() -> None:
        now = standing(w, schedule)
        w.schedules.rows[schedule.schedule_id] = replace(now, version=now.version + 1)

    w.schedules.meanwhile.first(*[change] * 5)
    with pytest.raises(LostRace):
        w.use_cases.settling.settle(task_of(w, 1))
    assert row(w, task_of(w, 1)).unsettled
    w.use_cases.settling.settle(task_of(w, 1))
    assert standing(w, schedule).open_runs == ()


def test_an_end_is_told_to_its_schedule_once(w: Watched) -> None:
    schedule = under_way(w, ONE, pause_on_failures=3)
    fail(w, task_of(w, 1))
    unsettled = row(w, task_of(w, 1))
    known = w.schedules.execution(schedule.schedule_id, unsettled.slot or 0)
    w.drain()
    seen = w.schedules.execution
    w.schedules.execution = lambda *_: known  # type: ignore[method-assign]  # both looked before either wrote
    w.use_cases.settling._execution(unsettled, schedule.schedule_id, unsettled.slot or 0)
    w.schedules.execution = seen  # type: ignore[method-assign]
    now = standing(w, schedule)
    assert (now.failed_runs, now.failures_in_row) == (1, 1)


def test_the_outcome_of_a_deleted_schedules_watched_run_is_recorded(w: Watched) -> None:
    schedule = under_way(w, SKIP)
    w.use_cases.schedules.delete(schedule.schedule_id, tenant=TENANT)
    complete(w, task_of(w, 1))
    w.drain()
    assert told(w) == {1: "COMPLETED"}


def test_failures_in_a_row_pause_the_schedule(w: Watched) -> None:
    schedule = under_way(w, OverlapPolicy.ALLOW, pause_on_failures=2)
    fail(w, task_of(w, 1), error="no paper")
    w.run(seconds=60)
    assert standing(w, schedule).status is ScheduleStatus.ACTIVE
    start(w, task_of(w, 2))
    fail(w, task_of(w, 2), error="no paper")
    w.run(seconds=180)
    now = standing(w, schedule)
    assert (now.status, now.reason) == (
        ScheduleStatus.PAUSED,
        "the last 2 runs failed (pause_on_failures 2): no paper",
    )
    assert told(w) == {1: "FAILED", 2: "FAILED"}
    assert w.metrics.total("schedules_paused_total") == 1
    w.use_cases.schedules.resume(schedule.schedule_id, tenant=TENANT)
    w.run(seconds=60)
    assert standing(w, schedule).status is ScheduleStatus.ACTIVE
    assert len(told(w)) == 3


def test_a_good_run_of_a_schedule_that_pauses_on_failures_changes_it_not(w: Watched) -> None:
    schedule = under_way(w, OverlapPolicy.ALLOW, pause_on_failures=2)
    before = standing(w, schedule)
    complete(w, task_of(w, 1))
    w.drain()
    assert (standing(w, schedule), told(w)) == (before, {1: "COMPLETED"})


def test_slots_that_were_missed_are_in_the_list_of_executions_without_a_result(w: Watched) -> None:
    schedule = scheduled(w, "*/2 * * * *")
    w.clock.advance(seconds=430)
    w.use_cases.firing.fire(schedule.schedule_id)
    page, results = w.use_cases.schedules.executions(
        schedule.schedule_id, tenant=TENANT, limit=9, cursor=None
    )
    assert [(run.status, run.task_id is None) for run in page.items] == [
        (ExecutionStatus.PENDING, False),
        (ExecutionStatus.MISSED, True),
        (ExecutionStatus.MISSED, True),
    ]
    assert results == [None, None, None]
