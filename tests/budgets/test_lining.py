"""What it costs to be placed fairly in a line: nothing while nobody waits, one unit where somebody does."""

import pytest

from chalicelib.domain.task import Status, Task
from chalicelib.services.lining import FRESH_MS, LOOK, UNSEEN
from tests.budgets.counting import Cost, counted
from tests.budgets.rig import CLIENT, TENANT, Rig
from tests.budgets.test_task_life import BARE_LIFE, SUBMIT

TURN = 1
CLOCK = 1  # where somebody waits already, agents look at the line: the clock need not
PLAIN = {"PutItem": 1, "SendMessageBatch": 1}


def submitted(rig: Rig, client_id: str = CLIENT) -> tuple[Task, Cost]:
    with counted(rig.cloud) as cost:
        task = rig.submit(client_id=client_id)
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
def test_a_known_backlog_of_any_length_is_three_calls_and_four_units(rig: Rig, count: int) -> None:
    backlog(rig, count)
    _, cost = submitted(rig)
    assert cost.actions == PLAIN | {"UpdateItem": 1}
    assert cost.write_units == SUBMIT - CLOCK + TURN
    assert cost.units["ains-test-limits"] == TURN


def test_a_clients_first_task_in_a_short_line_is_two_calls_and_three_units(rig: Rig) -> None:
    backlog(rig, LOOK // 2)
    _, cost = submitted(rig, client_id="another")
    assert cost.actions == PLAIN
    assert cost.write_units == SUBMIT - CLOCK
    _, cost = submitted(rig, client_id="another")
    assert cost.units["ains-test-limits"] == TURN


def test_once_a_second_its_head_is_read_too_and_the_end_of_a_long_one(rig: Rig) -> None:
    for count, looks in ((LOOK // 2, 1), (LOOK, 2)):
        backlog(rig, count)
        rig.clock.advance(ms=FRESH_MS)
        _, cost = submitted(rig)
        assert cost.actions == PLAIN | {"Query": looks, "BatchGetItem": 1, "UpdateItem": 1}
        assert cost.write_units == SUBMIT - CLOCK + TURN


@pytest.mark.parametrize(("client_id", "turns"), [(CLIENT, 1), ("another", 0)])
def test_a_life_that_begins_in_a_backlog_costs_a_bare_one_and_its_turn(
    rig: Rig, client_id: str, turns: int
) -> None:
    holder = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
    others = [rig.submit()]
    rig.clock.advance(ms=FRESH_MS)
    others.append(rig.submit())
    with counted(rig.cloud) as waits:
        task = rig.submit(client_id=client_id)
        assert rig.dispatch(task).lease is None
    rig.report(holder, Status.COMPLETED)
    for other in others:
        rig.use_cases.cancelling.cancel(other.task_id, tenant=TENANT, reason=None)
    with counted(rig.cloud) as works:
        rig.report(rig.report(rig.pull(task), Status.ACTIVE), Status.COMPLETED)
    assert waits.write_units + works.write_units == BARE_LIFE + turns * TURN
