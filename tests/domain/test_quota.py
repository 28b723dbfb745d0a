"""How many schedules a client may have, how fast slots are fired, and what it means to be put off."""

from dataclasses import replace

import pytest

from chalicelib.domain import schedule_lifecycle, schedule_runs
from chalicelib.domain.errors import QuotaExceeded
from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.domain.recurrence import GRACE_MS
from chalicelib.domain.schedule import CatchupPolicy, OverlapPolicy, Schedule
from tests.contract.values import NOW, a_schedule

MINUTE = 60_000


def every_minute(**changes: object) -> Schedule:
    """Stands before the slot one minute from NOW."""
    plain = replace(a_schedule(), cron="* * * * *", next_slot=None)
    return schedule_lifecycle.created(replace(plain, **changes), now=NOW)


def test_a_client_may_have_as_many_schedules_as_the_quota_says_and_no_more() -> None:
    Quota(schedules=3).admit_schedule("client", 2)
    with pytest.raises(QuotaExceeded, match="client client has 3 schedules, as many as it may; delete some"):
        Quota(schedules=3).admit_schedule("client", 3)


def test_slots_are_apart_as_the_rates_say() -> None:
    assert (PLAIN.slot_ms, PLAIN.apart_ms) == (10, 20)
    assert (Quota(slots_per_minute=7).slot_ms, Quota(slots_per_second=100_000).apart_ms) == (MINUTE / 7, 1)


def test_a_slot_that_was_put_off_is_due_when_its_place_comes_and_cancelling_is_not_put_off() -> None:
    schedule = schedule_runs.deferred(every_minute(), NOW + 5 * MINUTE)
    assert (schedule.due_at, schedule.turn_at, schedule.ripe_at) == (
        NOW + 5 * MINUTE,
        NOW + MINUTE,
        NOW + MINUTE,
    )
    assert schedule.version == 2
    cancelling = replace(schedule, cancelling=("task",), cancel_at=NOW + 2)
    assert (cancelling.due_at, cancelling.ripe_at) == (NOW + 2, NOW + 2)


def test_a_place_before_the_slots_own_time_does_not_make_it_early() -> None:
    assert schedule_runs.deferred(every_minute(), NOW + 1).due_at == NOW + MINUTE


@pytest.mark.parametrize("catchup", CatchupPolicy)
def test_it_is_late_then_and_not_missed_and_the_next_stands_for_itself(catchup: CatchupPolicy) -> None:
    place = NOW + 5 * MINUTE
    schedule = schedule_runs.deferred(every_minute(catchup=catchup), place)
    after, firing, given_up = schedule_runs.fired(schedule, now=place + GRACE_MS)
    assert firing is not None
    assert (firing.slot, given_up) == (NOW + MINUTE, ())
    assert (after.next_slot, after.deferred_until, after.missed_runs) == (NOW + 2 * MINUTE, None, 0)


def test_a_place_that_nobody_served_in_time_is_missed_like_any_slot() -> None:
    place = NOW + 5 * MINUTE
    schedule = schedule_runs.deferred(every_minute(catchup=CatchupPolicy.NONE), place)
    after, firing, given_up = schedule_runs.fired(schedule, now=place + GRACE_MS + 1)
    assert firing is not None
    assert (firing.slot, after.deferred_until) == (NOW + 6 * MINUTE, None)  # which is just within its minute
    assert [run.slot for run in given_up] == [NOW + n * MINUTE for n in range(1, 6)]


def test_what_its_owner_does_forgets_the_place_and_a_run_by_hand_does_not() -> None:
    schedule = schedule_runs.deferred(every_minute(overlap=OverlapPolicy.SKIP), NOW + 5 * MINUTE)
    assert schedule_lifecycle.paused(schedule, now=NOW).deferred_until is None
    assert schedule_lifecycle.changed(schedule, now=NOW, priority=9).deferred_until is None
    assert schedule_lifecycle.failed(schedule, now=NOW, reason="r").deferred_until is None
    run, _ = schedule_runs.ran(schedule, now=NOW)
    assert run.deferred_until == NOW + 5 * MINUTE
