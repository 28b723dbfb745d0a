"""PynamoDB 6.1 cannot ask for the row that refused a write, and drops the one it gets: pinned until it can.

When one of these fails after an upgrade, chalicelib/store/connection.py and writes.py have to be looked at.
"""

import json
from typing import Any

import pytest
from pynamodb.exceptions import PutError, UpdateError

from chalicelib.store import connection
from chalicelib.store.tables import AgentRecord, ScheduleRecord, TaskRecord
from chalicelib.store.task_rows import to_record
from infra.local.calls import Answer
from tests.contract.implementations import Stores
from tests.contract.values import a_schedule, a_task
from tests.contract.wire import Send

ASKED = "ReturnValuesOnConditionCheckFailure"


def bodies(stores: Stores, write: Any) -> list[dict[str, Any]]:
    """What a write sends."""
    sent: list[dict[str, Any]] = []

    def noted(_action: str, body: dict[str, Any], send: Send) -> Answer:
        sent.append(body)
        return send()

    with stores.wire.rule(noted):
        write()
    return sent


def test_every_conditional_write_asks_for_the_old_row(stores: Stores) -> None:
    schedule = ScheduleRecord("schedule-1")
    stores.schedules.add(a_schedule())
    writes = {
        "put": lambda: to_record(a_task(), cid="c").save(condition=TaskRecord.task_id.does_not_exist()),
        "update": lambda: schedule.update(
            actions=[ScheduleRecord.version.set(1)], condition=ScheduleRecord.version == 1
        ),
        "delete": lambda: schedule.delete(condition=ScheduleRecord.version == 1),
    }
    for name, write in writes.items():
        (body,) = bodies(stores, write)
        assert body[ASKED] == "ALL_OLD", name


def test_a_write_without_a_condition_asks_for_nothing(stores: Stores) -> None:
    (body,) = bodies(stores, lambda: to_record(a_task(), cid="c").save())
    assert ASKED not in body


def test_connecting_again_gives_the_same_connection(stores: Stores) -> None:
    first = AgentRecord._get_connection().connection
    assert connection.connect() is first
    assert TaskRecord._get_connection().connection is first
    (body,) = bodies(stores, lambda: stores.tasks.add(a_task()))
    assert body[ASKED] == "ALL_OLD"


def test_the_row_lies_in_what_the_cause_was_raised_from(stores: Stores) -> None:
    stores.tasks.add(a_task())
    with pytest.raises(PutError) as refused:
        to_record(a_task(), cid="other").save(condition=TaskRecord.task_id.does_not_exist())
    cause = refused.value.cause
    original = cause.__cause__ or cause.__context__  # type: ignore[union-attr]
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    assert original.response["Item"]["task_id"] == {"S": "task-1"}  # type: ignore[union-attr]


def test_there_is_no_row_where_none_stood(stores: Stores) -> None:
    with pytest.raises(UpdateError) as refused:
        AgentRecord("agent-none").update(
            actions=[AgentRecord.seq.set(1)], condition=AgentRecord.agent_id.exists()
        )
    cause = refused.value.cause
    original = cause.__cause__ or cause.__context__  # type: ignore[union-attr]
    assert "Item" not in original.response  # type: ignore[union-attr]


def test_a_put_is_the_whole_row_in_one_call(stores: Stores) -> None:
    (body,) = bodies(stores, lambda: stores.tasks.add(a_task()))
    assert json.loads(body["Item"]["doc"]["S"])["task_type"] == "sum"
    assert body["ConditionExpression"]
