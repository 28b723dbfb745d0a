"""A line's own time, given who waits at its head."""

from typing import Any

from chalicelib.domain.queueing import MINUTE_MS
from chalicelib.domain.task import Attempt, Outcome, Task
from chalicelib.domain.turns import STEP_MS, TURN_MS, line_time, own_turn
from tests.contract.values import NOW, a_task

HOUR = 60 * MINUTE_MS


def waits(client: str, *, age: int = 0, **changes: Any) -> Task:
    return a_task(client_id=client, created_at=NOW - age, **changes)


def joins(*waiting: Task, priority: int = 5) -> int:
    """Counted from now."""
    return line_time(waiting, priority=priority, now=NOW) - NOW


def test_an_empty_line_has_the_time_of_the_day() -> None:
    assert joins() == 0


def test_so_has_one_in_which_everybody_has_one_task() -> None:
    assert joins(waits("a", age=HOUR), waits("b", age=MINUTE_MS), waits("c", age=HOUR, priority=1)) == 0


def test_a_client_with_more_than_one_holds_the_lines_time_where_its_first_stands() -> None:
    assert joins(waits("a", age=HOUR), waits("a", age=HOUR - 9)) == 2 * STEP_MS - HOUR


def test_a_task_that_came_behind_others_of_its_client_holds_it_too_when_they_are_gone() -> None:
    assert joins(waits("a", age=HOUR, tag=NOW - MINUTE_MS, behind=True)) == STEP_MS - MINUTE_MS
    assert joins(waits("a", tag=NOW + MINUTE_MS, behind=True)) == STEP_MS + MINUTE_MS


def test_newcomers_join_one_after_the_other_and_before_the_next_turn() -> None:
    first = waits("a", tag=NOW - HOUR, behind=True)
    newcomers = [waits(f"b{n}", tag=NOW - HOUR + n * STEP_MS) for n in range(1, 4)]
    second = waits("a", tag=NOW - HOUR + TURN_MS, behind=True)
    assert joins(first, *newcomers, second) == 4 * STEP_MS - HOUR
    assert 4 * STEP_MS < TURN_MS


def test_newcomers_that_are_ahead_of_the_day_are_not_overtaken_by_those_after_them() -> None:
    assert joins(waits("b", age=MINUTE_MS, tag=NOW + HOUR)) == HOUR + MINUTE_MS


def test_one_priority_is_not_measured_by_another_while_some_of_it_wait() -> None:
    own = waits("a", tag=NOW + HOUR, behind=True, priority=9)
    other = waits("b", priority=1)
    assert joins(own, other, priority=9) == HOUR + STEP_MS
    assert joins(other, priority=9) == 0


def test_what_waits_for_its_turn_at_another_priority_holds_the_lines_time_too() -> None:
    own = waits("a", age=HOUR, priority=9)
    other = waits("b", age=HOUR, tag=NOW - HOUR, behind=True)
    assert joins(own, other, priority=9) == 4 * MINUTE_MS - HOUR


def test_a_head_start_is_eaten_up_by_the_wait_of_those_it_is_over() -> None:
    for age, eaten in ((0, STEP_MS), (MINUTE_MS, MINUTE_MS), (HOUR, 4 * MINUTE_MS)):
        backlog = waits("a", age=age, tag=NOW - HOUR, behind=True)
        assert joins(backlog, priority=9) == eaten - HOUR
        assert joins(backlog, priority=1) == STEP_MS - HOUR


def test_a_task_that_comes_back_does_not_set_the_line_back() -> None:
    last = Attempt(
        attempt=0,
        token=1,
        agent_id="a",
        assigned_at=NOW,
        started_at=None,
        ended_at=NOW,
        outcome=Outcome.ERROR,
    )
    back = waits("a", tag=NOW - HOUR, behind=True, last=last)
    assert joins(back, waits("b", tag=NOW - 9, behind=True)) == STEP_MS - 9
    assert joins(back) == STEP_MS - HOUR


def test_a_clients_next_turn_follows_its_last_of_the_same_priority() -> None:
    waiting = [waits("a", tag=NOW + n * TURN_MS) for n in range(3)] + [waits("a", priority=6, tag=NOW + HOUR)]
    assert own_turn(waiting, client_id="a", priority=5) == NOW + 3 * TURN_MS
    assert own_turn(waiting, client_id="b", priority=5) == 0
