"""Quotas of clients: how many schedules, and slots that are put off: late, counted, never lost."""

from typing import Any

import pytest

from chalicelib.domain.errors import QuotaExceeded
from chalicelib.domain.quota import Quota
from chalicelib.domain.schedule import CatchupPolicy, ScheduleStatus
from chalicelib.services.slot_quota import FREE
from tests.fakes import START_MS

from .doing import TENANT, scheduled
from .worlds import Watched, watched

MINUTE = 60_000
ONE_A_MINUTE = Quota(slots_per_minute=1)
BEFORE = FREE + 1 + 1  # what is free, a minute's quota, and the one whose place is now


def rushed(count: int = BEFORE + 3) -> tuple[Watched, list[str]]:
    """So many schedules of one client, all due in a minute, when the tick has announced them."""
    w = watched(quota=ONE_A_MINUTE)
    ids = [scheduled(w, "1 8 * * *").schedule_id for _ in range(count)]
    w.run(seconds=60)
    return w, ids


def lateness(w: Watched) -> list[int]:
    """In minutes, of the slots that were fired."""
    return sorted((run.executed_at - START_MS - MINUTE) // MINUTE for run in w.schedules.runs.values())


def put_off(w: Watched) -> list[str]:
    return [row.schedule_id for row in w.schedules.rows.values() if row.deferred_until is not None]


def test_a_client_that_has_its_share_of_schedules_gets_no_more_until_one_is_gone() -> None:
    w = watched(quota=Quota(schedules=2))
    first = scheduled(w)
    scheduled(w)
    with pytest.raises(QuotaExceeded, match="client client has 2 schedules"):
        scheduled(w)
    assert len(w.schedules.rows) == 2
    scheduled(w, client_id="another")
    w.use_cases.schedules.delete(first.schedule_id, tenant=TENANT)
    scheduled(w)


def test_a_repeated_creation_is_answered_though_the_quota_is_full() -> None:
    w = watched(quota=Quota(schedules=1))
    definition = {"client_id": "c", "task_type": "t", "capability": "report", "cron": "* * * * *"}
    answers = [
        w.use_cases.schedules.create(definition, tenant=TENANT, input_data=1, metadata={}, key="k")
        for _ in "ab"
    ]
    assert answers[0][0] == answers[1][0]
    assert [replayed for _, replayed in answers] == [False, True]


def test_slots_beyond_a_clients_quota_are_late_and_counted_and_all_are_fired() -> None:
    w, ids = rushed()
    assert lateness(w) == [0] * BEFORE
    assert len(put_off(w)) == w.metrics.total("schedule_slots_deferred_total") == 3
    w.run(seconds=3 * 60)
    assert lateness(w) == [0] * BEFORE + [1, 2, 3]
    assert put_off(w) == []
    assert {run.schedule_id for run in w.schedules.runs.values()} == set(ids)
    assert w.metrics.total("schedule_slots_missed_total") == 0


def test_slots_of_other_clients_are_on_time_meanwhile() -> None:
    w, _ = rushed()
    other = scheduled(w, "2 8 * * *", client_id="another")
    w.run(seconds=60)
    assert [run.executed_at for run in w.schedules.runs.values() if run.schedule_id == other.schedule_id] == [
        START_MS + 2 * MINUTE
    ]


def test_a_place_is_kept_though_every_announcement_of_it_is_lost() -> None:
    w, _ = rushed()
    w.queue.sent.clear()
    w.run(seconds=4 * 60)
    assert len(w.schedules.runs) == BEFORE + 3
    assert max(lateness(w)) <= 3


def test_what_was_put_off_and_comes_due_again_meanwhile_is_for_the_catch_up_policy() -> None:
    w = watched(quota=ONE_A_MINUTE)
    for _ in range(BEFORE + 3):
        scheduled(w, catchup=CatchupPolicy.ONE)
    w.run(seconds=20 * 60)
    fired = [run for run in w.schedules.runs.values() if run.is_run]
    missed = w.metrics.total("schedule_slots_missed_total")
    assert len(fired) + missed > 10 * (BEFORE + 3)  # each slot of the past is one or the other
    assert len({(run.schedule_id, run.slot) for run in fired}) == len(fired)


@pytest.mark.parametrize("change", ["pause", "other cron"])
def test_a_change_speaks_about_later_slots_so_that_one_put_off_is_fired_first(change: str) -> None:
    w, _ = rushed()
    held = put_off(w)[0]
    keeping = w.use_cases.schedules
    if change == "other cron":
        after = keeping.change(held, {"cron": "30 8 * * *"}, tenant=TENANT)
        assert after.next_slot == START_MS + 30 * MINUTE
    else:
        after = keeping.pause(held, tenant=TENANT, reason=None)
        assert after.status is ScheduleStatus.PAUSED
    assert after.deferred_until is None
    assert (held, START_MS + MINUTE) in w.schedules.runs


def test_a_schedule_that_is_deleted_while_it_is_put_off_never_fires() -> None:
    w, _ = rushed()
    held = put_off(w)[0]
    w.use_cases.schedules.delete(held, tenant=TENANT)
    w.run(seconds=5 * 60)
    assert held not in {run.schedule_id for run in w.schedules.runs.values()}


def test_a_doubled_hint_for_what_is_put_off_asks_for_no_second_place() -> None:
    w, _ = rushed(BEFORE + 1)
    held = put_off(w)[0]
    for _ in range(5):
        w.use_cases.firing.fire(held)
    assert w.metrics.total("schedule_slots_deferred_total") == 1
    w.run(seconds=60)
    assert lateness(w)[-1] == 1


class Dies(BaseException):
    """The process, in the middle of things."""


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("write", ["limits.reserve", "schedules.save"])
def test_a_process_that_dies_while_it_puts_a_slot_off_loses_nothing(write: str, *, is_done: bool) -> None:
    w = watched(quota=ONE_A_MINUTE)
    ids = [scheduled(w, "1 8 * * *").schedule_id for _ in range(BEFORE + 2)]
    port, name = getattr(w, write.partition(".")[0]), write.partition(".")[2]
    shipped = getattr(port, name)

    def die(*args: Any, **named: Any) -> None:
        if name == "save" and args[0].deferred_until is None:
            return shipped(*args, **named)  # of a slot that is fired
        setattr(port, name, shipped)
        if is_done:
            shipped(*args, **named)
        raise Dies

    setattr(port, name, die)
    with pytest.raises(Dies):
        w.run(seconds=60)
    w.run(seconds=6 * 60)
    assert {run.schedule_id for run in w.schedules.runs.values() if run.is_run} == set(ids)
    assert len(w.schedules.runs) == len(ids)
