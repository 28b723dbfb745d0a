"""What it costs that a task fails for good, is listed, and is retried: calls and write units, counted."""

from chalicelib.domain.task import RETENTION_S, Status, Task
from chalicelib.services.dead_letters import DeadFilter
from chalicelib.services.redriving import Redrive
from tests.budgets.counting import counted
from tests.budgets.rig import TENANT, Rig
from tests.budgets.test_task_life import FINISH, SUBMIT
from tests.contract.test_dead import a_dead

DAYS = RETENTION_S // 86_400 + 1
LINE = 1  # a look at the line that they join, once in a second
RETRIED = SUBMIT + 2  # the old row, and out of the dead letters
SPACED = RETRIED - 1  # a new task outside the line stands in one index less


def failed(rig: Rig) -> Task:
    running = rig.report(rig.dispatch(rig.submit(max_retries=0)), Status.ACTIVE)
    return rig.report(running, Status.FAILED)


def store_dead(rig: Rig, count: int) -> None:
    for n in range(count):
        task = a_dead(f"stored-{n}", tenant=TENANT, created_at=rig.clock.now, ended_at=rig.clock.now - n)
        rig.ports.tasks.add(task)


def test_failing_for_good_costs_a_unit_more_than_finishing(rig: Rig) -> None:
    running = rig.report(rig.dispatch(rig.submit(max_retries=0)), Status.ACTIVE)
    with counted(rig.cloud) as cost:
        task = rig.report(running, Status.FAILED)
    assert task.is_dead
    assert cost.of("TransactWriteItems") == cost.calls - cost.sends == 1
    assert cost.write_units == FINISH + 1
    assert cost.units["ains-test-tasks/dead"] == 1


def test_failing_and_being_tried_again_costs_nothing_more(rig: Rig) -> None:
    running = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
    with counted(rig.cloud) as cost:
        rig.report(running, Status.FAILED)
    assert cost.units["ains-test-tasks/dead"] == 0


def test_a_retry_is_a_submission_and_a_put_more(rig: Rig) -> None:
    task = failed(rig)
    with counted(rig.cloud) as cost:
        rig.use_cases.retrying.retry(task.task_id, tenant=TENANT)
    assert cost.actions == {"GetItem": 1, "PutItem": 2, "SendMessageBatch": 1}
    assert cost.write_units == RETRIED


def test_a_repeated_retry_writes_nothing(rig: Rig) -> None:
    task = failed(rig)
    rig.use_cases.retrying.retry(task.task_id, tenant=TENANT, key="k")
    with counted(rig.cloud) as cost:
        rig.use_cases.retrying.retry(task.task_id, tenant=TENANT, key="k")
    assert cost.actions == {"GetItem": 2, "SendMessageBatch": 1}
    assert cost.write_units == 0


def test_a_full_page_is_read_in_two_calls_whatever_else_is_dead(rig: Rig) -> None:
    store_dead(rig, 120)
    with counted(rig.cloud) as cost:
        page = rig.use_cases.dead_letters.page(DeadFilter(), tenant=TENANT, limit=50, cursor=None)
    assert len(page.items) == 50
    assert cost.actions == {"Query": 1, "BatchGetItem": 1}


def test_a_list_that_ends_looks_into_each_day_once(rig: Rig) -> None:
    store_dead(rig, 10)
    with counted(rig.cloud) as cost:
        page = rig.use_cases.dead_letters.page(DeadFilter(), tenant=TENANT, limit=50, cursor=None)
    assert len(page.items) == 10
    assert cost.actions == {"Query": DAYS, "BatchGetItem": 1}
    assert cost.write_units == 0


def test_a_redrive_is_two_puts_for_each_task_and_few_calls_more(rig: Rig) -> None:
    store_dead(rig, 20)
    with counted(rig.cloud) as cost:
        done = rig.use_cases.redriving.redrive(Redrive(limit=20), tenant=TENANT)
    assert len(done.made) == 20
    assert cost.actions == {"Query": 1 + LINE, "BatchGetItem": 2, "PutItem": 40, "SendMessageBatch": 2}
    assert cost.write_units == RETRIED + 19 * SPACED


def test_a_key_costs_a_redrive_a_read_and_a_put_of_the_plan(rig: Rig) -> None:
    store_dead(rig, 1)
    with counted(rig.cloud) as cost:
        rig.use_cases.redriving.redrive(Redrive(task_ids=("stored-0",)), tenant=TENANT, key="k")
    assert cost.actions == {"Query": LINE, "BatchGetItem": 2, "PutItem": 3, "SendMessageBatch": 1}
    assert cost.units["ains-test-payloads"] == 1
    assert cost.write_units == RETRIED + 1


def test_what_is_retried_costs_no_more_than_what_is_submitted(rig: Rig) -> None:
    made, _ = rig.use_cases.retrying.retry(failed(rig).task_id, tenant=TENANT)
    submitted = rig.submit()
    assert made.retry_of
    spent = [sum(cost.write_units for cost in rig.life(task).values()) for task in (made, submitted)]
    assert spent[0] == spent[1]
