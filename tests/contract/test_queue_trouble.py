"""What SQS refuses, loses or half does: counted, never raised where the clock makes it up."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.errors import Conflict
from chalicelib.services.ports import Hint, HintKind
from infra.local.calls import Answer
from tests.contract.implementations import Stores
from tests.contract.values import NOW
from tests.contract.wire import Send, changed

pytestmark = pytest.mark.parametrize("implementation", ["moto", "engine"], indirect=True, scope="package")


def announced(stores: Stores, count: int) -> list[str]:
    """The rows whose hints were not sent."""
    hints = [Hint(kind=HintKind.FILL, row_id=f"agent-{n:02}") for n in range(count)]
    with stores.at(NOW):
        return [hint.row_id for hint in stores.queue.announce(*hints, now=NOW)]


def lost(stores: Stores) -> float:
    return stores.metrics.total("announcements_lost_total")


def test_hints_of_a_batch_that_failed_are_counted_and_the_rest_arrive(stores: Stores) -> None:
    def without_the_second(action: str, body: dict[str, Any], send: Send) -> Answer:
        if action != "SendMessageBatch":
            return send()
        failed = [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]
        answer = send()
        return changed(answer, Successful=json.loads(answer.body)["Successful"][:1], Failed=failed)

    with stores.wire.rule(without_the_second):
        assert announced(stores, 2) == ["agent-01"]
    assert lost(stores) == 1


def test_an_announcement_that_cannot_be_sent_is_counted_and_never_raised(stores: Stores) -> None:
    with stores.wire.refusing("SendMessageBatch", "InternalFailure", status=500, times=3):
        assert announced(stores, 12) == [f"agent-{n:02}" for n in range(10)]
    assert lost(stores) == 10
    assert len(stores.heard(NOW)) == 2


def test_an_assignment_message_that_cannot_be_sent_is_counted_and_never_raised(stores: Stores) -> None:
    url = stores.agent_queues.create("agent-1")
    with stores.wire.refusing("SendMessage", "InternalFailure", status=500, times=3):
        stores.agent_queues.send(url, {"v": 1})
    assert lost(stores) == 1
    assert stores.told(url) == []


def test_a_queue_deleted_a_moment_ago_is_a_conflict_that_says_when_to_come_again(stores: Stores) -> None:
    with stores.wire.refusing("CreateQueue", "AWS.SimpleQueueService.QueueDeletedRecently"):
        with pytest.raises(Conflict, match="60 seconds"):
            stores.agent_queues.create("agent-1")


def test_another_trouble_with_a_new_queue_is_an_outage(stores: Stores) -> None:
    with stores.wire.refusing("CreateQueue", "AccessDenied"):
        with pytest.raises(ClientError):
            stores.agent_queues.create("agent-1")
