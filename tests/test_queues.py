"""SQS: hints in batches, delayed and never early; a message that is lost is counted, not raised."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.domain.errors import Conflict
from chalicelib.queues import SqsAgentQueues, SqsWork, delay_seconds
from chalicelib.services.messages import decoded
from chalicelib.services.ports import Aggregate, Hint, HintKind

from .fakes import FakeMetrics, SilentLog

NOW = 1_800_000_000_000
REFUSED = ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "SendMessage")
UNREACHED = EndpointConnectionError(endpoint_url="https://sqs")


class FakeSqs:
    """Remembers what it was asked; `failing` is raised instead, `refusing` entries of a batch fail."""

    def __init__(self, *, failing: Exception | None = None, refusing: int = 0) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.failing = failing
        self.refusing = refusing

    def __getattr__(self, operation: str) -> Any:
        def call(**asked: Any) -> dict[str, Any]:
            self.asked.append((operation, asked))
            if self.failing is not None:
                raise self.failing
            if operation == "send_message_batch" and self.refusing:
                return {"Failed": [{"Id": str(n)} for n in range(self.refusing)]}
            return {"QueueUrl": f"https://sqs/{asked['QueueName']}"} if "QueueName" in asked else {}

        return call


def work(sqs: FakeSqs) -> tuple[SqsWork, FakeMetrics, SilentLog]:
    metrics, log = FakeMetrics(), SilentLog()
    return SqsWork(sqs, "https://sqs/work", log, metrics), metrics, log


def hint(n: int = 0, **more: Any) -> Hint:
    return Hint(kind=HintKind.DUE, row_id=f"t{n}", aggregate=Aggregate.TASK, **more)


def test_hints_go_in_batches_of_ten_in_order() -> None:
    sqs = FakeSqs()
    queue, metrics, _ = work(sqs)
    queue.announce(*map(hint, range(23)), now=NOW)
    sent = [asked["Entries"] for _, asked in sqs.asked]
    assert [len(entries) for entries in sent] == [10, 10, 3]
    assert [decoded(e["MessageBody"]) for entries in sent for e in entries] == [hint(n) for n in range(23)]
    assert all(len({e["Id"] for e in entries}) == len(entries) for entries in sent)
    assert {asked["QueueUrl"] for _, asked in sqs.asked} == {"https://sqs/work"}
    assert metrics.counted == []


def test_nothing_to_say_is_no_call() -> None:
    sqs = FakeSqs()
    work(sqs)[0].announce(now=NOW)
    assert sqs.asked == []


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (None, 0),
        (NOW - 5_000, 0),
        (NOW, 0),
        (NOW + 1, 1),
        (NOW + 1_000, 1),
        (NOW + 1_001, 2),
        (NOW + 900_000, 900),
        (NOW + 900_001, 900),
        (NOW + 9_000_000, 900),
    ],
)
def test_a_delay_is_whole_seconds_and_never_early_within_what_sqs_can(at: int | None, seconds: int) -> None:
    assert delay_seconds(hint(at=at), now=NOW) == seconds


def test_the_delay_is_sent() -> None:
    sqs = FakeSqs()
    work(sqs)[0].announce(hint(at=NOW + 1_500), now=NOW)
    assert sqs.asked[0][1]["Entries"][0]["DelaySeconds"] == 2


@pytest.mark.parametrize("failing", [REFUSED, UNREACHED])
def test_a_batch_that_cannot_be_sent_is_counted_and_the_next_is_tried(failing: Exception) -> None:
    sqs = FakeSqs(failing=failing)
    queue, metrics, log = work(sqs)
    queue.announce(*map(hint, range(13)), now=NOW)
    assert len(sqs.asked) == 2
    assert metrics.total("announcements_lost_total") == 13
    assert [line for line, _ in log.lines] == ["announcement lost; the clock makes it up"] * 2


def test_entries_that_sqs_refuses_are_counted() -> None:
    queue, metrics, _ = work(FakeSqs(refusing=2))
    queue.announce(*map(hint, range(5)), now=NOW)
    assert metrics.total("announcements_lost_total") == 2


def test_a_mistake_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        work(FakeSqs(failing=ZeroDivisionError()))[0].announce(hint(), now=NOW)


def agent_queues(sqs: FakeSqs) -> tuple[SqsAgentQueues, FakeMetrics, SilentLog]:
    metrics, log = FakeMetrics(), SilentLog()
    return SqsAgentQueues(sqs, "test", log, metrics), metrics, log


def test_an_agents_queue_is_made_under_a_name_of_its_own_encrypted_and_short_lived() -> None:
    sqs = FakeSqs()
    queues, _, _ = agent_queues(sqs)
    url = queues.create("agent:one")
    assert url.startswith("https://sqs/ains-test-assignments-")
    assert url == queues.create("agent:one") != queues.create("agent:two")
    attributes = sqs.asked[0][1]["Attributes"]
    assert attributes["SqsManagedSseEnabled"] == "true"
    assert int(attributes["MessageRetentionPeriod"]) <= 3_600


def test_a_queue_that_cannot_be_made_is_an_error_that_the_caller_hears() -> None:
    with pytest.raises(ClientError):
        agent_queues(FakeSqs(failing=REFUSED))[0].create("a")


@pytest.mark.parametrize("code", ["QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently"])
def test_a_name_that_rests_after_a_deletion_is_a_conflict_that_says_when_to_come_back(code: str) -> None:
    resting = ClientError({"Error": {"Code": code}}, "CreateQueue")
    with pytest.raises(Conflict, match="register again in 60 seconds"):
        agent_queues(FakeSqs(failing=resting))[0].create("a")


def test_a_message_is_compact_json() -> None:
    sqs = FakeSqs()
    agent_queues(sqs)[0].send("https://sqs/q", {"v": 1, "kind": "cancelled"})
    assert sqs.asked == [
        ("send_message", {"QueueUrl": "https://sqs/q", "MessageBody": '{"v":1,"kind":"cancelled"}'})
    ]
    assert json.loads(sqs.asked[0][1]["MessageBody"])["v"] == 1


@pytest.mark.parametrize("failing", [REFUSED, UNREACHED])
def test_a_lost_message_is_counted_and_a_queue_that_is_gone_already_is_fine(failing: Exception) -> None:
    queues, metrics, log = agent_queues(FakeSqs(failing=failing))
    queues.send("https://sqs/q", {})
    assert metrics.total("announcements_lost_total") == 1
    queues.delete("https://sqs/q")
    assert [line for line, _ in log.lines] == [
        "assignment message lost; it is sent again",
        "agent queue not deleted",
    ]


def test_a_queue_is_deleted_by_its_url() -> None:
    sqs = FakeSqs()
    agent_queues(sqs)[0].delete("https://sqs/q")
    assert sqs.asked == [("delete_queue", {"QueueUrl": "https://sqs/q"})]
