"""A schedule's moves: what each does, which are refused, and what never changes twice."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.content import Content
from chalicelib.domain.errors import IllegalMove, Invalid
from chalicelib.domain.execution import ExecutionStatus, task_id
from chalicelib.domain.schedule import MOVES, NotDue, Schedule, ScheduleStatus
from chalicelib.domain.schedule_lifecycle import (
    changed,
    created,
    failed,
    paused,
    resumed,
)
from chalicelib.domain.schedule_runs import backfilled, fired, ran, settled

MINUTE = 60_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NOON = ms("2027-01-01T12:00Z")
SOON = NOON + 5 * MINUTE


def draft(**fields: Any) -> Schedule:
    given: dict[str, Any] = {
        "schedule_id": "schedule-1",
        "tenant": "local",
        "client_id": "client-1",
        "created_at": 0,
        "task_type": "report",
        "capability": "reporting",
        "document": Content("00", inline="{}"),
        "cron": None if "run_at" in fields else "*/5 * * * *",
    }
    return Schedule(**{**given, **fields})


def active(**fields: Any) -> Schedule:
    return created(draft(**fields), now=NOON)


def completed() -> Schedule:
    return fired(active(run_at=SOON), now=SOON)[0]


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        call(**arguments)
    (error,) = caught.value.errors
    return error.pointer, error.message


def test_a_new_schedule_stands_before_its_first_slot_with_canonical_text() -> None:
    schedule = active(cron=" 05 *  * * mon-fri")
    assert (schedule.cron, schedule.status) == ("5 * * * MON-FRI", ScheduleStatus.ACTIVE)
    assert schedule.due_at == schedule.next_slot == SOON
    assert schedule.created_at == schedule.updated_at == NOON
    assert (schedule.version, schedule.revision, schedule.total_runs) == (1, 1, 0)


def test_slots_follow_the_schedules_own_time_zone() -> None:
    assert active(cron="0 9 * * *", timezone="Asia/Kolkata").next_slot == ms("2027-01-02T03:30Z")


@pytest.mark.parametrize(
    ("fields", "pointer", "said"),
    [
        ({"cron": "*/60 * * * *"}, "/cron_expression", "steps past the end"),
        ({"cron": None}, "/cron_expression", "give either cron_expression, or run_at"),
        ({"cron": "* * * * *", "run_at": SOON}, "/cron_expression", "not both"),
        ({"timezone": "Mars/Base"}, "/timezone", "is not an IANA time zone"),
        ({"start_at": SOON, "end_at": SOON - 1}, "/end_at", "lies before start_at"),
        ({"max_runs": 0}, "/max_runs", "must be above the 0 runs"),
        ({"run_at": NOON - 2 * MINUTE}, "/run_at", "lies in the past"),
        ({"run_at": SOON, "end_at": SOON - 1}, "/end_at", "nothing would run"),
        ({"end_at": NOON + MINUTE}, "/end_at", "nothing would run"),
        ({"cron": "0 0 * 2 1#5"}, "/cron_expression", "does not fire within the next 8 years"),
    ],
)
def test_a_schedule_that_contradicts_itself_or_never_fires_is_refused(
    fields: dict[str, Any], pointer: str, said: str
) -> None:
    found = refusal(created, schedule=draft(**fields), now=NOON)
    assert found[0] == pointer
    assert said in found[1]


def test_a_single_run_may_be_due_at_once_and_stands_on_the_next_whole_second() -> None:
    assert active(run_at=NOON - 30_000).next_slot == NOON - 30_000
    assert active(run_at=SOON + 1).next_slot == SOON + 1000


def test_firing_makes_one_task_of_the_slot_and_moves_on() -> None:
    schedule, firing, _ = fired(active(), now=SOON + 1_500)
    assert firing is not None
    assert (firing.slot, firing.skipped_since) == (SOON, None)
    assert firing.execution.task_id == firing.task_id == task_id("schedule-1", SOON)
    assert firing.execution.lateness_ms == 1_500
    assert firing.execution.status is ExecutionStatus.PENDING
    assert schedule.next_slot == SOON + 5 * MINUTE
    assert (schedule.total_runs, schedule.last_run_at, schedule.updated_at) == (1, SOON + 1_500, SOON + 1_500)
    assert (schedule.version, schedule.revision) == (2, 1)


def test_a_slots_task_id_is_told_by_schedule_and_slot_alone() -> None:
    assert task_id("schedule-1", SOON) == task_id("schedule-1", SOON)
    assert len({task_id(name, slot) for name in ("a", "b") for slot in (1, 2)}) == 4
    assert len(task_id("a", 1)) == len("task-") + 26
    assert task_id("a", 1).removeprefix("task-").isalnum()


def test_no_slot_fires_before_its_time() -> None:
    with pytest.raises(NotDue, match="in 1 ms"):
        fired(active(), now=SOON - 1)
    assert fired(active(), now=SOON)[1] is not None


def test_a_single_run_completes_its_schedule() -> None:
    schedule, firing, _ = fired(active(run_at=SOON), now=SOON)
    assert firing is not None
    assert (schedule.status, schedule.next_slot, schedule.due_at) == (ScheduleStatus.COMPLETED, None, None)
    assert schedule.reason == "its last run has been fired"


def test_the_last_of_max_runs_completes_its_schedule() -> None:
    once, _, _ = fired(active(max_runs=2), now=SOON)
    assert once.status is ScheduleStatus.ACTIVE
    twice, firing, _ = fired(once, now=SOON + 5 * MINUTE)
    assert firing is not None
    assert (twice.status, twice.next_slot, twice.total_runs) == (ScheduleStatus.COMPLETED, None, 2)


def test_a_slot_at_start_at_or_end_at_still_fires_and_none_outside_them() -> None:
    first = active(start_at=SOON + 5 * MINUTE, end_at=SOON + 10 * MINUTE)
    assert first.next_slot == SOON + 5 * MINUTE
    second, _, _ = fired(first, now=SOON + 5 * MINUTE)
    assert second.next_slot == SOON + 10 * MINUTE
    last, firing, _ = fired(second, now=SOON + 10 * MINUTE)
    assert firing is not None
    assert last.status is ScheduleStatus.COMPLETED


@pytest.mark.parametrize(
    "schedule", [paused(active(), now=NOON), failed(active(), now=NOON, reason="x"), completed()]
)
def test_only_an_active_schedule_fires(schedule: Schedule) -> None:
    assert schedule.due_at is None
    with pytest.raises(IllegalMove, match=f"is {schedule.status}: no slot"):
        fired(schedule, now=SOON + 100 * MINUTE)


def test_pausing_takes_it_out_of_the_clock_and_pausing_again_changes_nothing() -> None:
    schedule = paused(active(), now=NOON + 1, reason="holidays")
    assert (schedule.status, schedule.next_slot, schedule.reason) == (ScheduleStatus.PAUSED, None, "holidays")
    assert (schedule.version, schedule.revision, schedule.updated_at) == (2, 2, NOON + 1)
    assert paused(schedule, now=NOON + 2, reason="other") is schedule


def test_resuming_goes_on_from_the_next_slot_after_now() -> None:
    later = SOON + 7 * MINUTE
    schedule = resumed(paused(active(), now=NOON), now=later)
    assert (schedule.status, schedule.next_slot, schedule.reason) == (
        ScheduleStatus.ACTIVE,
        SOON + 10 * MINUTE,
        None,
    )
    assert (schedule.version, schedule.revision) == (3, 3)
    assert resumed(schedule, now=later + 1) is schedule


def test_resuming_with_nothing_left_to_run_completes_it() -> None:
    schedule = resumed(paused(active(run_at=SOON), now=NOON), now=SOON + MINUTE)
    assert (schedule.status, schedule.next_slot) == (ScheduleStatus.COMPLETED, None)
    assert schedule.reason == "nothing was left to run when it was resumed"


def test_a_completed_schedule_stays_so() -> None:
    over = completed()
    for move in (paused, resumed, changed):
        with pytest.raises(IllegalMove, match="COMPLETED"):
            move(over, now=SOON)
    with pytest.raises(IllegalMove, match="COMPLETED"):
        ran(over, now=SOON)
    with pytest.raises(IllegalMove, match="COMPLETED"):
        failed(over, now=SOON, reason="x")
    assert not MOVES[ScheduleStatus.COMPLETED]


def test_a_failed_schedule_says_why_and_can_be_resumed_or_repaired() -> None:
    broken = failed(active(), now=NOON, reason="its expression no longer parses")
    assert (broken.status, broken.reason, broken.due_at) == (
        ScheduleStatus.FAILED,
        "its expression no longer parses",
        None,
    )
    assert resumed(broken, now=NOON).next_slot == SOON
    repaired = changed(broken, now=NOON, cron="0 * * * *")
    assert (repaired.status, repaired.reason) == (ScheduleStatus.ACTIVE, None)
    assert repaired.next_slot == NOON + 60 * MINUTE
    assert changed(broken, now=NOON, priority=9).next_slot == SOON


def test_changing_the_timing_moves_exactly_the_future() -> None:
    once, _, _ = fired(active(), now=SOON)
    schedule = changed(once, now=SOON, cron="30 * * * *", description="half past")
    assert (schedule.cron, schedule.description) == ("30 * * * *", "half past")
    assert schedule.next_slot == NOON + 30 * MINUTE
    assert (schedule.total_runs, schedule.last_run_at) == (1, SOON)
    assert (schedule.version, schedule.revision) == (once.version + 1, once.revision + 1)
    single = changed(once, now=SOON, cron=None, run_at=NOON + 60 * MINUTE)
    assert single.next_slot == NOON + 60 * MINUTE


def test_changing_anything_else_leaves_the_slot_that_is_due() -> None:
    schedule = changed(active(), now=SOON + MINUTE, priority=9, timezone="UTC", cron=" */5 * * * *")
    assert (schedule.priority, schedule.next_slot) == (9, SOON)


def test_changing_a_paused_schedule_leaves_it_paused() -> None:
    schedule = changed(paused(active(), now=NOON, reason="x"), now=NOON, cron="0 * * * *")
    assert (schedule.status, schedule.next_slot, schedule.reason) == (ScheduleStatus.PAUSED, None, "x")
    assert resumed(schedule, now=NOON).next_slot == NOON + 60 * MINUTE


def test_a_change_is_checked_like_a_new_schedule() -> None:
    assert refusal(changed, schedule=active(), now=NOON, end_at=NOON)[0] == "/end_at"
    paused_one = paused(active(), now=NOON)
    assert refusal(changed, schedule=paused_one, now=NOON, cron="nonsense")[0] == "/cron_expression"
    once, _, _ = fired(active(), now=SOON)
    assert refusal(changed, schedule=once, now=SOON, max_runs=1) == (
        "/max_runs",
        "must be above the 1 runs there were so far",
    )
    with pytest.raises(TypeError, match="not part of a definition: status"):
        changed(once, now=SOON, status=ScheduleStatus.PAUSED)


def test_a_run_beside_the_cron_leaves_the_next_slot_and_takes_no_slots_place() -> None:
    schedule, firing = ran(active(), now=NOON)
    assert (schedule.next_slot, schedule.total_runs, schedule.last_run_at) == (SOON, 1, NOON)
    assert firing.slot == NOON + 1  # slots stand on whole seconds
    assert ran(active(), now=NOON + 7)[1].slot == NOON + 7
    named = ran(active(), now=NOON, task_id="task-of-a-key")[1]
    assert (named.task_id, named.execution.task_id, named.slot) == ("task-of-a-key",) * 2 + (NOON + 1,)
    assert ran(paused(active(), now=NOON), now=NOON)[0].status is ScheduleStatus.PAUSED


def test_a_run_beside_the_cron_counts_towards_max_runs() -> None:
    schedule, _ = ran(active(max_runs=1), now=NOON)
    assert (schedule.status, schedule.next_slot) == (ScheduleStatus.COMPLETED, None)
    assert ran(active(max_runs=2), now=NOON)[0].status is ScheduleStatus.ACTIVE


def test_an_outcome_is_recorded_once() -> None:
    _, firing, _ = fired(active(), now=SOON)
    assert firing is not None
    result = Content("11", inline="[1]")
    done = settled(firing.execution, ExecutionStatus.COMPLETED, now=SOON + 9, result=result)
    assert (done.status, done.ended_at, done.result) == (ExecutionStatus.COMPLETED, SOON + 9, result)
    assert settled(done, ExecutionStatus.FAILED, now=SOON + 99, error_message="late") is done
    wrong = settled(firing.execution, ExecutionStatus.FAILED, now=SOON, error_message="boom")
    assert (wrong.status, wrong.error_message) == (ExecutionStatus.FAILED, "boom")


def test_a_schedule_whose_text_no_longer_parses_is_refused_when_it_fires() -> None:
    with pytest.raises(Invalid):
        fired(replace(active(), cron="R R * * *"), now=SOON)


def test_one_whose_row_cannot_be_read_does_nothing_but_fail() -> None:
    lost = replace(active(), unreadable="its row cannot be read: cut off")
    for move in (fired, ran, paused, resumed, changed, lambda s, now: backfilled(s, [1], now=now)):
        with pytest.raises(IllegalMove, match="cut off; it can only be deleted"):
            move(lost, now=SOON)
    assert failed(lost, now=SOON, reason="x").status is ScheduleStatus.FAILED


def test_a_machine_whose_clock_is_late_does_not_set_the_last_run_back() -> None:
    schedule = replace(active(), last_run_at=SOON + 900)
    run, firing = ran(schedule, now=SOON + 1)
    assert (run.last_run_at, firing.execution.executed_at) == (SOON + 900, SOON + 1)
    assert ran(schedule, now=SOON + 901)[0].last_run_at == SOON + 901
