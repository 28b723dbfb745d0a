"""What AWS does and no emulator: transactions in the way, half answers, throttling, and a row come back."""

import json
from typing import Any

import pytest
from pynamodb.exceptions import PutError, PynamoDBException, TransactWriteError, UpdateError

from chalicelib.domain import lifecycle
from chalicelib.services.ports import AgentUnavailable
from chalicelib.store.writes import CONFLICT_STEP_S, CONFLICT_TRIES
from infra.local.calls import Answer
from tests.contract.implementations import Stores
from tests.contract.test_agents import candidates, capable
from tests.contract.test_claims import claimed, row
from tests.contract.values import NOW, TENANT, a_task, an_agent
from tests.contract.wire import Send, changed

pytestmark = pytest.mark.parametrize("implementation", ["moto", "engine"], indirect=True, scope="package")
LATER = NOW + 1_000


def reasons(*codes: str) -> dict[str, Any]:
    return {"CancellationReasons": [{"Code": code, "Message": code} for code in codes]}


def beat(stores: Stores) -> None:
    stores.agents.beat("agent-1", tenant=TENANT, now=LATER, wish=None)


def test_a_plain_write_that_meets_a_transaction_is_tried_again(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.refusing("UpdateItem", "TransactionConflictException", times=3):
        beat(stores)
    assert row(stores).last_heartbeat == LATER
    assert len(stores.pauses) == 3


def test_a_transaction_that_meets_another_is_tried_again_under_its_token(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(), {})
    tokens: list[str] = []

    def noted(action: str, body: dict[str, Any], send: Send) -> Answer:
        tokens.extend([body["ClientRequestToken"]] if action == "TransactWriteItems" else [])
        return send()

    conflict = reasons("None", "TransactionConflict")
    with (
        stores.wire.refusing("TransactWriteItems", "TransactionCanceledException", times=2, **conflict),
        stores.wire.rule(noted),
    ):
        claimed(stores, an_agent())
    assert row(stores).in_flight == 1
    assert (len(tokens), len(set(tokens))) == (3, 1)


def test_pauses_between_conflicts_are_drawn_from_a_growing_span(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.refusing("UpdateItem", "TransactionConflictException", times=CONFLICT_TRIES - 1):
        beat(stores)
    spans = [CONFLICT_STEP_S * 2**n for n in range(CONFLICT_TRIES - 1)]
    assert all(0 <= pause < span for pause, span in zip(stores.pauses, spans, strict=True))
    assert len(set(stores.pauses)) == len(spans)


def test_conflicts_without_end_are_an_outage(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.refusing("UpdateItem", "TransactionConflictException", times=CONFLICT_TRIES):
        with pytest.raises(UpdateError):
            beat(stores)
    assert row(stores).last_heartbeat == NOW


def test_a_conflict_beside_a_refused_condition_is_a_refusal(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(), {})
    both = reasons("TransactionConflict", "ConditionalCheckFailed")
    with stores.wire.refusing("TransactWriteItems", "TransactionCanceledException", **both):
        with pytest.raises(AgentUnavailable):
            claimed(stores, an_agent())
    assert stores.pauses == []


def test_a_transaction_cancelled_for_another_reason_is_an_outage(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(), {})
    throttled = reasons("None", "ThrottlingError")
    with stores.wire.refusing("TransactWriteItems", "TransactionCanceledException", times=1, **throttled):
        with pytest.raises(TransactWriteError):
            claimed(stores, an_agent())


def test_two_throttles_are_not_seen(stores: Stores) -> None:
    with stores.wire.refusing("PutItem", "ProvisionedThroughputExceededException", times=2):
        assert stores.tasks.add(a_task()) is None


def test_throttling_without_end_is_an_outage_and_no_lost_race(stores: Stores) -> None:
    stores.tasks.add(a_task())
    with stores.wire.refusing("PutItem", "ProvisionedThroughputExceededException", times=4):
        with pytest.raises(PutError):
            stores.tasks.save(lifecycle.parked(a_task()), was=1)
    assert stores.tasks.get("task-1") == a_task()
    assert stores.tasks.remembered("task-1") == a_task()


def test_an_agent_that_could_not_be_unlisted_still_counts_as_listed(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.refusing("UpdateItem", "ThrottlingException", times=4):
        with pytest.raises(PynamoDBException):
            stores.agents.set_listed(an_agent(), listed=False)
    assert row(stores).listed
    assert candidates(stores) == ["agent-1"]


def test_unprocessed_keys_are_asked_for_again(stores: Stores) -> None:
    ids = [f"task-{n}" for n in range(9)]
    for task_id in ids:
        stores.tasks.add(a_task(task_id))
    asked: list[int] = []

    def by_halves(action: str, body: dict[str, Any], send: Send) -> Answer:
        """DynamoDB read one row and left the rest for later."""
        answer = send()
        if action != "BatchGetItem":
            return answer
        ((table, request),) = body["RequestItems"].items()
        asked.append(len(request["Keys"]))
        rows = json.loads(answer.body)["Responses"][table][:1]
        done = {row["task_id"]["S"] for row in rows}
        rest = [key for key in request["Keys"] if key["task_id"]["S"] not in done]
        unprocessed = {table: request | {"Keys": rest}} if rest else {}
        return changed(answer, Responses={table: rows}, UnprocessedKeys=unprocessed)

    with stores.wire.rule(by_halves):
        assert [task.task_id for task in stores.tasks.get_many(ids)] == ids
    assert asked == list(range(9, 0, -1))


def test_who_registers_again_during_the_burial_keeps_its_capabilities(stores: Stores) -> None:
    old = an_agent(left=True)
    stores.agents.add(old, {})
    again = an_agent(session_id="session-2")

    def at_that_moment(action: str, _body: dict[str, Any], send: Send) -> Answer:
        answer = send()
        if action == "DeleteItem" and stores.agents.get("agent-1") is None:
            assert stores.agents.add(again, {}) is None
        return answer

    with stores.wire.rule(at_that_moment):
        stores.agents.bury(old)
    assert row(stores) == again
    assert (capable(stores), candidates(stores)) == (("agent-1",), ["agent-1"])
