"""What it costs to be placed fairly in a line: nothing while nobody waits, one unit where somebody does."""

import pytest

from chalicelib.domain.task import Task
from chalicelib.services.lining import FRESH_MS, LOOK, UNSEEN
from tests.budgets.counting import Cost, counted
from tests.budgets.rig import Rig
from tests.budgets.test_task_life import BARE_LIFE, SUBMIT

TURN = 1
PLAIN = {"PutItem": 1, "SendMessageBatch": 1}


def submitted(rig: Rig) -> tuple[Task, Cost]:
    with counted(rig.cloud) as cost:
        task = rig.submit()
    return task, cost


def backlog(rig: Rig, count: int) -> None:
    """As many wait, and this process knows of them."""
    for _ in range(count):
        rig.submit()
    rig.clock.advance(ms=FRESH_MS)
    rig.submit()


def test_an_empty_line_is_looked_at_once_a_second_and_once_for_a_few_tasks(rig: Rig) -> None:
    rig.clock.advance(ms=FRESH_MS)
    for number in range(2 * UNSEEN):
        task, cost = submitted(rig)
        assert cost.actions == (PLAIN if number % UNSEEN else PLAIN | {"Query": 1})
        assert cost.write_units == SUBMIT
        rig.life(task)


@pytest.mark.parametrize("count", [5, 300])
def test_a_known_backlog_of_any_length_is_three_calls_and_five_units(rig: Rig, count: int) -> None:
    backlog(rig, count)
    _, cost = submitted(rig)
    assert cost.actions == PLAIN | {"UpdateItem": 1}
    assert cost.write_units == SUBMIT + 1
    assert cost.units["ains-test-limits"] == 1


def test_once_a_second_its_head_is_read_too_and_the_end_of_a_long_one(rig: Rig) -> None:
    for count, looks in ((LOOK // 2, 1), (LOOK, 2)):
        backlog(rig, count)
        rig.clock.advance(ms=FRESH_MS)
        _, cost = submitted(rig)
        assert cost.actions == PLAIN | {"Query": looks, "BatchGetItem": 1, "UpdateItem": 1}
        assert cost.write_units == SUBMIT + 1


def test_a_life_that_begins_in_a_backlog_costs_its_turn_more_than_a_bare_one(rig: Rig) -> None:
    backlog(rig, 3)
    task, cost = submitted(rig)
    assert cost.write_units + sum(step.write_units for step in rig.life(task).values()) <= BARE_LIFE + TURN
