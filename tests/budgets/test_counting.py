"""The counter itself: against the engine's own numbers, and AWS's rules where the engine is silent."""

import json
from typing import Any

import pytest

from chalicelib.domain.task import Status
from chalicelib.store.tables import AgentRecord
from infra.local.calls import Answer, Call
from tests.budgets.counting import counted, item_bytes, kilobytes
from tests.budgets.rig import Rig
from tests.contract.values import a_task


def asking(params: dict[str, Any], **_: Any) -> None:
    params["ReturnConsumedCapacity"] = "INDEXES"


def test_the_engine_counts_the_same(rig: Rig) -> None:
    """By the same rules over its own images: two ways that would have to be wrong together."""
    reported: list[float] = []

    def around(_call: Call, run: Any) -> Answer:
        answer: Answer = run()
        said = json.loads(answer.body or b"{}").get("ConsumedCapacity", [])
        writes = _call.action in ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
        entries = [said] if isinstance(said, dict) else said
        reported.extend(entry["CapacityUnits"] for entry in entries if writes)
        return answer

    events = AgentRecord._get_connection().connection.client.meta.events
    events.register("provide-client-params.dynamodb.*", asking)
    rig.cloud.around = around
    try:
        with counted(rig.cloud) as cost:
            rig.agent("agent-2", capability="text")
            task = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
            rig.report(task, Status.FAILED)
            rig.clock.advance(seconds=3)
            rig.warm()
            rig.schedule()
            rig.sync()
            rig.tick()
            rig.use_cases.agents.leave("agent-2", tenant="local")
    finally:
        rig.cloud.around = None
        events.unregister("provide-client-params.dynamodb.*", asking)
    assert cost.write_units == sum(reported)
    assert cost.write_units > 50


def test_a_refused_write_costs_what_the_row_would(rig: Rig) -> None:
    task = a_task()
    rig.ports.tasks.add(task)
    with counted(rig.cloud) as cost:
        rig.ports.tasks.add(task)
    assert cost.units == {"ains-test-tasks": 1}


def test_a_row_is_billed_by_the_started_kilobyte(rig: Rig) -> None:
    with counted(rig.cloud) as cost:
        rig.ports.payloads.put("task-1", "input", "x" * 3_000)
        rig.ports.payloads.put("task-1", "input", "x")
    assert cost.write_units == 3 + 3


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"id": {"S": "abc"}}, 5),
        ({"é": {"S": "é"}}, 4),
        ({"n": {"N": "1800000000000"}}, 3),
        ({"n": {"N": "1800000000001"}}, 9),
        ({"n": {"N": "-12.5"}}, 5),
        ({"b": {"BOOL": True}, "c": {"NULL": True}}, 4),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 1 + 1),
        ({"l": {"L": [{"S": "v"}]}}, 1 + 3 + 1 + 1),
    ],
)
def test_sizes_follow_the_developer_guide(item: dict[str, Any], size: int) -> None:
    assert item_bytes(item) == size


def test_a_kilobyte_is_started_early() -> None:
    assert [kilobytes(size) for size in (0, 1, 1_024, 1_025, 2_048)] == [1, 1, 1, 2, 2]
