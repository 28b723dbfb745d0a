"""Slots nobody fired in time, slots spread over a window, and dates on which there are none."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.content import Content
from chalicelib.domain.errors import Invalid
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.misfires import MOST_COUNTED, MOST_RECORDED
from chalicelib.domain.outlook import of_schedule
from chalicelib.domain.recurrence import last_slot, slots_between
from chalicelib.domain.schedule import CatchupPolicy, NotDue, Schedule, ScheduleStatus
from chalicelib.domain.schedule_lifecycle import changed, created, paused, resumed
from chalicelib.domain.schedule_runs import Fired, fired

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
NONE, ONE, ALL = CatchupPolicy.NONE, CatchupPolicy.ONE, CatchupPolicy.ALL


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NOON = ms("2027-03-10T12:00Z")


def active(**fields: Any) -> Schedule:
    draft = Schedule(
        schedule_id="s",
        tenant="local",
        client_id="c",
        created_at=0,
        task_type="t",
        capability="c",
        document=Content("00", inline="{}"),
        cron=None if "run_at" in fields else "*/5 * * * *",
    )
    return created(replace(draft, **fields), now=NOON)


def after(schedule: Schedule, *, ms: int) -> tuple[Fired, list[Execution]]:
    """Fired so long after noon, and what was given up."""
    found = fired(schedule, now=NOON + ms)
    return found, list(found.given_up)


def minutes(runs: list[Execution]) -> list[float]:
    return [(run.slot - NOON) / MINUTE for run in runs]


def test_missed_slots_are_recorded_as_such_with_the_reason() -> None:
    found, missed = after(active(catchup=ONE), ms=18 * MINUTE)
    assert found.firing is not None
    assert (found.firing.slot, minutes(missed)) == (NOON + 15 * MINUTE, [5, 10])
    assert {run.status for run in missed} == {ExecutionStatus.MISSED}
    assert missed[0].error_message == "nothing fired it in time, and catchup_policy is one"
    assert (missed[0].task_id, missed[0].executed_at, missed[0].ended_at) == (
        None,
        NOON + 18 * MINUTE,
        NOON + 18 * MINUTE,
    )
    assert (found.schedule.missed_runs, found.schedule.missed_since) == (2, NOON + 5 * MINUTE)


def test_a_slot_that_is_fired_in_time_leaves_the_record_of_the_last_outage() -> None:
    schedule = after(active(catchup=ONE), ms=18 * MINUTE)[0].schedule
    found, missed = after(schedule, ms=20 * MINUTE)
    assert (missed, found.schedule.missed_runs, found.schedule.missed_since) == ([], 2, NOON + 5 * MINUTE)


def test_none_records_all_that_it_gives_up() -> None:
    found, missed = after(active(catchup=NONE), ms=18 * MINUTE)
    assert (found.firing, minutes(missed), found.schedule.missed_runs) == (None, [5, 10, 15], 3)


def test_a_long_outage_is_counted_up_to_a_bound_and_its_latest_slots_are_recorded() -> None:
    found, missed = after(active(catchup=ONE, cron="* * * * *"), ms=DAY + 30 * SECOND)
    assert found.firing is not None
    last = (found.firing.slot - NOON) // MINUTE
    assert minutes(missed) == list(range(last - MOST_RECORDED, last))
    assert (found.schedule.missed_runs, found.schedule.missed_since) == (MOST_COUNTED, NOON + MINUTE)


def test_as_many_as_are_counted_are_recorded_alike_without_a_slot_to_fire() -> None:
    schedule = active(catchup=NONE, cron="* * * * *", end_at=NOON + 300 * MINUTE)
    found, missed = after(schedule, ms=DAY)
    assert found.schedule.status is ScheduleStatus.COMPLETED
    assert (minutes(missed), found.schedule.missed_runs) == (list(range(291, 301)), MOST_COUNTED)


def test_a_single_run_that_is_given_up_is_recorded() -> None:
    found, missed = after(active(catchup=NONE, run_at=NOON + MINUTE), ms=HOUR)
    assert (found.firing, minutes(missed)) == (None, [1])


@pytest.mark.parametrize(
    ("policy", "window", "fires", "gone"),
    [
        (ONE, None, 55, 10),
        (ONE, 6 * MINUTE, 55, 10),
        (ONE, 3 * MINUTE, None, 11),
        (ALL, 12 * MINUTE, 50, 9),
        (ALL, 60 * MINUTE, 5, 0),
        (ALL, SECOND, None, 11),
    ],
)
def test_what_is_older_than_the_catchup_window_is_given_up(
    policy: CatchupPolicy, window: int | None, fires: int | None, gone: int
) -> None:
    schedule = active(catchup=policy, catchup_window_ms=window)
    found = fired(schedule, now=NOON + 59 * MINUTE)
    assert (found.firing and (found.firing.slot - NOON) // MINUTE) == fires
    assert found.schedule.missed_runs == gone
    if fires is None:
        assert found.schedule.next_slot == NOON + HOUR


def test_a_single_run_has_a_catchup_window_if_one_is_given() -> None:
    late = active(catchup=ALL, run_at=NOON + MINUTE)
    assert after(late, ms=90 * DAY)[0].firing is not None
    bound = active(catchup=ALL, run_at=NOON + MINUTE, catchup_window_ms=HOUR)
    assert after(bound, ms=2 * HOUR)[0].firing is None
    assert after(bound, ms=MINUTE + HOUR)[0].firing is not None


def spread(schedule_id: str, window: int = HOUR) -> int:
    return replace(active(window_ms=window), schedule_id=schedule_id).spread_ms


def test_a_window_spreads_schedules_by_their_ids_over_whole_seconds_of_it() -> None:
    places = [spread(f"schedule-{n}") for n in range(1_000)]
    assert [spread(f"schedule-{n}") for n in range(1_000)] == places
    assert min(places) >= 0
    assert max(places) < HOUR
    assert {place % SECOND for place in places} == {0}
    tenths = {place // (HOUR // 10) for place in places}
    assert len(tenths) == 10
    assert (spread("s", 0), spread("s", 999), spread("s", SECOND)) == (0, 0, 0)


def test_a_spread_slot_fires_at_its_place_in_the_window_and_not_before() -> None:
    schedule = active(window_ms=4 * MINUTE)
    place = schedule.spread_ms
    assert 0 < place < 4 * MINUTE
    slot = NOON + 5 * MINUTE
    assert (schedule.next_slot, schedule.next_run_at, schedule.due_at) == (slot, slot + place, slot + place)
    with pytest.raises(NotDue):
        fired(schedule, now=slot + place - 1)
    moved, firing, _ = fired(schedule, now=slot + place + 700)
    assert firing is not None
    assert (firing.slot, firing.execution.slot, firing.execution.lateness_ms) == (slot, slot, 700)
    assert moved.next_slot == NOON + 10 * MINUTE


def test_lateness_and_catching_up_count_from_the_place_in_the_window() -> None:
    schedule = active(window_ms=4 * HOUR, cron="0 * * * *", catchup=NONE)
    due = schedule.due_at
    assert due is not None
    late = fired(schedule, now=due + MINUTE)
    assert late.firing is not None
    assert late.schedule.missed_runs == 0
    missed = fired(schedule, now=due + MINUTE + 1)
    assert (missed.firing, missed.schedule.missed_runs) == (None, 1)


def test_a_slot_whose_place_is_still_to_come_survives_a_pause() -> None:
    schedule = active(window_ms=4 * MINUTE)
    slot = NOON + 5 * MINUTE
    halted = paused(schedule, now=slot + SECOND)
    assert resumed(halted, now=slot + 2 * SECOND).next_slot == slot
    assert resumed(halted, now=slot + schedule.spread_ms + 1).next_slot == NOON + 10 * MINUTE
    ran_by_hand = replace(halted, last_run_at=slot + SECOND)
    assert resumed(ran_by_hand, now=slot + 2 * SECOND).next_slot == slot


def test_a_slot_that_had_its_turn_before_the_pause_has_none_after_it() -> None:
    due = NOON + 5 * MINUTE
    halted = paused(fired(active(), now=due).schedule, now=due + SECOND)
    wide = changed(halted, now=due + 2 * SECOND, window_ms=HOUR)
    assert wide.spread_ms > 3 * SECOND
    assert resumed(wide, now=due + 3 * SECOND).next_slot == NOON + 10 * MINUTE
    written_before = replace(wide, decided_until=None, last_run_at=due)
    assert resumed(written_before, now=due + 3 * SECOND).next_slot == NOON + 10 * MINUTE


def test_a_slot_whose_place_is_still_to_come_survives_another_timing_that_has_it_too() -> None:
    schedule = active(window_ms=4 * MINUTE)
    slot, now = NOON + 5 * MINUTE, NOON + 5 * MINUTE + SECOND
    assert changed(schedule, now=now, max_runs=7).next_slot == slot
    assert changed(schedule, now=now, cron="10 * * * *").next_slot == NOON + 10 * MINUTE
    assert changed(schedule, now=now, cron="* * * * *").next_slot == slot
    at_once = changed(schedule, now=now, window_ms=0, max_runs=7)
    assert at_once.next_slot == NOON + 10 * MINUTE
    single = active(run_at=slot, window_ms=HOUR)
    assert changed(single, now=slot + 2 * MINUTE, max_runs=7).next_slot == slot


def test_a_preview_of_a_paused_schedule_shows_the_run_whose_place_is_still_to_come() -> None:
    schedule = active(window_ms=4 * MINUTE)
    place = NOON + 5 * MINUTE + schedule.spread_ms
    assert of_schedule(paused(schedule, now=place - 2), now=place - 1, count=1).runs == [place]


def test_a_change_of_the_window_moves_the_place_and_not_the_slot() -> None:
    schedule = active()
    wide = changed(schedule, now=NOON + 1, window_ms=4 * MINUTE)
    assert wide.next_slot == schedule.next_slot
    assert wide.due_at == schedule.due_at + wide.spread_ms  # type: ignore[operator]


def test_no_slot_lies_on_an_excluded_date_of_the_schedules_own_zone() -> None:
    schedule = active(
        cron="0 1 * * *", timezone="America/New_York", excluded=("2027-03-12", "2027-03-11", "2027-03-12")
    )
    assert schedule.excluded == ("2027-03-11", "2027-03-12")
    assert schedule.next_slot == ms("2027-03-13T06:00Z")
    dense = active(timezone="Asia/Tokyo", excluded=("2027-03-10",))
    assert dense.next_slot == ms("2027-03-10T15:00Z")


def test_a_date_of_23_hours_is_left_out_whole() -> None:
    schedule = active(cron="30 * * * *", timezone="America/New_York", excluded=("2027-03-14",))
    slots = slots_between(schedule, since=ms("2027-03-14T03:00Z"), until=ms("2027-03-15T05:00Z"), most=9)
    assert slots == [ms("2027-03-14T03:30Z"), ms("2027-03-14T04:30Z"), ms("2027-03-15T04:30Z")]


def test_catching_up_ends_before_an_excluded_date() -> None:
    schedule = active(cron="0 */6 * * *", catchup=ONE, excluded=("2027-03-11", "2027-03-12"))
    found, missed = after(schedule, ms=ms("2027-03-12T20:00Z") - NOON)
    assert found.firing is not None
    assert (found.firing.slot, missed) == (ms("2027-03-10T18:00Z"), [])
    assert found.schedule.next_slot == ms("2027-03-13T00:00Z")


def test_the_last_slot_is_never_before_the_one_that_is_known() -> None:
    schedule = active(excluded=("2027-03-10",))
    assert last_slot(schedule, until=NOON + HOUR, since=NOON) == NOON
    assert last_slot(schedule, until=NOON, since=NOON) == NOON
    begun = active(cron="0 0 * * *", excluded=("2027-03-10",))
    midnight = ms("2027-03-10T00:00Z")
    assert last_slot(begun, until=midnight + HOUR, since=midnight - 1) == midnight - 1


@pytest.mark.parametrize(
    ("dates", "pointer", "said"),
    [
        (("2027-02-29",), "/excluded_dates/0", "is no date"),
        (("2027-03-11", "20270312"), "/excluded_dates/1", "write it as '2027-12-25'"),
        (("",), "/excluded_dates/0", "is no date"),
        (tuple(str(n) for n in range(367)), "/excluded_dates", "holds 367 dates; at most 366"),
    ],
)
def test_what_is_no_date_is_refused(dates: tuple[str, ...], pointer: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        active(excluded=dates)
    assert caught.value.errors[0].pointer == pointer
    assert said in caught.value.errors[0].message


def test_a_single_run_has_no_excluded_dates() -> None:
    with pytest.raises(Invalid, match="belong to a cron_expression"):
        active(run_at=NOON + HOUR, excluded=("2027-03-11",))


def test_new_dates_move_the_coming_slot() -> None:
    schedule = active(cron="0 1 * * *")
    assert changed(schedule, now=NOON, excluded=("2027-03-11",)).next_slot == ms("2027-03-12T01:00Z")


def test_slots_of_a_range_are_those_of_the_timing_whatever_was_run() -> None:
    schedule = replace(active(max_runs=3), total_runs=3)
    since, until = NOON - 20 * MINUTE, NOON - 5 * MINUTE
    assert slots_between(schedule, since=since, until=until, most=9) == [
        since,
        since + 5 * MINUTE,
        since + 10 * MINUTE,
        until,
    ]
    assert len(slots_between(schedule, since=since, until=until, most=2)) == 2
    begun = replace(schedule, start_at=since + 1)
    assert slots_between(begun, since=since, until=until, most=9)[0] == since + 5 * MINUTE
