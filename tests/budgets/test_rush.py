"""Many slots due in one second: all are fired, at a cost each, and no key is written too often."""

import pytest

from chalicelib.domain.quota import Quota

from .rush import MINUTE_MS, Rush

MOST_WRITES = 1_000  # of one key in a second: DynamoDB's limit for a partition key
SMALL = Quota(slots_per_minute=600)


@pytest.fixture(scope="module")
def rush() -> Rush:
    """One client has more than its quota due, another a few."""
    rush = Rush({"many": 1_800, "few": 200}, SMALL)
    rush.run(seconds=60 + 50)  # before those that were given a task have to start
    return rush


def test_no_key_is_written_more_than_a_thousand_times_in_a_second(rush: Rush) -> None:
    key, writes = rush.heat.hottest()
    assert 400 < writes <= MOST_WRITES, f"{writes} times in a second: {key}"


def test_a_client_with_few_slots_does_not_wait_for_one_with_many(rush: Rush) -> None:
    late = rush.lateness("few")
    assert len(late) == 200
    assert min(late) >= 0
    assert max(late) <= 2_000 / 400 + 1  # the time that all of them take at 400 a second


def test_a_slot_costs_a_bounded_number_of_calls_though_it_is_put_off(rush: Rush) -> None:
    fired, put_off = rush.calls["schedules.fire"], rush.calls["schedules.save"]
    assert put_off == rush.metrics.total("schedule_slots_deferred_total") > 500
    assert rush.calls["limits.reserve"] < 0.2 * (fired + put_off)
    assert sum(rush.calls.values()) < 6 * (fired + put_off)


def test_what_is_over_the_quota_is_late_and_counted_and_never_lost() -> None:
    rush = Rush({"many": 300, "few": 1}, Quota(slots_per_minute=60), agents=0)
    rush.run(seconds=60 + 290)
    late = sorted(rush.lateness("many"))
    assert len(late) == 300
    assert 225 < rush.metrics.total("schedule_slots_deferred_total") <= 230
    assert late[70] <= 2  # ten that are free, and a minute's quota
    assert 200 <= late[-1] <= 240  # the others, one a second
    assert rush.lateness("few")[0] <= 1
    assert rush.metrics.total("schedule_slots_missed_total") == 0
    assert {schedule.next_slot for schedule in rush.schedules.rows.values()} == {
        rush.clock.now // MINUTE_MS * MINUTE_MS - 4 * MINUTE_MS + 24 * 60 * MINUTE_MS
    }
