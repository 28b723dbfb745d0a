"""Runs that meet: what a slot does while an earlier run is open, and what an end of a run sets free."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.content import Content
from chalicelib.domain.errors import Conflict, IllegalMove, Invalid
from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.overlap import CANCEL_AGAIN_MS, MOST_OPEN, MOST_WAITING, cancelled_again, ended
from chalicelib.domain.schedule import NotDue, OverlapPolicy, Schedule, ScheduleStatus
from chalicelib.domain.schedule_lifecycle import changed, created, paused, resumed
from chalicelib.domain.schedule_runs import backfilled, dropped, fired, ran, settled

MINUTE = 60_000
NOON = round(datetime.fromisoformat("2027-01-01T12:00Z").timestamp() * 1000)
SKIP, ONE, ALL = OverlapPolicy.SKIP, OverlapPolicy.BUFFER_ONE, OverlapPolicy.BUFFER_ALL
CANCEL, ALLOW = OverlapPolicy.CANCEL_PREVIOUS, OverlapPolicy.ALLOW


def minute(number: int) -> int:
    return NOON + number * MINUTE


def active(overlap: OverlapPolicy, **fields: Any) -> Schedule:
    draft = Schedule(
        schedule_id="s",
        tenant="local",
        client_id="c",
        created_at=0,
        task_type="t",
        capability="c",
        document=Content("00", inline="{}"),
        cron="* * * * *",
        overlap=overlap,
    )
    return created(replace(draft, **fields), now=NOON)


def begun(overlap: OverlapPolicy, **fields: Any) -> tuple[Schedule, Execution]:
    """The first slot fired, and its run open."""
    schedule, firing, _ = fired(active(overlap, **fields), now=minute(1))
    assert firing is not None
    return schedule, firing.execution


def over(
    schedule: Schedule, run: Execution, *, good: bool = True, cancelled: bool = False, at: int = minute(9)
) -> Schedule:
    status = ExecutionStatus.COMPLETED if good else ExecutionStatus.FAILED
    done = settled(run, status, now=at, error_message=None if good else "no paper")
    return ended(schedule, done, now=at, was_cancelled=cancelled)


def test_a_schedule_that_allows_overlap_keeps_no_list_of_its_runs() -> None:
    schedule, run = begun(ALLOW)
    assert (schedule.open_runs, run.is_watched) == ((), False)
    _, firing, _ = fired(schedule, now=minute(2))
    assert firing is not None


@pytest.mark.parametrize("policy", [SKIP, ONE, ALL, CANCEL])
def test_any_other_watches_its_runs(policy: OverlapPolicy) -> None:
    schedule, run = begun(policy)
    assert (schedule.open_runs, run.is_watched) == ((run.task_id,), True)
    assert over(schedule, run).open_runs == ()


def test_a_slot_that_meets_an_open_run_is_skipped_and_recorded() -> None:
    schedule, _ = begun(SKIP)
    after, firing, (skipped,) = fired(schedule, now=minute(2) + 500)
    assert firing is None
    assert (skipped.slot, skipped.status, skipped.task_id) == (minute(2), ExecutionStatus.SKIPPED, None)
    assert (skipped.executed_at, skipped.ended_at, skipped.is_run) == (
        minute(2) + 500,
        minute(2) + 500,
        False,
    )
    assert skipped.error_message == "an earlier run was open, and overlap_policy is skip"
    assert (after.skipped_runs, after.total_runs, after.next_slot) == (1, 1, minute(3))


def test_after_the_end_of_the_run_the_next_slot_is_fired() -> None:
    schedule, run = begun(SKIP)
    after, _, _ = fired(schedule, now=minute(2))
    _, firing, given_up = fired(over(after, run), now=minute(3))
    assert firing is not None
    assert (firing.slot, given_up) == (minute(3), ())


@pytest.mark.parametrize(("policy", "room"), [(ONE, 1), (ALL, MOST_WAITING)])
def test_slots_wait_until_there_is_no_more_room(policy: OverlapPolicy, room: int) -> None:
    schedule, _ = begun(policy)
    for number in range(2, room + 2):
        schedule, firing, given_up = fired(schedule, now=minute(number))
        assert (firing, given_up) == (None, ())
    assert schedule.waiting == tuple(minute(number) for number in range(2, room + 2))
    schedule, firing, (skipped,) = fired(schedule, now=minute(room + 2))
    assert (firing, len(schedule.waiting), skipped.slot) == (None, room, minute(room + 2))
    assert f"{room} of its slots wait" in str(skipped.error_message)


def test_what_waits_is_due_when_the_run_ends_and_not_before() -> None:
    schedule, run = begun(ALL)
    for number in (2, 3):
        schedule, _, _ = fired(schedule, now=minute(number))
    assert (schedule.due_at, schedule.has_turn) == (minute(4), False)
    free = over(schedule, run, at=minute(3) + 7)
    assert (free.due_at, free.has_turn, free.next_run_at) == (minute(2), True, minute(4))
    after, firing, _ = fired(free, now=minute(3) + 9)
    assert firing is not None
    assert (firing.slot, firing.waited, firing.execution.slot) == (minute(2), True, minute(2))
    assert (after.waiting, after.next_slot, after.total_runs) == ((minute(3),), minute(4), 2)
    assert (after.is_busy, after.due_at) == (True, minute(4))


def test_a_slot_whose_time_came_goes_behind_those_that_wait() -> None:
    schedule, run = begun(ALL)
    schedule, _, _ = fired(schedule, now=minute(2))
    schedule, first, _ = fired(over(schedule, run), now=minute(3))
    assert first is not None
    assert first.slot == minute(2)
    schedule, second, _ = fired(schedule, now=minute(3))
    assert (second, schedule.waiting) == (None, (minute(3),))


def test_nothing_is_due_while_only_the_end_of_a_run_is_awaited() -> None:
    schedule, run = begun(ONE, max_runs=2)
    schedule, _, _ = fired(schedule, now=minute(2))
    assert (schedule.status, schedule.next_slot, schedule.due_at) == (ScheduleStatus.ACTIVE, None, None)
    with pytest.raises(NotDue, match="when an earlier run ends"):
        fired(schedule, now=minute(5))
    last, firing, _ = fired(over(schedule, run), now=minute(6))
    assert firing is not None
    assert (last.status, last.total_runs, last.waiting) == (ScheduleStatus.COMPLETED, 2, ())


def test_the_next_slot_takes_the_place_of_the_open_run() -> None:
    schedule, run = begun(CANCEL)
    schedule, firing, _ = fired(schedule, now=minute(2))
    assert firing is not None
    assert (firing.cancels, schedule.cancelling) == ((run.task_id,), (run.task_id,))
    assert (schedule.open_runs, schedule.cancel_at) == ((firing.task_id,), minute(2) + CANCEL_AGAIN_MS)
    settled_ = over(schedule, run, good=False, cancelled=True)
    assert (settled_.cancelling, settled_.cancel_at) == ((), None)
    assert settled_.open_runs == (firing.task_id,)


def test_the_clock_cancels_again_what_is_not_settled_whatever_the_schedules_status() -> None:
    schedule, _ = begun(CANCEL)
    schedule, _, _ = fired(schedule, now=minute(2))
    stopped = paused(schedule, now=minute(2) + 1)
    assert stopped.due_at == stopped.cancel_at == minute(2) + CANCEL_AGAIN_MS
    again = cancelled_again(stopped, now=minute(4))
    assert (again.due_at, again.version) == (minute(4) + CANCEL_AGAIN_MS, stopped.version + 1)


def test_one_settled_of_two_leaves_the_other_to_be_cancelled_again() -> None:
    schedule, run = begun(CANCEL)
    for number in (2, 3):
        schedule, _, _ = fired(schedule, now=minute(number))
    assert len(schedule.cancelling) == 2
    left = over(schedule, run, good=False, cancelled=True)
    assert (len(left.cancelling), left.cancel_at) == (1, schedule.cancel_at)


def test_a_run_by_hand_waits_for_nobody_but_later_slots_see_it() -> None:
    schedule, firing = ran(active(SKIP), now=NOON + 7)
    assert schedule.open_runs == (firing.task_id,)
    schedule, second = ran(schedule, now=NOON + 9)
    assert (len(schedule.open_runs), second.cancels) == (2, ())
    _, none, (skipped,) = fired(schedule, now=minute(1))
    assert (none, skipped.status) == (None, ExecutionStatus.SKIPPED)


def test_a_run_by_hand_cancels_nothing() -> None:
    schedule, run = begun(CANCEL)
    after, firing = ran(schedule, now=minute(1) + 7)
    assert (firing.cancels, after.cancelling) == ((), ())
    assert after.open_runs == (run.task_id, firing.task_id)


def test_runs_by_hand_have_their_bound() -> None:
    schedule = replace(active(SKIP), open_runs=tuple(map(str, range(MOST_OPEN))))
    with pytest.raises(IllegalMove, match="100 open runs"):
        ran(schedule, now=NOON + 7)
    assert ran(replace(schedule, overlap=ALLOW, open_runs=()), now=NOON + 7)[1].slot == NOON + 7


def test_a_run_by_hand_takes_the_place_of_a_slot_that_waits_when_no_more_are_left() -> None:
    schedule, _ = begun(ALL, max_runs=4)
    for number in (2, 3, 4):
        schedule, _, _ = fired(schedule, now=minute(number))
    after, _ = ran(schedule, now=minute(4) + 7)
    assert (after.total_runs, after.waiting, after.next_slot) == (2, (minute(2), minute(3)), None)
    assert after.status is ScheduleStatus.ACTIVE


def test_a_paused_schedule_keeps_what_waits_until_it_is_resumed() -> None:
    schedule, run = begun(ONE)
    schedule, _, _ = fired(schedule, now=minute(2))
    stopped = over(paused(schedule, now=minute(2) + 1), run)
    assert (stopped.waiting, stopped.due_at) == ((minute(2),), None)
    again = resumed(stopped, now=minute(60))
    assert (again.due_at, again.next_slot) == (minute(2), minute(61))


def test_resuming_what_has_nothing_but_waiting_slots_left_does_not_complete_it() -> None:
    schedule, run = begun(ONE, end_at=minute(2))
    schedule, _, _ = fired(schedule, now=minute(2))
    again = resumed(over(paused(schedule, now=minute(2)), run), now=minute(60))
    assert (again.status, again.next_slot, again.due_at) == (ScheduleStatus.ACTIVE, None, minute(2))


def test_allowing_overlap_gives_those_that_wait_their_turn() -> None:
    schedule, _ = begun(ONE)
    schedule, _, _ = fired(schedule, now=minute(2))
    allowed = changed(schedule, now=minute(2) + 1, overlap=ALLOW)
    assert (allowed.has_turn, allowed.due_at) == (True, minute(2))


def test_a_waiting_slot_that_had_its_run_is_dropped() -> None:
    schedule = replace(active(SKIP), waiting=(minute(-2), minute(-1)))
    rest = dropped(schedule, now=NOON)
    assert (rest.waiting, rest.next_slot, rest.total_runs) == ((minute(-1),), minute(1), 0)


def test_slots_of_the_past_have_their_turn_before_those_that_wait() -> None:
    schedule, _ = begun(ONE)
    schedule, _, _ = fired(schedule, now=minute(2))
    after = backfilled(schedule, [minute(-5), minute(-6)], now=minute(2) + 1)
    assert after.waiting == (minute(-6), minute(-5), minute(2))
    assert (after.version, after.next_slot) == (schedule.version + 1, minute(3))
    assert backfilled(after, [minute(-5)], now=minute(2) + 2) is after


def test_a_backfill_has_its_bounds() -> None:
    with pytest.raises(Conflict, match="101 slots would wait; at most 100"):
        backfilled(active(SKIP), [minute(-n) for n in range(1, MOST_WAITING + 2)], now=NOON)
    with pytest.raises(Invalid, match="3 slots are too many: max_runs leaves 2 runs"):
        backfilled(active(SKIP, max_runs=2), [minute(-n) for n in range(1, 4)], now=NOON)
    done, _, _ = fired(active(ALLOW, max_runs=1), now=minute(1))
    with pytest.raises(IllegalMove):
        backfilled(done, [minute(-1)], now=minute(1))


def test_a_backfill_that_uses_up_max_runs_leaves_no_coming_slot() -> None:
    after = backfilled(active(ALLOW, max_runs=2), [minute(-1), minute(-2)], now=NOON)
    assert (after.status, after.next_slot, after.due_at) == (ScheduleStatus.ACTIVE, None, minute(-2))
    once, _, _ = fired(after, now=NOON + 1)
    twice, _, _ = fired(once, now=NOON + 1)
    assert (twice.status, twice.total_runs) == (ScheduleStatus.COMPLETED, 2)
    waits = paused(active(ALLOW), now=NOON)
    assert backfilled(waits, [minute(-1)], now=NOON).next_slot is None


def failing(schedule: Schedule, times: int, *, cancelled: bool = False) -> Schedule:
    for number in range(times):
        schedule, firing = ran(schedule, now=minute(number) + 7)
        schedule = over(schedule, firing.execution, good=False, cancelled=cancelled)
    return schedule


def test_failures_in_a_row_pause_a_schedule_and_say_why() -> None:
    schedule = failing(active(ALLOW, pause_on_failures=3), 2)
    assert (schedule.status, schedule.failures_in_row) == (ScheduleStatus.ACTIVE, 2)
    stopped = failing(schedule, 1)
    assert (stopped.status, stopped.next_slot, stopped.due_at) == (ScheduleStatus.PAUSED, None, None)
    assert stopped.reason == "the last 3 runs failed (pause_on_failures 3): no paper"
    assert (stopped.updated_at, stopped.revision) == (minute(9), schedule.revision)
    assert failing(active(ALLOW, pause_on_failures=1), 1).reason == (
        "the last run failed (pause_on_failures 1): no paper"
    )


def test_a_good_run_and_resuming_begin_the_count_anew() -> None:
    schedule, firing = ran(failing(active(ALLOW, pause_on_failures=3), 2), now=minute(5) + 7)
    assert over(schedule, firing.execution).failures_in_row == 0
    assert resumed(failing(schedule, 1), now=minute(20)).failures_in_row == 0


def test_a_cancelled_run_is_neither_a_failure_nor_good() -> None:
    schedule = failing(active(ALLOW, pause_on_failures=2), 1)
    assert failing(schedule, 3, cancelled=True).failures_in_row == 1


def test_a_schedule_that_is_not_active_is_not_paused_by_late_failures() -> None:
    schedule, run = begun(ALLOW, max_runs=1, pause_on_failures=1)
    assert over(schedule, run, good=False).status is ScheduleStatus.COMPLETED


def test_an_end_that_changes_nothing_is_no_change() -> None:
    schedule, run = begun(ALLOW, pause_on_failures=3)
    assert run.is_watched
    assert over(schedule, run) is schedule
    anew = replace(schedule, created_at=run.executed_at + 1)
    assert over(anew, run, good=False) is anew
    unlimited = replace(schedule, pause_on_failures=None)
    assert over(unlimited, run, good=False) is unlimited


def test_a_pause_by_failures_lies_after_the_last_run_also_by_a_slower_clock() -> None:
    schedule, run = begun(ALLOW, pause_on_failures=1)
    stopped = over(schedule, run, good=False, at=minute(1) - 500)
    assert (stopped.updated_at, stopped.decided_until) == (minute(1), minute(1) - 500)
