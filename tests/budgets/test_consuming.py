"""What the consumer adds to a message: nothing, until it has failed for the last time."""

from typing import Any

import pytest

from chalicelib import consumers
from chalicelib.domain.dead_message import MAX_RECEIVES
from chalicelib.domain.remains import Remains
from chalicelib.services.messages import encoded
from chalicelib.services.ports import Change, Hint, HintKind
from tests.budgets.counting import Cost, counted
from tests.budgets.rig import CAPABILITY, TENANT, Rig
from tests.fakes import SilentLog


def consumed(rig: Rig, body: str, *, receives: int = 1) -> Cost:
    attributes = {"ApproximateReceiveCount": str(receives)}
    event: dict[str, Any] = {"Records": [{"messageId": "m", "body": body, "attributes": attributes}]}
    with counted(rig.cloud) as cost:
        consumers.work(event, rig.use_cases, SilentLog())
    return cost


@pytest.mark.parametrize("receives", [1, MAX_RECEIVES])
def test_a_message_that_is_handled_costs_what_its_use_case_does(rig: Rig, receives: int) -> None:
    task = rig.submit()
    hint = Hint(kind=HintKind.DISPATCH, row_id=task.task_id, tenant=TENANT, capability=CAPABILITY)
    cost = consumed(rig, encoded(hint), receives=receives)
    assert cost.actions == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_a_message_that_failed_costs_nothing_until_its_last_try_and_then_two_writes(rig: Rig) -> None:
    for receives in range(1, MAX_RECEIVES):
        assert consumed(rig, "{", receives=receives).calls == 0
    cost = consumed(rig, "{", receives=MAX_RECEIVES)
    assert cost.actions == {"UpdateItem": 2}  # was it recorded yesterday? then today
    assert cost.units == {"ains-test-dead-messages": 2}


def test_a_page_of_dead_messages_is_a_query_a_day_and_a_redrive_a_send_for_ten(rig: Rig) -> None:
    for n in range(12):
        body = encoded(Hint(kind=HintKind.FILL, row_id=f"agent-{n}"))
        rig.use_cases.dead_lettering.failed(str(n), body, receives=MAX_RECEIVES, error=ValueError("no"))
    with counted(rig.cloud) as cost:
        rig.use_cases.dead_lettering.page(limit=100, cursor=None)
    assert cost.actions == {"Query": 15}
    with counted(rig.cloud) as cost:
        rig.use_cases.dead_lettering.redrive([str(n) for n in range(12)])
    assert cost.actions == {"BatchGetItem": 2, "SendMessageBatch": 2, "DeleteItem": 12}


def test_a_batch_of_rows_that_went_is_forgotten_in_one_call_and_bare_ones_in_none(rig: Rig) -> None:
    def left(**named: Any) -> list[Change]:
        rows = (Remains(task_id=f"task-{n}", assigned=1, **named) for n in range(25))
        return [Change(number=n, before=None, after=None, left=row) for n, row in enumerate(rows)]

    for named, actions in (({}, {}), ({"document": ("task-0", "input#1")}, {"BatchWriteItem": 1})):
        with counted(rig.cloud) as cost:
            rig.use_cases.purging.purge(left(**named))
        assert cost.actions == actions
        assert cost.write_units == len(actions)  # what is not there costs one
