"""Slots that are given up, fired after all, or held up: schedule, executions and task move as one."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import LostRace
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from tests.contract.implementations import Stores
from tests.contract.values import NOW, a_run, a_schedule, a_task

MINUTE = 60_000
LATER = NOW + MINUTE


def row(stores: Stores) -> Schedule:
    schedule = stores.schedules.get("schedule-1")
    assert schedule is not None
    return schedule


def given_up(slot: int, status: ExecutionStatus = ExecutionStatus.MISSED) -> Execution:
    return a_run(slot=slot, task_id=None, status=status, ended_at=LATER, error_message="too late")


def moved(stores: Stores, **changes: object) -> Schedule:
    before = row(stores)
    return replace(before, version=before.version + 1, **changes)


def fire(stores: Stores, run: Execution, *missed: Execution, **changes: object) -> Schedule:
    after = moved(stores, **changes)
    task = a_task(run.task_id or "")
    stores.schedules.fire(after, was=after.version - 1, task=task, execution=run, given_up=missed)
    return after


def watched(stores: Stores) -> Execution:
    """A run that its schedule knows to be open."""
    stores.schedules.add(a_schedule())
    run = a_run(is_watched=True)
    fire(stores, run, open_runs=(run.task_id,))
    return run


def failed(run: Execution) -> Execution:
    return replace(run, status=ExecutionStatus.FAILED, ended_at=LATER, error_message="no")


def test_slots_that_are_given_up_are_recorded_with_the_slot_that_is_fired(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    run, missed = a_run(slot=LATER), [given_up(NOW), given_up(NOW + 1_000)]
    after = fire(stores, run, *missed, missed_runs=2)
    assert row(stores) == after
    assert stores.schedules.executions_between("schedule-1", since=NOW, until=LATER) == [*missed, run]


def test_a_slot_that_has_an_execution_cannot_be_given_up_any_more(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    fire(stores, a_run())
    before = row(stores)
    with pytest.raises(LostRace):
        fire(stores, a_run(slot=LATER), given_up(NOW))
    with pytest.raises(LostRace):
        stores.schedules.pass_over(moved(stores), was=before.version, given_up=[given_up(NOW)])
    assert row(stores) == before
    assert stores.schedules.execution("schedule-1", NOW) == a_run()
    assert stores.schedules.execution("schedule-1", LATER) is None
    assert stores.tasks.get(a_run(slot=LATER).task_id or "") is None


def test_a_slot_that_was_given_up_may_be_given_up_again(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    stores.schedules.pass_over(moved(stores), was=1, given_up=[given_up(NOW)])
    again = given_up(NOW, ExecutionStatus.SKIPPED)
    stores.schedules.pass_over(moved(stores), was=2, given_up=[again])
    assert (row(stores).version, stores.schedules.execution("schedule-1", NOW)) == (3, again)


@pytest.mark.parametrize("status", [ExecutionStatus.MISSED, ExecutionStatus.SKIPPED])
def test_a_slot_that_was_given_up_may_be_fired_after_all(stores: Stores, status: ExecutionStatus) -> None:
    stores.schedules.add(a_schedule())
    stores.schedules.pass_over(moved(stores), was=1, given_up=[given_up(NOW, status)])
    fire(stores, a_run())
    assert stores.schedules.execution("schedule-1", NOW) == a_run()
    with pytest.raises(LostRace):
        fire(stores, a_run(task_id="another"))


def test_moving_on_without_a_task_is_all_or_nothing(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    after = moved(stores, skipped_runs=1)
    stores.schedules.pass_over(after, was=1, given_up=[given_up(NOW, ExecutionStatus.SKIPPED)])
    assert row(stores) == after
    for slots in ([], [given_up(LATER)]):
        with pytest.raises(LostRace):
            stores.schedules.pass_over(after, was=1, given_up=slots)
    assert row(stores) == after
    assert stores.schedules.execution("schedule-1", LATER) is None
    on = moved(stores, waiting=(LATER,))
    stores.schedules.pass_over(on, was=2, given_up=[])
    assert row(stores) == on


def test_the_end_of_a_run_changes_its_schedule_in_one_write(stores: Stores) -> None:
    run = watched(stores)
    after = moved(stores, open_runs=(), status=ScheduleStatus.PAUSED, next_slot=None, failures_in_row=1)
    assert stores.schedules.end_run(failed(run), after, was=2)
    assert row(stores) == replace(after, failed_runs=1)
    assert stores.schedules.execution("schedule-1", NOW) == failed(run)


def test_an_end_is_written_once(stores: Stores) -> None:
    run = watched(stores)
    assert stores.schedules.end_run(failed(run), moved(stores, open_runs=()), was=2)
    before = row(stores)
    again = replace(run, status=ExecutionStatus.COMPLETED, ended_at=LATER)
    assert not stores.schedules.end_run(again, moved(stores, failures_in_row=9), was=3)
    assert not stores.schedules.end_run(again, moved(stores), was=1)
    assert row(stores) == before
    assert stores.schedules.execution("schedule-1", NOW) == failed(run)
    assert not stores.schedules.end_run(failed(a_run(slot=LATER)), moved(stores), was=3)


def test_an_end_that_meets_a_schedule_that_moved_on_is_decided_again(stores: Stores) -> None:
    run = watched(stores)
    with pytest.raises(LostRace):
        stores.schedules.end_run(failed(run), moved(stores, open_runs=()), was=1)
    assert row(stores).open_runs == (run.task_id,)
    assert stores.schedules.execution("schedule-1", NOW) == run
    stores.schedules.delete(row(stores))
    with pytest.raises(LostRace):
        stores.schedules.end_run(failed(run), replace(a_schedule(), version=3), was=2)
    assert stores.schedules.get("schedule-1") is None


def test_a_good_end_leaves_the_count_of_failures_alone(stores: Stores) -> None:
    run = watched(stores)
    done = replace(run, status=ExecutionStatus.COMPLETED, ended_at=LATER)
    assert stores.schedules.end_run(done, moved(stores, open_runs=()), was=2)
    assert row(stores).failed_runs == 0


def test_executions_of_a_range_are_those_of_one_schedule_in_order(stores: Stores) -> None:
    for schedule_id in ("schedule-1", "schedule-2"):
        stores.schedules.add(a_schedule(schedule_id))
    for slot in (LATER, NOW, LATER + MINUTE):
        fire(stores, a_run(slot=slot))
    other = a_run("schedule-2", slot=NOW, task_id="other")
    stores.schedules.fire(
        replace(a_schedule("schedule-2"), version=2), was=1, task=a_task("other"), execution=other
    )
    found = stores.schedules.executions_between("schedule-1", since=NOW, until=LATER)
    assert [run.slot for run in found] == [NOW, LATER]
    assert stores.schedules.executions_between("schedule-1", since=NOW + 1, until=LATER - 1) == []


def test_a_schedule_is_due_for_what_waits_and_for_what_is_to_be_cancelled(stores: Stores) -> None:
    stores.schedules.add(a_schedule(waiting=(NOW - MINUTE,)))
    stores.schedules.add(
        a_schedule("schedule-2", status=ScheduleStatus.PAUSED, next_slot=None, cancel_at=NOW)
    )
    due = [
        found for shard in range(8) for found in stores.schedules.due(shard, until=NOW + 1, limit=10).items
    ]
    assert sorted(due) == [("schedule-1", NOW - MINUTE), ("schedule-2", NOW)]
