"""Placing tasks: what is read and written for it, what is remembered, and what comes of memories that lie."""

from typing import Any

import pytest

from chalicelib.domain import turns
from chalicelib.domain.queueing import MINUTE_MS
from chalicelib.services.lining import BURST_MS, FRESH_MS, LOOK, MOST_AHEAD_MS, UNSEEN, Lining
from chalicelib.services.submission import Options, Order
from tests.contract.values import NOW, a_task

from .doing import TENANT, fail, poll, registered, row, scheduled, start, submitted
from .redoing import dead, redrive
from .waiting import Lived
from .worlds import Watched

TURN = turns.TURN_MS


@pytest.fixture
def alone() -> Lived:
    """A line with one process."""
    lived = Lived()
    lived.processes = lived.processes[:1] * 3
    return lived


def places(w: Watched, *task_ids: str) -> list[int]:
    """Counted from now."""
    return [row(w, task_id).place - w.clock() for task_id in task_ids]


def test_while_nobody_waits_nothing_is_written_and_a_look_is_good_for_a_second(alone: Lived) -> None:
    for _ in range(3):
        assert alone.submit("a").tag is None
        alone.serve()
        alone.clock.advance(ms=TURN // 3)
        alone.processes[0]._next.clear()  # as if another process had placed it
    assert (alone.line.looks, alone.limits.ends) == (1, {})
    alone.clock.advance(ms=1)
    alone.submit("a")
    assert alone.line.looks == 2


def test_a_burst_into_an_empty_line_goes_in_turn_and_is_looked_at_soon(alone: Lived) -> None:
    tasks = [alone.submit("a") for _ in range(UNSEEN + 2)]
    assert [task.place - alone.clock() for task in tasks] == [n * TURN for n in range(UNSEEN + 2)]
    assert [task.behind for task in tasks] == [False] + [True] * (UNSEEN + 1)
    assert (alone.line.looks, len(alone.limits.ends)) == (2, 1)


def test_who_was_served_at_once_is_not_behind_the_next_second(alone: Lived) -> None:
    for _ in range(UNSEEN):
        alone.submit("a")
        alone.serve()
    alone.clock.advance(ms=FRESH_MS)
    assert alone.submit("a").tag is None


def test_a_clients_only_task_in_a_short_line_is_seen_there_and_no_row_tells_of_it() -> None:
    lived = Lived()
    for _ in range(2):
        lived.submit("a")
    lived.clock.advance(ms=FRESH_MS)
    before = dict(lived.limits.ends)
    first = lived.submit("b")
    assert (first.behind, lived.limits.ends) == (False, before)
    lived.clock.advance(ms=FRESH_MS)
    second = lived.submit("b")  # through another process
    assert (second.place, second.behind) == (first.place + TURN, True)
    assert len(lived.limits.ends) == len(before) + 1


def test_in_a_line_of_which_only_the_head_is_seen_every_task_takes_a_turn(alone: Lived) -> None:
    for client in range(LOOK):
        alone.submit(f"c{client}")
    alone.clock.advance(ms=FRESH_MS)
    before = len(alone.limits.ends)
    alone.submit("a")
    assert len(alone.limits.ends) == before + 1


def test_where_others_wait_a_task_is_parked_at_once(alone: Lived) -> None:
    assert alone.submit("a").due_at is not None
    alone.clock.advance(ms=FRESH_MS)
    assert alone.submit("b").due_at is None


def test_the_priorities_of_a_client_are_lined_up_apart(alone: Lived) -> None:
    tasks = [alone.submit("a", priority) for priority in (5, 5, 9, 9)]
    assert [task.place - alone.clock() for task in tasks] == [0, TURN, 0, TURN]


def test_one_line_is_not_looked_at_for_another_and_memory_has_an_end(alone: Lived) -> None:
    store: Any = alone.line
    alone.processes = [Lining(store, alone.limits, alone.clock, most_remembered=2)] * 3
    for client in ("a", "b", "c"):
        alone.submit(client)
    assert alone.submit("a").place == alone.clock()  # its first one is forgotten
    assert len(alone.processes[0]._next) == 2


def test_lines_are_forgotten_too(w: Watched) -> None:
    few = Lining(w.tasks, w.limits, w.clock, most_remembered=1)
    for capability in ("a", "b"):
        few.placed(row(w, submitted(w, capability=capability)))
    assert len(few._views) == 1


def test_what_the_index_still_shows_and_is_taken_already_is_nobody_in_line(w: Watched) -> None:
    registered(w, slots=9, heartbeat_ms=600_000)
    submitted(w)
    w.clock.advance(ms=FRESH_MS)
    line = row(w, poll(w)[0])
    w.tasks.lagging = {f"wait#{TENANT}#report#0": [line.task_id]}
    w.clock.advance(seconds=100)
    assert places(w, submitted(w)) == [0]
    assert w.limits.ends == {}


def test_a_task_for_later_is_placed_by_the_time_it_may_run_and_in_turn(w: Watched) -> None:
    at = w.clock() + 60_000
    later = [submitted(w, not_before=at) for _ in range(3)]
    w.clock.advance(ms=BURST_MS + 1)
    later.append(submitted(w, not_before=at))
    assert [row(w, task_id).place - at for task_id in later] == [0, TURN, 2 * TURN, 0]
    w.run(seconds=61)
    assert [row(w, i).queue_order for i in later] == [row(w, i).place - 4 * MINUTE_MS for i in later]
    assert w.limits.ends == {}


def test_the_runs_that_one_client_is_due_at_once_go_in_turn_and_cost_nothing(w: Watched) -> None:
    for _ in range(3):
        scheduled(w)
    w.run(seconds=60)
    runs = sorted(task.place - w.clock() for task in w.tasks.rows.values())
    assert (runs, w.limits.ends) == ([0, TURN, 2 * TURN], {})


def test_nothing_is_put_back_further_than_ten_minutes_by_memory_alone(alone: Lived) -> None:
    for _ in range(MOST_AHEAD_MS // TURN + 5):
        last = alone.processes[0].paced(a_task())
    assert last.place == NOW + MOST_AHEAD_MS


def test_redriven_tasks_go_in_turn(w: Watched) -> None:
    ids = dead(w, 3)
    made = [new for _, new in redrive(w, task_ids=tuple(ids), per_second=100).made]
    assert [task.place - w.clock() for task in made] == [0, TURN, 2 * TURN]


def test_a_task_that_comes_back_has_lost_nothing_of_its_age(w: Watched) -> None:
    first, second = submitted(w), submitted(w)
    registered(w, slots=2, heartbeat_ms=600_000)
    before = row(w, second)
    assert before.behind
    assert sorted(poll(w)) == [first, second]
    start(w, second)
    fail(w, second, error="no luck")
    w.use_cases.draining.drain("a", tenant=TENANT, reason=None)
    w.run(seconds=3)
    after = row(w, second)
    assert (after.queue_key, after.queue_order) == (before.queue_key, before.queue_order)


def test_a_repeated_submission_is_the_same_however_its_line_looks_now(w: Watched) -> None:
    order = Order(client_id="client", task_type="work", capability="report", options=Options())
    first, _ = w.use_cases.submission.submit(order, tenant=TENANT, key="k")
    for _ in range(LOOK):
        submitted(w)
    again, was_known = w.use_cases.submission.submit(order, tenant=TENANT, key="k")
    assert was_known
    assert again == first


def test_a_task_made_more_urgent_leaves_its_clients_own_backlog(w: Watched) -> None:
    backlog = [submitted(w, client_id="a") for _ in range(30)]
    other = submitted(w, client_id="b")
    adjusting = w.use_cases.adjusting
    raised = adjusting.prioritise(backlog[-1], tenant=TENANT, priority=6)
    assert raised.queue_order is not None
    assert raised.queue_order < (row(w, backlog[1]).queue_order or 0)
    assert raised.queue_order < (row(w, other).queue_order or 0) + TURN
    lowered = adjusting.prioritise(backlog[-1], tenant=TENANT, priority=1)
    assert (lowered.place, lowered.queue_order) == (raised.place, raised.place)


def test_a_task_made_more_urgent_is_never_put_back(w: Watched) -> None:
    first, second = submitted(w), submitted(w)
    place = row(w, second).place
    w.clock.advance(seconds=3_600)
    for task_id in (second, first):
        w.use_cases.adjusting.prioritise(task_id, tenant=TENANT, priority=10)
    assert (row(w, second).place, row(w, first).tag) == (place, None)
