"""The clock: hints may be early, late, doubled, lost; nothing acts early, and nothing is forgotten."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import LostRace
from chalicelib.domain.schedule import CatchupPolicy
from chalicelib.domain.task import FailureKind, Status
from chalicelib.services.hints import HORIZON_MS
from chalicelib.services.ports import Aggregate, Hint, HintKind
from chalicelib.services.ticking import PAGE
from tests.fakes import START_MS

from .doing import beat, complete, poll, registered, row, scheduled, start, submitted
from .worlds import Watched

BUSY = {"heartbeat_ms": 600_000}


def look(w: Watched, row_id: str, aggregate: Aggregate = Aggregate.TASK) -> None:
    w.use_cases.looking.look(aggregate, row_id)


def test_a_tick_announces_what_is_due_within_its_horizon(w: Watched) -> None:
    task_id = submitted(w)  # due in 60 s
    submitted(w, not_before=w.clock() + HORIZON_MS + 1)
    w.queue.sent.clear()
    assert w.use_cases.ticking.tick() == 1
    assert w.queue.sent == [
        Hint(kind=HintKind.DUE, row_id=task_id, aggregate=Aggregate.TASK, at=w.clock() + 60_000)
    ]
    assert w.metrics.total("tick_rows") == 1


def test_ticks_measure_their_gap_and_how_late_the_latest_row_is(w: Watched) -> None:
    w.queue.drop = True
    submitted(w)
    w.use_cases.ticking.tick()
    assert w.metrics.total("tick_gap_ms") == 0
    w.clock.advance(seconds=63)
    w.use_cases.ticking.tick()
    assert (w.metrics.total("tick_gap_ms"), w.metrics.total("clock_lateness_ms")) == (63_000, 3_000)


def test_a_full_shard_is_passed_on_with_its_cursor_until_all_is_announced(w: Watched) -> None:
    w.queue.drop = True
    shard = {}
    for n in range(12 * PAGE):
        task_id = submitted(w, capability=f"report-{n}")
        shard[task_id] = row(w, task_id)
    w.queue.drop = False
    w.clock.advance(seconds=61)
    first_pages = w.use_cases.ticking.tick()
    assert first_pages < len(shard)
    assert any(hint.kind is HintKind.SWEEP for hint in w.queue.sent)
    w.drain(most=10_000)
    assert all(task.due_at is None for task in w.tasks.rows.values())  # each was looked at, and parked


def test_two_ticks_at_once_do_nothing_twice(w: Watched) -> None:
    registered(w, slots=9, **BUSY)
    w.queue.drop = True
    task_id = submitted(w)
    scheduled(w)
    w.queue.drop = False
    w.run(seconds=59)
    w.clock.advance(seconds=1)
    w.use_cases.ticking.tick()
    w.use_cases.ticking.tick()
    w.drain()
    assert row(w, task_id).token == 1
    assert len(w.schedules.runs) == 1
    assert w.metrics.total("tasks_assigned_total") == 2


def test_a_late_hint_finds_nothing_to_do(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    hints = list(w.queue.sent)
    w.drain()
    start(w, task_id)
    before = complete(w, task_id)
    w.queue.sent += hints + hints
    look(w, task_id)
    w.drain()
    assert row(w, task_id) is before


def test_hints_for_unknown_rows_are_dropped(w: Watched) -> None:
    look(w, "none")
    look(w, "none", Aggregate.AGENT)
    look(w, "none", Aggregate.SCHEDULE)
    w.use_cases.settling.settle("none")
    assert w.queue.sent == []


def test_a_hint_that_is_a_little_early_is_sent_on(w: Watched) -> None:
    task_id = submitted(w, not_before=w.clock() + 10_000)
    registered(w, **BUSY)
    scheduled(w, cron=None, run_at=w.clock() + 10_000)
    w.queue.sent.clear()
    w.clock.advance(ms=9_500)
    look(w, task_id)
    look(w, "schedule-0002", Aggregate.SCHEDULE)
    assert [hint.at for hint in w.queue.sent] == [START_MS + 10_000] * 2
    assert row(w, task_id).status is Status.PENDING


def test_a_hint_whose_row_has_moved_far_is_dropped_since_whoever_moved_it_announced_it(w: Watched) -> None:
    task_id = submitted(w, not_before=w.clock() + 10_000)
    registered(w, **BUSY)
    scheduled(w, cron=None, run_at=w.clock() + 10_000)
    w.queue.sent.clear()
    look(w, task_id)
    look(w, "a", Aggregate.AGENT)
    look(w, "schedule-0002", Aggregate.SCHEDULE)
    assert w.queue.sent == []


def test_an_early_look_at_an_agent_is_sent_on_when_it_is_nearly_due(w: Watched) -> None:
    registered(w, **BUSY)
    w.clock.advance(ms=599_500)
    look(w, "a", Aggregate.AGENT)
    assert [hint.at for hint in w.queue.sent] == [START_MS + 600_000]


def test_messages_do_not_multiply_over_the_hours(w: Watched) -> None:
    registered(w)
    task_id = submitted(w, timeout_ms=86_400_000)
    w.drain()
    start(w, task_id)
    scheduled(w, capability="nobody has this", task_options={"queue_timeout_ms": 5_000})
    waiting = []
    for _ in range(40):
        for _ in range(6):
            w.run(seconds=10)
            beat(w)
        waiting.append(len(w.queue.sent))
    assert max(waiting[20:]) <= max(waiting[:5])


def test_a_timer_that_moved_is_armed_anew_when_its_old_time_comes(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w, timeout_ms=100_000)
    w.drain()
    w.run(seconds=10)
    start(w, task_id)
    assert row(w, task_id).due_at == START_MS + 60_000  # still the look that was armed by the submission
    w.run(seconds=51)
    assert row(w, task_id).due_at == START_MS + 110_000
    w.run(seconds=49)
    assert row(w, task_id).attempt == 1


def test_an_over_row_that_is_still_due_is_taken_out_of_the_clock(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    done = complete(w, task_id)
    w.tasks.rows[task_id] = odd = replace(done, due_at=w.clock() - 1)
    w.tasks.history[-1] = (task_id, w.tasks.history[-1][1], odd)
    look(w, task_id)
    assert row(w, task_id).due_at is None


def test_a_look_that_loses_a_race_leaves_the_row_to_the_winner(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w, timeout_ms=90_000)
    w.drain()
    start(w, task_id)
    w.clock.advance(seconds=91)
    w.tasks.meanwhile.first(lambda: complete(w, task_id))
    look(w, task_id)
    assert (row(w, task_id).status, row(w, task_id).attempt) == (Status.COMPLETED, 0)


def test_a_wait_that_ends_while_another_ends_it_is_routed_once(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w, not_before=w.clock() + 10_000)
    w.clock.advance(seconds=10)
    w.tasks.meanwhile.first(lambda: look(w, task_id))
    look(w, task_id)
    w.drain()
    assert row(w, task_id).token == 1


def test_a_wait_that_ends_while_nobody_is_free_joins_the_line_and_expires_in_time(w: Watched) -> None:
    task_id = submitted(w, not_before=w.clock() + 10_000, queue_timeout_ms=20_000)
    before = row(w, task_id)
    w.run(seconds=10)
    joined = row(w, task_id)
    assert (joined.in_line, joined.due_at) == (True, w.clock() + 20_000)
    assert joined.version == before.version + 1  # parked in the same write
    w.run(seconds=20)
    assert row(w, task_id).failure is FailureKind.EXPIRED


def test_an_agent_that_beats_while_it_is_looked_at_stays_in_the_clock(w: Watched) -> None:
    registered(w)
    task_id = submitted(w, timeout_ms=600_000)
    w.drain()
    start(w, task_id)
    w.run(seconds=20)
    beat(w)
    w.clock.advance(seconds=10)
    w.agents.meanwhile.first(lambda: beat(w))
    look(w, "a", Aggregate.AGENT)
    assert w.agents.rows["a"].due_at == START_MS + 30_000  # still due: the next tick looks again
    w.run(seconds=90)
    assert row(w, task_id).rescues == 1


def test_a_lost_look_at_an_agent_is_made_up_by_the_next_tick(w: Watched) -> None:
    registered(w)
    w.queue.drop = True
    task_id = submitted(w, timeout_ms=600_000)
    assert poll(w) == [task_id]
    start(w, task_id)
    w.queue.drop = False
    w.run(seconds=59)
    assert row(w, task_id).status is Status.ACTIVE
    w.run(seconds=1)
    assert row(w, task_id).status is Status.PENDING


def test_announcements_lost_for_an_hour_are_made_up_when_they_are_not(w: Watched) -> None:
    registered(w, slots=3, **BUSY)
    w.queue.drop = True
    ids = [submitted(w) for _ in range(3)]
    scheduled(w, cron="0 * * * *", catchup=CatchupPolicy.ALL)
    w.run(seconds=3_700)
    beat(w)
    w.queue.drop = False
    w.run(seconds=60)
    assert {row(w, task_id).status for task_id in ids} == {Status.ASSIGNED}
    assert len(w.schedules.runs) == 1


def test_settling_that_loses_a_race_is_done_by_a_later_look(w: Watched) -> None:
    registered(w, **BUSY)
    scheduled(w)
    w.run(seconds=60)
    (run,) = w.schedules.runs.values()
    start(w, run.task_id)
    w.use_cases.cancelling.cancel(run.task_id, tenant="acme", reason=None)

    def heard() -> None:
        w.use_cases.holding.release(run.task_id, agent_id="a", token=1, tenant="acme")

    w.tasks.meanwhile.first(heard)
    w.use_cases.settling.settle(run.task_id)
    assert row(w, run.task_id).unsettled
    w.queue.sent.clear()
    w.run(seconds=130)
    assert not row(w, run.task_id).unsettled


def test_a_task_that_changes_without_end_is_a_lost_race(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)

    def somebody_is_faster(progress: float) -> None:
        later, w.tasks.meanwhile.pending = w.tasks.meanwhile.pending, []
        start(w, task_id, progress=progress)
        w.tasks.meanwhile.pending = later

    w.tasks.meanwhile.first(*[lambda n=n: somebody_is_faster(n / 10) for n in range(1, 5)])  # type: ignore[misc]
    with pytest.raises(LostRace, match="changing too fast"):
        complete(w, task_id)
    assert row(w, task_id).progress == 0.4
