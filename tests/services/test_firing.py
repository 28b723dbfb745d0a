"""Slots become tasks: once, never early; and their outcomes come back."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, IllegalMove, NotFound
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.schedule import CatchupPolicy, ScheduleStatus
from chalicelib.domain.task import Status
from chalicelib.services.firing import SLOTS_AT_ONCE
from tests.fakes import START_MS

from .doing import TENANT, cancel, complete, fail, registered, row, scheduled, start
from .worlds import Watched, watched

BUSY = {"heartbeat_ms": 6_000_000}
MINUTE = 60_000


def fired(w: Watched) -> list[int]:
    """Minutes since the start, oldest first."""
    return sorted((run.slot - START_MS) // MINUTE for run in w.schedules.runs.values() if run.is_run)


def test_a_slot_fires_to_the_second_and_not_before(w: Watched) -> None:
    scheduled(w)
    w.run(seconds=59.999, step_ms=999)
    assert fired(w) == []
    w.run(seconds=0.001)
    (run,) = w.schedules.runs.values()
    assert (run.slot, run.executed_at, run.lateness_ms) == (START_MS + MINUTE, START_MS + MINUTE, 0)
    task = row(w, run.task_id)
    assert (task.schedule_id, task.slot, task.awaited) == (run.schedule_id, run.slot, True)
    assert w.metrics.total("schedule_slots_fired_total") == w.metrics.total("tasks_created_total") == 1


def test_every_slot_fires_once_over_an_hour(w: Watched) -> None:
    scheduled(w, "*/5 * * * *")
    w.run(seconds=3_600, step_ms=5_000)
    assert fired(w) == list(range(5, 61, 5))


def test_every_slot_fires_though_every_announcement_between_ticks_is_lost(w: Watched) -> None:
    w.queue.drop = True
    scheduled(w)
    for _ in range(10):
        w.clock.advance(seconds=60)
        w.queue.drop = False
        w.use_cases.ticking.tick()
        due = [hint for hint in w.queue.sent if hint.at is None]
        w.queue.sent.clear()
        w.queue.drop = True
        for hint in due:
            w.use_cases.looking.look(hint.aggregate, hint.row_id)  # type: ignore[arg-type]
    assert fired(w) == list(range(1, 11))


def test_two_callers_at_once_fire_a_slot_once(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(seconds=60)
    w.schedules.meanwhile.first(lambda: w.use_cases.firing.fire(schedule.schedule_id))
    assert w.use_cases.firing.fire(schedule.schedule_id) == []
    assert fired(w) == [1]
    assert w.schedules.rows[schedule.schedule_id].total_runs == 1


def test_a_task_of_a_schedule_shares_its_document_and_takes_its_options(w: Watched) -> None:
    options = {"timeout_ms": 7_000, "max_retries": 1, "queue_timeout_ms": 90_000}
    schedule = scheduled(w, task_options=options, priority=9)
    w.clock.advance(seconds=60)
    (task,) = w.use_cases.firing.fire(schedule.schedule_id)
    assert task.document == schedule.document
    assert (task.timeout_ms, task.max_retries, task.priority) == (7_000, 1, 9)
    assert task.expires_at == w.clock() + 90_000


def test_missed_slots_are_made_up_by_the_policy(w: Watched) -> None:
    all_of_them = scheduled(w, catchup=CatchupPolicy.ALL)
    latest = scheduled(w, catchup=CatchupPolicy.ONE)
    none = scheduled(w, catchup=CatchupPolicy.NONE)
    w.clock.advance(seconds=600 + 30)
    made = {s.schedule_id: w.use_cases.firing.fire(s.schedule_id) for s in (all_of_them, latest, none)}
    assert len(made[all_of_them.schedule_id]) == 10
    assert [t.slot for t in made[latest.schedule_id]][-1] == START_MS + 10 * MINUTE
    assert [t.slot for t in made[none.schedule_id]] == [START_MS + 10 * MINUTE]
    assert w.metrics.total("schedule_slots_missed_total") == 8 + 9


def test_when_all_missed_slots_are_skipped_the_next_one_still_fires_in_time(w: Watched) -> None:
    schedule = scheduled(w, "*/2 * * * *", catchup=CatchupPolicy.NONE)
    w.queue.drop = True
    w.clock.advance(seconds=190)
    w.queue.drop = False
    assert w.use_cases.firing.fire(schedule.schedule_id) == []
    assert w.metrics.total("schedule_slots_missed_total") == 1
    w.run(seconds=50)
    assert fired(w) == [4]


def test_more_missed_slots_than_one_call_fires_are_due_again_at_once(w: Watched) -> None:
    schedule = scheduled(w, catchup=CatchupPolicy.ALL)
    w.clock.advance(seconds=60 * (SLOTS_AT_ONCE + 5))
    w.queue.sent.clear()
    assert len(w.use_cases.firing.fire(schedule.schedule_id)) == SLOTS_AT_ONCE
    w.drain()
    assert fired(w) == list(range(1, SLOTS_AT_ONCE + 6))


def test_the_next_slot_is_announced_once(w: Watched) -> None:
    schedule = scheduled(w)
    w.run(seconds=60)
    w.queue.sent.clear()
    w.clock.advance(seconds=60)
    w.use_cases.firing.fire(schedule.schedule_id)
    assert [hint.at for hint in w.queue.sent if hint.row_id == schedule.schedule_id] == [
        START_MS + 3 * MINUTE
    ]


def test_its_last_run_completes_a_schedule(w: Watched) -> None:
    schedule = scheduled(w, max_runs=2)
    once = scheduled(w, cron=None, run_at=START_MS + 90_000)
    w.run(seconds=300)
    assert fired(w) == [1, 1, 2]
    rows = w.schedules.rows
    assert rows[schedule.schedule_id].status is rows[once.schedule_id].status is ScheduleStatus.COMPLETED
    assert w.use_cases.firing.fire(once.schedule_id) == []


def test_a_row_that_makes_no_sense_any_more_fails_and_holds_up_nobody(w: Watched) -> None:
    bad = scheduled(w, task_options={"no such option": 1})
    worse = scheduled(w)
    w.schedules.rows[worse.schedule_id] = replace(worse, cron="not a cron")
    good = scheduled(w)
    w.run(seconds=60)
    assert [run.schedule_id for run in w.schedules.runs.values()] == [good.schedule_id]
    for schedule in (bad, worse):
        failed = w.schedules.rows[schedule.schedule_id]
        assert (failed.status, failed.due_at) == (ScheduleStatus.FAILED, None)
        assert str(failed.reason).startswith("cannot be fired: ")


def test_a_timing_changed_back_to_a_slot_that_was_fired_fails_instead_of_standing_still(w: Watched) -> None:
    schedule = scheduled(w)
    w.run(seconds=70)
    w.use_cases.schedules.change(
        schedule.schedule_id, {"cron": None, "run_at": START_MS + MINUTE}, tenant=TENANT
    )
    w.run(seconds=60)
    failed = w.schedules.rows[schedule.schedule_id]
    assert (failed.status, fired(w)) == (ScheduleStatus.FAILED, [1])
    assert str(failed.reason).endswith("was fired before")


def test_failing_that_loses_a_race_is_decided_again(w: Watched) -> None:
    bad = scheduled(w, task_options={"no such option": 1})
    w.clock.advance(seconds=60)
    w.schedules.meanwhile.first(
        lambda: w.use_cases.schedules.delete(bad.schedule_id, tenant=TENANT), lambda: None
    )
    assert w.use_cases.firing.fire(bad.schedule_id) == []
    assert w.schedules.rows == {}


def test_a_paused_schedule_fires_what_was_due_before_and_nothing_after(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(seconds=65)
    paused = w.use_cases.schedules.pause(schedule.schedule_id, tenant=TENANT, reason="enough")
    assert (fired(w), paused.status, paused.reason) == ([1], ScheduleStatus.PAUSED, "enough")
    w.run(seconds=300)
    assert fired(w) == [1]
    resumed = w.use_cases.schedules.resume(schedule.schedule_id, tenant=TENANT)
    assert resumed.next_slot == START_MS + 7 * MINUTE
    w.run(seconds=60)
    assert fired(w) == [1, 7]


def test_a_pause_between_read_and_fire_wins(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(seconds=59.9)
    pausing: list[Any] = []

    def pause() -> None:
        w.clock.now -= 100  # the one who pauses read the clock just before the slot
        pausing.append(w.use_cases.schedules.pause(schedule.schedule_id, tenant=TENANT, reason=None))
        w.clock.now += 100

    w.clock.advance(seconds=0.1)
    w.schedules.meanwhile.first(pause, lambda: None)
    assert w.use_cases.firing.fire(schedule.schedule_id) == []
    assert (fired(w), pausing[0].status) == ([], ScheduleStatus.PAUSED)


def test_a_run_now_stands_beside_the_cron(w: Watched) -> None:
    schedule = scheduled(w)
    w.run(seconds=60)
    first = w.use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT)
    w.clock.advance(ms=500)
    second = w.use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT)
    assert len({first.task_id, second.task_id}) == 2
    w.run(seconds=60)
    assert w.schedules.rows[schedule.schedule_id].total_runs == 4
    assert len(w.schedules.runs) == 4


def test_a_run_now_that_loses_a_race_runs_all_the_same(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(seconds=60)
    w.schedules.meanwhile.first(lambda: w.use_cases.firing.fire(schedule.schedule_id))
    assert w.use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT).status is Status.PENDING
    assert len(w.schedules.runs) == 2


def test_two_runs_in_one_millisecond_are_one_too_many(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(ms=1)
    w.use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT)
    with pytest.raises(Conflict, match="changing too fast"):
        w.use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT)
    assert len(w.schedules.runs) == 1


def test_a_completed_or_unknown_schedule_cannot_be_run(w: Watched) -> None:
    schedule = scheduled(w, max_runs=1)
    w.run(seconds=60)
    with pytest.raises(IllegalMove):
        w.use_cases.firing.run_now(schedule.schedule_id, tenant=TENANT)
    with pytest.raises(NotFound):
        w.use_cases.firing.run_now("none", tenant=TENANT)


def finished(w: Watched, *, good: bool) -> str:
    """A fired run that ended so; its schedule's id."""
    registered(w, **BUSY)
    schedule = scheduled(w, max_runs=1, task_options={"max_retries": 0})
    w.run(seconds=60)
    (run,) = w.schedules.runs.values()
    start(w, run.task_id)
    if good:
        complete(w, run.task_id, result={"rows": 3})
    else:
        fail(w, run.task_id, error="boom")
    return schedule.schedule_id


def test_a_good_run_settles_its_execution(w: Watched) -> None:
    schedule_id = finished(w, good=True)
    w.drain()
    (run,) = w.schedules.runs.values()
    assert (run.status, run.ended_at, run.error_message) == (ExecutionStatus.COMPLETED, w.clock(), None)
    assert w.use_cases.reading.document(run.result) == {"rows": 3}
    assert (row(w, run.task_id).unsettled, row(w, run.task_id).due_at) == (False, None)
    assert w.schedules.rows[schedule_id].failed_runs == 0


def test_a_failed_run_settles_its_execution_and_is_counted_once(w: Watched) -> None:
    schedule_id = finished(w, good=False)
    (run,) = w.schedules.runs.values()
    for _ in range(3):
        w.use_cases.settling.settle(run.task_id)
        w.use_cases.looking.due_tasks.look(run.task_id)
    w.drain()
    (run,) = w.schedules.runs.values()
    assert (run.status, run.error_message) == (ExecutionStatus.FAILED, "boom")
    assert w.schedules.rows[schedule_id].failed_runs == 1


def test_a_lost_settlement_is_made_up_by_the_clock(w: Watched) -> None:
    registered(w, **BUSY)
    scheduled(w, max_runs=1)
    w.run(seconds=60)
    (run,) = w.schedules.runs.values()
    start(w, run.task_id)
    w.queue.drop = True
    complete(w, run.task_id)
    w.queue.drop = False
    assert w.schedules.runs[run.schedule_id, run.slot].status is ExecutionStatus.PENDING
    w.run(seconds=61)
    assert w.schedules.runs[run.schedule_id, run.slot].status is ExecutionStatus.COMPLETED


def test_a_settlement_that_died_halfway_is_finished_without_a_second_count(w: Watched) -> None:
    schedule_id = finished(w, good=False)
    (run,) = w.schedules.runs.values()
    unsettled = row(w, run.task_id)
    w.use_cases.settling._execution(unsettled, schedule_id, run.slot)  # and there it died
    assert row(w, run.task_id).unsettled
    w.drain()
    assert not row(w, run.task_id).unsettled
    assert w.schedules.rows[schedule_id].failed_runs == 1


def test_outcomes_of_a_deleted_schedules_tasks_are_settled_all_the_same(w: Watched) -> None:
    registered(w, **BUSY)
    schedule = scheduled(w)
    w.run(seconds=60)
    (run,) = w.schedules.runs.values()
    w.use_cases.schedules.delete(schedule.schedule_id, tenant=TENANT)
    cancel(w, run.task_id)
    w.run(seconds=70)
    assert w.schedules.runs[run.schedule_id, run.slot].status is ExecutionStatus.FAILED
    assert fired(w) == [1]


def test_a_task_whose_execution_is_gone_is_settled() -> None:
    w = watched()
    finished(w, good=True)
    (run,) = w.schedules.runs.values()
    w.schedules.runs.clear()
    w.use_cases.settling.settle(run.task_id)
    assert not row(w, run.task_id).unsettled


def test_an_awaited_task_of_no_schedule_is_settled_by_its_mark_alone() -> None:
    w = watched()
    finished(w, good=True)
    (run,) = w.schedules.runs.values()
    w.tasks.rows[run.task_id] = replace(row(w, run.task_id), schedule_id=None)
    w.use_cases.settling.settle(run.task_id)
    assert not row(w, run.task_id).unsettled
    assert w.schedules.runs[run.schedule_id, run.slot].status is ExecutionStatus.PENDING
