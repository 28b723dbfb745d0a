"""What holds when all has come to rest, and which slots a schedule must have fired by then."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.execution import Execution, ExecutionStatus
from chalicelib.domain.invariants import Snapshot, at_rest, slots_complete
from chalicelib.domain.schedule import Schedule
from tests.contract.values import NOW, a_run, a_schedule
from tests.domain.lived import DROPPED, LATE, MINUTE, OVER, RUNS, WAITS, lived

ALL = lived().snapshot()


def test_nothing_is_at_rest_while_anything_is_open_held_or_unsettled() -> None:
    found = {(v.number, v.row_id, v.text.split(":")[0]) for v in at_rest(ALL)}
    assert (7, WAITS, "is still PENDING") in found
    assert (7, RUNS, "is still held by agent") in found
    assert (7, DROPPED, "is still held by agent") in found
    assert (7, "agent", "still counts 2 tasks in flight") in found


def test_what_is_over_and_settled_is_at_rest() -> None:
    ended = {i: ALL.tasks[i] for i in (OVER, LATE)}
    idle = {"agent": replace(ALL.agents["agent"], in_flight=0)}
    assert at_rest(Snapshot(now=NOW, tasks=ended, agents=idle)) == []


def test_a_mark_and_a_timer_are_no_rest() -> None:
    marked = replace(ALL.tasks[OVER], unsettled=True, due_at=NOW)
    texts = [v.text for v in at_rest(Snapshot(now=NOW, tasks={OVER: marked}))]
    assert texts == [
        "is not settled: who waits for it does not know",
        "is over and still looked at 2027-01-15 08:00:00.000Z",
    ]


def fired(*minutes: float, schedule_id: str = "schedule-1") -> list[Execution]:
    return [a_run(schedule_id, slot=NOW + round(minute * MINUTE)) for minute in minutes]


def complete(schedule: Schedule, runs: list[Execution], *, since: float = 0, until: float = 5) -> list[str]:
    found = slots_complete(
        schedule, runs, since=NOW + round(since * MINUTE), until=NOW + round(until * MINUTE)
    )
    assert {v.number for v in found} <= {10}
    return [f"{v.row_id} {v.text}" for v in found]


EVERY_MINUTE = a_schedule()


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({}, [1, 2, 3, 3.50001, 4, 5]),
        ({"cron": "*/2 * * * *"}, [2, 4]),
        ({"max_runs": 2}, [1, 2]),
        ({"max_runs": 2}, [0.4001, 1]),
        ({"start_at": NOW + 3 * MINUTE}, [3, 4, 5]),
        ({"end_at": NOW + 2 * MINUTE}, [1, 2]),
        ({"cron": None, "run_at": NOW + 2 * MINUTE}, [2]),
        ({"cron": None, "run_at": NOW + 9 * MINUTE}, []),
        ({"cron": "0 * * * *"}, []),
    ],
)
def test_all_slots_of_its_timing_are_complete(changes: dict[str, Any], minutes: list[float]) -> None:
    runs = [*fired(*minutes), *fired(7, schedule_id="other")]
    assert complete(replace(EVERY_MINUTE, **changes), runs) == []


def test_a_slot_left_out_is_found() -> None:
    assert complete(EVERY_MINUTE, fired(1, 2, 4, 5)) == ["schedule-1 fired no slot 2027-01-15 08:03:00.000Z"]


def test_a_slot_that_its_timing_does_not_have_is_found() -> None:
    assert complete(replace(EVERY_MINUTE, cron="*/2 * * * *"), fired(2, 3, 4)) == [
        f"schedule-1#{NOW + 3 * MINUTE} is of a slot that its schedule's timing does not have"
    ]


def test_a_slot_after_the_last_of_its_runs_is_found() -> None:
    assert complete(replace(EVERY_MINUTE, max_runs=2), fired(1, 2, 3)) == [
        f"schedule-1#{NOW + 3 * MINUTE} is of a slot that its schedule's timing does not have"
    ]


def test_runs_before_the_time_looked_at_count_towards_their_number() -> None:
    assert complete(replace(EVERY_MINUTE, max_runs=3), fired(1, 2, 3), since=2) == []
    assert complete(replace(EVERY_MINUTE, max_runs=3), fired(1, 2), since=2, until=3) == [
        "schedule-1 fired no slot 2027-01-15 08:03:00.000Z"
    ]


def test_only_the_time_looked_at_is_judged() -> None:
    assert complete(EVERY_MINUTE, fired(3, 4, 9), since=2, until=4) == []


def test_a_day_that_lacks_an_hour_has_its_slot_too() -> None:
    """Berlin's clocks skip 02:30 on 2027-03-28."""
    midnight = datetime.fromisoformat("2027-03-27T23:00Z").timestamp() * 1000
    berlin = a_schedule(cron="30 2 * * *", timezone="Europe/Berlin")
    (missing,) = slots_complete(berlin, [], since=round(midnight), until=round(midnight) + 23 * 60 * MINUTE)
    assert missing.text == "fired no slot 2027-03-28 01:00:00.000Z"


def test_slots_that_wait_or_were_given_up_are_accounted_for() -> None:
    waiting = replace(EVERY_MINUTE, waiting=(NOW + 4 * MINUTE, NOW + 5 * MINUTE))
    passed = a_run(slot=NOW + 2 * MINUTE, task_id=None, status=ExecutionStatus.SKIPPED)
    assert complete(waiting, [*fired(1, 3), passed]) == []
    assert complete(replace(waiting, max_runs=4), [*fired(1, 3), passed]) == []
    assert complete(waiting, fired(1, 3)) == ["schedule-1 fired no slot 2027-01-15 08:02:00.000Z"]
    assert complete(replace(waiting, waiting=()), [*fired(1, 3), passed], until=4) == [
        "schedule-1 fired no slot 2027-01-15 08:04:00.000Z"
    ]
