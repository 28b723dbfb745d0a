"""Schedules: made, changed, paused, resumed, deleted, listed."""

import pytest

from chalicelib.domain.errors import Conflict, Invalid, KeyReused, LostRace, NotFound, TooLarge
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.services.documents import ANSWER_BYTES
from tests.fakes import START_MS

from .doing import TENANT, complete, registered, scheduled, start
from .worlds import Watched

MINUTE = 60_000
LARGE = "x" * 1_000


def make(w: Watched, *, key: str | None = None, **definition: object) -> tuple[Schedule, bool]:
    known = {"client_id": "c", "task_type": "t", "capability": "report", "cron": "* * * * *"}
    return w.use_cases.schedules.create(
        known | definition, tenant=TENANT, input_data=LARGE, metadata={}, key=key
    )


def listed(w: Watched, **asked: object) -> list[str]:
    wanted: dict[str, object] = {
        "client_id": None,
        "status": None,
        "limit": 50,
        "cursor": None,
        "tenant": TENANT,
    }
    page = w.use_cases.schedules.list_schedules(**(wanted | asked))  # type: ignore[arg-type]
    return [schedule.schedule_id for schedule in page.items]


def test_a_new_schedule_stands_before_its_first_slot_with_its_document_kept(w: Watched) -> None:
    schedule, replayed = make(w)
    assert (schedule.next_slot, replayed) == (START_MS + MINUTE, False)
    assert schedule.document.key in w.payloads.texts
    assert [hint.at for hint in w.queue.sent] == [START_MS + MINUTE]


def test_a_slot_beyond_the_horizon_is_left_to_the_tick(w: Watched) -> None:
    make(w, cron="0 12 * * *")
    assert w.queue.sent == []


@pytest.mark.parametrize(("cron", "error"), [("61 * * * *", Invalid), (None, Invalid)])
def test_a_wrong_schedule_leaves_nothing_behind(w: Watched, cron: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        make(w, cron=cron)
    assert (w.schedules.rows, w.payloads.texts) == ({}, {})


def test_an_input_above_the_limit_is_refused(w: Watched) -> None:
    with pytest.raises(TooLarge):
        w.use_cases.schedules.create({}, tenant=TENANT, input_data="x" * 300_000, metadata={})


def test_the_same_key_makes_one_schedule(w: Watched) -> None:
    first, _ = make(w, key="k")
    w.run(seconds=61)
    again, replayed = make(w, key="k")
    assert replayed
    assert again.schedule_id == first.schedule_id
    with pytest.raises(KeyReused):
        make(w, key="k", priority=9)
    assert len(w.schedules.rows) == 1


def test_two_creations_with_one_key_at_once_make_one_schedule(w: Watched) -> None:
    first, _ = make(w, key="k")
    known = w.schedules.get
    w.schedules.get = lambda _: None  # type: ignore[method-assign]  # both looked before either wrote
    assert make(w, key="k") == (first, True)
    w.schedules.get = known  # type: ignore[method-assign]


def test_a_change_of_timing_moves_the_next_slot_and_is_announced(w: Watched) -> None:
    schedule = scheduled(w, "0 12 * * *")
    changed = w.use_cases.schedules.change(schedule.schedule_id, {"cron": "*/2 * * * *"}, tenant=TENANT)
    assert (changed.next_slot, changed.revision) == (START_MS + 2 * MINUTE, 2)
    w.run(seconds=120)
    assert len(w.schedules.runs) == 1


def test_a_slot_that_was_fired_by_a_faster_clock_never_comes_again(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    w.run(seconds=60)
    w.clock.advance(ms=-700)
    assert w.use_cases.schedules.pause(schedule_id, tenant=TENANT, reason=None).next_slot is None
    resumed = w.use_cases.schedules.resume(schedule_id, tenant=TENANT)
    assert resumed.next_slot == START_MS + 2 * MINUTE
    w.run(seconds=1)
    assert w.schedules.rows[schedule_id].status is ScheduleStatus.ACTIVE
    assert len(w.schedules.runs) == 1


def test_a_new_input_is_what_the_next_run_gets(w: Watched) -> None:
    schedule = scheduled(w)
    document = {"input": LARGE, "metadata": {}}
    w.use_cases.schedules.change(schedule.schedule_id, {}, tenant=TENANT, document=document)
    w.clock.advance(seconds=60)
    (task,) = w.use_cases.firing.fire(schedule.schedule_id)
    assert w.use_cases.reading.task(task.task_id, tenant=TENANT).input_data == LARGE


def test_a_change_that_changes_nothing_writes_nothing(w: Watched) -> None:
    schedule = scheduled(w, priority=7)
    w.clock.advance(seconds=1)
    for same in ({}, {"priority": 7}, {"cron": "*/1 * * * *"}):
        after = w.use_cases.schedules.change(schedule.schedule_id, same, tenant=TENANT)
        assert (after.revision, after.version, after.updated_at) == (1, schedule.version, schedule.updated_at)


def test_a_change_of_another_revision_is_refused(w: Watched) -> None:
    schedule = scheduled(w)
    schedules = w.use_cases.schedules
    schedules.change(schedule.schedule_id, {"priority": 7}, tenant=TENANT, expected_revision=1)
    with pytest.raises(Conflict, match="at revision 2, not 1"):
        schedules.change(schedule.schedule_id, {"priority": 8}, tenant=TENANT, expected_revision=1)
    assert w.schedules.rows[schedule.schedule_id].priority == 7


def test_a_change_fires_what_was_due_before_it(w: Watched) -> None:
    schedule = scheduled(w)
    w.clock.advance(seconds=61)
    w.use_cases.schedules.change(schedule.schedule_id, {"priority": 9}, tenant=TENANT)
    (task,) = w.tasks.rows.values()
    assert task.priority == 5


def test_pausing_and_resuming_again_change_nothing(w: Watched) -> None:
    schedule = scheduled(w)
    schedules = w.use_cases.schedules
    assert schedules.resume(schedule.schedule_id, tenant=TENANT) == schedule
    paused = schedules.pause(schedule.schedule_id, tenant=TENANT, reason="a")
    assert schedules.pause(schedule.schedule_id, tenant=TENANT, reason="b") == paused


def test_a_change_that_loses_a_race_is_decided_again(w: Watched) -> None:
    schedule = scheduled(w)
    schedules = w.use_cases.schedules
    w.schedules.meanwhile.first(
        lambda: schedules.change(schedule.schedule_id, {"priority": 9}, tenant=TENANT), lambda: None
    )
    paused = schedules.pause(schedule.schedule_id, tenant=TENANT, reason=None)
    assert (paused.priority, paused.status) == (9, ScheduleStatus.PAUSED)


def _busy(w: Watched, schedule_id: str) -> None:
    def bump(priority: int) -> None:
        later, w.schedules.meanwhile.pending = w.schedules.meanwhile.pending, []
        w.use_cases.schedules.change(schedule_id, {"priority": priority}, tenant=TENANT)
        w.schedules.meanwhile.pending = later

    w.schedules.meanwhile.first(*[lambda n=n: bump(1 + n % 9) for n in range(5)])  # type: ignore[misc]


def test_a_schedule_that_changes_without_end_is_a_lost_race(w: Watched) -> None:
    schedule = scheduled(w)
    _busy(w, schedule.schedule_id)
    with pytest.raises(LostRace, match="changing too fast"):
        w.use_cases.schedules.pause(schedule.schedule_id, tenant=TENANT, reason=None)
    _busy(w, schedule.schedule_id)
    with pytest.raises(LostRace, match="changing too fast"):
        w.use_cases.schedules.delete(schedule.schedule_id, tenant=TENANT)


def test_a_deleted_schedule_is_gone_and_fires_no_more(w: Watched) -> None:
    schedule = scheduled(w)
    assert w.use_cases.schedules.delete(schedule.schedule_id, tenant=TENANT) == schedule
    w.run(seconds=120)
    assert (w.schedules.rows, w.schedules.runs) == ({}, {})
    with pytest.raises(NotFound):
        w.use_cases.schedules.delete(schedule.schedule_id, tenant=TENANT)


def test_schedules_are_listed_by_client_and_status(w: Watched) -> None:
    mine = scheduled(w)
    other = scheduled(w, client_id="other")
    w.use_cases.schedules.pause(other.schedule_id, tenant=TENANT, reason=None)
    assert set(listed(w)) == {mine.schedule_id, other.schedule_id}
    assert listed(w, client_id="other") == [other.schedule_id]
    assert listed(w, status=ScheduleStatus.ACTIVE) == [mine.schedule_id]
    assert listed(w, tenant="another") == []


def test_executions_come_newest_first_with_their_results(w: Watched) -> None:
    registered(w, heartbeat_ms=6_000_000)
    schedule = scheduled(w)
    for n in range(2):
        w.run(seconds=60)
        newest = max(w.schedules.runs.values(), key=lambda run: run.slot)
        start(w, newest.task_id)
        complete(w, newest.task_id, result=n)
        w.drain()
    page, results = w.use_cases.schedules.executions(
        schedule.schedule_id, tenant=TENANT, limit=9, cursor=None
    )
    assert [run.slot for run in page.items] == [START_MS + 2 * MINUTE, START_MS + MINUTE]
    assert results == [1, 0]


def test_a_page_of_large_results_ends_where_an_answer_does(w: Watched) -> None:
    registered(w, heartbeat_ms=60_000_000)
    schedule = scheduled(w)
    size = 250_000
    for _ in range(20):
        w.run(seconds=60, step_ms=30_000)
        newest = max(w.schedules.runs.values(), key=lambda run: run.slot)
        start(w, newest.task_id)
        complete(w, newest.task_id, result="x" * size)
        w.drain()
    seen: list[int] = []
    cursor, pages = None, 0
    while True:
        page, results = w.use_cases.schedules.executions(
            schedule.schedule_id, tenant=TENANT, limit=50, cursor=cursor
        )
        assert sum(map(len, results)) <= ANSWER_BYTES
        assert len(results) == len(page.items)
        seen += [run.slot for run in page.items]
        cursor, pages = page.cursor, pages + 1
        if cursor is None:
            break
    assert (len(seen), len(set(seen)), pages) == (20, 20, 2)


@pytest.mark.parametrize("stop", ["pause", "delete", "change"])
def test_hints_in_flight_for_a_slot_that_was_called_off_find_nothing_to_do(w: Watched, stop: str) -> None:
    schedule_id = scheduled(w).schedule_id
    w.use_cases.ticking.tick()
    w.clock.advance(ms=MINUTE - 1)
    in_flight = [hint for hint in w.queue.sent if hint.row_id == schedule_id]
    assert len(in_flight) == 2  # its maker's and the tick's
    if stop == "pause":
        w.use_cases.schedules.pause(schedule_id, tenant=TENANT, reason=None)
    elif stop == "delete":
        w.use_cases.schedules.delete(schedule_id, tenant=TENANT)
    else:
        w.use_cases.schedules.change(schedule_id, {"cron": "30 * * * *"}, tenant=TENANT)
    w.clock.advance(ms=1)
    w.drain()
    w.run(seconds=120)
    assert w.schedules.runs == {}


def test_another_expression_moves_the_coming_slots_and_none_that_was(w: Watched) -> None:
    schedule_id = scheduled(w).schedule_id
    w.run(seconds=150)
    w.use_cases.schedules.change(schedule_id, {"cron": "*/5 * * * *"}, tenant=TENANT)
    w.run(seconds=600)
    assert [(slot - START_MS) // MINUTE for _, slot in sorted(w.schedules.runs)] == [1, 2, 5, 10]
