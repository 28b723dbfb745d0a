"""Schedules: one slot makes one task, and each outcome is counted once, whatever the row does meanwhile."""

from dataclasses import replace

import pytest

from chalicelib.domain import lifecycle
from chalicelib.domain.errors import LostRace
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from tests.contract.implementations import Stores
from tests.contract.values import NOW, TENANT, a_run, a_schedule, a_task, in_line

LATER = NOW + 60_000


def row(stores: Stores) -> Schedule:
    schedule = stores.schedules.get("schedule-1")
    assert schedule is not None
    return schedule


def fired(stores: Stores, slot: int = NOW, *, was: int = 1) -> Execution:
    """The schedule as it stands, one version on, its task and its run."""
    run = a_run(slot=slot)
    after = replace(row(stores), version=was + 1, next_slot=slot + 60_000, total_runs=was)
    stores.schedules.fire(after, was=was, task=a_task(run.task_id), execution=run)
    return run


def ended(run: Execution, status: ExecutionStatus, **changes: object) -> Execution:
    return replace(run, status=status, ended_at=LATER, **changes)


def test_a_clients_schedules_are_counted_up_to_a_bound(stores: Stores) -> None:
    for n in range(5):
        stores.schedules.add(a_schedule(f"schedule-{n}"))
    stores.schedules.add(a_schedule("of-another-client", client_id="client-2"))
    stores.schedules.add(a_schedule("of-another-tenant", tenant="other"))
    assert [stores.schedules.count_of_client(TENANT, "client-1", most=most) for most in (1, 4, 5, 6)] == [
        1,
        4,
        5,
        5,
    ]
    assert stores.schedules.count_of_client(TENANT, "client-3", most=9) == 0


def test_the_first_put_wins_and_the_second_sees_it(stores: Stores) -> None:
    assert stores.schedules.add(a_schedule()) is None
    assert stores.schedules.add(a_schedule(client_id="another")) == a_schedule()
    assert row(stores) == a_schedule()


def test_a_schedule_that_moved_on_cannot_be_saved(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    paused = replace(a_schedule(), version=2, status=ScheduleStatus.PAUSED, next_slot=None, reason="rest")
    stores.schedules.save(paused, was=1)
    assert row(stores) == paused
    with pytest.raises(LostRace):
        stores.schedules.save(replace(a_schedule(), version=2), was=1)
    with pytest.raises(LostRace):
        stores.schedules.save(replace(a_schedule("schedule-none"), version=2), was=1)
    assert row(stores) == paused
    assert stores.schedules.get("schedule-none") is None


def test_a_schedule_is_deleted_at_the_version_that_was_read(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    with pytest.raises(LostRace):
        stores.schedules.delete(replace(a_schedule(), version=2))
    assert row(stores) == a_schedule()
    stores.schedules.delete(a_schedule())
    assert stores.schedules.get("schedule-1") is None
    stores.schedules.delete(a_schedule())


def test_a_slot_moves_the_schedule_and_makes_its_task_and_its_run(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    run = fired(stores)
    assert row(stores) == replace(a_schedule(), version=2, next_slot=LATER, total_runs=1)
    assert stores.tasks.get(run.task_id) == a_task(run.task_id)
    assert stores.schedules.execution("schedule-1", NOW) == run


def test_a_schedule_that_moved_on_fires_nothing(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    stores.schedules.save(replace(a_schedule(), version=2), was=1)
    with pytest.raises(LostRace):
        fired(stores)
    assert row(stores).version == 2
    assert stores.tasks.get(a_run().task_id) is None
    assert stores.schedules.execution("schedule-1", NOW) is None


def test_a_deleted_schedule_fires_nothing(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    stores.schedules.delete(a_schedule())
    run = a_run()
    with pytest.raises(LostRace):
        stores.schedules.fire(
            replace(a_schedule(), version=2), was=1, task=a_task(run.task_id), execution=run
        )
    assert stores.schedules.get("schedule-1") is None
    assert stores.tasks.get(run.task_id) is None
    assert stores.schedules.execution("schedule-1", NOW) is None


def test_a_slot_whose_task_exists_fires_nothing(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    moved_on = lifecycle.parked(a_task(a_run().task_id))
    stores.tasks.add(moved_on)
    with pytest.raises(LostRace):
        fired(stores)
    assert row(stores) == a_schedule()
    assert stores.tasks.get(moved_on.task_id) == moved_on
    assert stores.schedules.execution("schedule-1", NOW) is None


def test_a_slot_that_has_a_run_fires_no_other_task(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    run = fired(stores)
    before = row(stores)
    other = replace(run, task_id="task-of-a-key")
    with pytest.raises(LostRace):
        stores.schedules.fire(
            replace(before, version=3), was=2, task=a_task("task-of-a-key"), execution=other
        )
    assert row(stores) == before
    assert stores.tasks.get("task-of-a-key") is None
    assert stores.schedules.execution("schedule-1", NOW) == run


def test_an_outcome_is_written_once(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    done = ended(fired(stores), ExecutionStatus.COMPLETED, result=in_line('{"sum":3}'))
    assert stores.schedules.settle(done)
    assert not stores.schedules.settle(ended(done, ExecutionStatus.FAILED, error_message="too late"))
    assert stores.schedules.execution("schedule-1", NOW) == done
    assert row(stores).failed_runs == 0


def test_failures_are_counted_once_each(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    runs = [fired(stores, NOW), fired(stores, LATER, was=2)]
    for run in [*runs, *runs]:
        stores.schedules.settle(ended(run, ExecutionStatus.FAILED, error_message="no"))
    assert row(stores).failed_runs == 2


def test_the_count_of_failures_survives_firing_and_saving(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    read_before = row(stores)
    run = fired(stores)
    assert stores.schedules.settle(ended(run, ExecutionStatus.FAILED))
    after = replace(read_before, version=3, next_slot=NOW + 120_000)
    second = a_run(slot=LATER)
    stores.schedules.fire(after, was=2, task=a_task(second.task_id), execution=second)
    assert row(stores) == replace(after, failed_runs=1)
    stores.schedules.save(replace(read_before, version=4), was=3)
    assert row(stores) == replace(read_before, version=4, failed_runs=1)


def test_counting_a_failure_does_not_disturb_who_read_before(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    run = fired(stores)
    stores.schedules.settle(ended(run, ExecutionStatus.FAILED))
    fired(stores, LATER, was=2)
    assert row(stores).version == 3


@pytest.mark.parametrize("status", [ExecutionStatus.COMPLETED, ExecutionStatus.FAILED])
def test_a_run_of_a_deleted_schedule_still_has_its_outcome(stores: Stores, status: ExecutionStatus) -> None:
    stores.schedules.add(a_schedule())
    done = ended(fired(stores), status)
    stores.schedules.delete(row(stores))
    assert stores.schedules.settle(done)
    assert not stores.schedules.settle(done)
    assert stores.schedules.execution("schedule-1", NOW) == done
    assert stores.schedules.get("schedule-1") is None


def test_what_was_never_fired_has_no_outcome(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    assert not stores.schedules.settle(ended(a_run(), ExecutionStatus.FAILED))
    assert stores.schedules.execution("schedule-1", NOW) is None
    assert row(stores).failed_runs == 0
