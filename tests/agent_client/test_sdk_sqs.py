"""The SQS transport: started before it runs, deleted once started, duplicates and stale tokens dropped."""

import os

import boto3
import pytest
from moto import mock_aws
from sdk_fakes import Bench

from agent_client import (
    ConnectionFailed,
    Registration,
    ServerError,
    SqsLongPoll,
    Superseded,
    Timeout,
)
from agent_client._sqs_listener import Listener
from agent_client._sqs_queue import SqsQueue, region_of
from agent_client.testing import FakeQueue, FakeService, answering, lost_answer


class Line:
    """An sqs agent without threads: the queue is listened to when the test says so."""

    def __init__(self, *, slots: int = 1) -> None:
        self.service = FakeService()
        self.desk = Bench(self.service, slots=slots)
        self.queue = FakeQueue()
        self.desk.register(delivery="sqs")
        self.listener = Listener(self.queue, self.desk.link)
        self.rounds = SqsLongPoll(connect=lambda _: _closed())
        self.rounds.open(self.desk.link, Registration(agent_id="agent-1", queue_url="fake:rounds"))

    def deliver(self, **fields: object) -> str:
        task_id = self.service.submit("report-v1", {"x": 1}, **fields)
        self.service.deliver(task_id, agent_id="agent-1", queue=self.queue)
        return task_id

    def status(self, task_id: str) -> str:
        return self.service.task(task_id).status


def _closed() -> FakeQueue:
    """Its long polls end at once and fail, so that the transport's own listener only backs off."""
    queue = FakeQueue()
    queue.fails_with = ConnectionFailed("closed")
    queue.close()
    return queue


@pytest.fixture
def line():
    line = Line()
    yield line
    line.rounds.close()


def test_an_assignment_is_started_run_and_its_message_deleted(line) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    assert line.status(task_id) == "ACTIVE"
    assert line.desk.jobs[0].task.input_data == {"x": 1}
    assert len(line.queue.deleted) == 1
    line.desk.complete(line.desk.jobs[0], "done")
    line.rounds.round(status="ACTIVE")
    assert line.service.task(task_id).result_data == "done"
    assert line.desk.bench.is_idle()


def test_the_same_message_twice_runs_once(line) -> None:
    task_id = line.service.submit("report-v1")
    message = line.service.deliver(task_id, agent_id="agent-1", queue=line.queue)
    line.queue.put(message)
    line.listener.listen_once()
    assert len(line.desk.jobs) == 1
    assert len(line.queue.deleted) == 2
    line.desk.complete(line.desk.jobs[0])
    line.rounds.round(status="ACTIVE")
    line.queue.put(message)
    line.listener.listen_once()
    assert len(line.desk.jobs) == 1


def test_a_message_with_an_old_token_is_dropped(line) -> None:
    task_id = line.deliver()
    line.service.deliver(task_id, agent_id="another-agent", queue=FakeQueue())
    line.listener.listen_once()
    assert line.desk.jobs == []
    assert len(line.queue.deleted) == 1


def test_a_start_whose_answer_was_lost_leaves_the_message_and_its_second_delivery_runs(line) -> None:
    line.deliver()
    line.service.inject(lost_answer, on="/status")
    with pytest.raises(Timeout):
        line.listener.listen_once()
    assert line.desk.jobs == []
    line.queue.redeliver()
    line.listener.listen_once()
    assert len(line.desk.jobs) == 1
    assert line.queue.in_flight == {}


def test_a_service_in_trouble_leaves_the_message_on_the_queue(line) -> None:
    line.deliver()
    line.service.inject(answering(503), on="/status")
    with pytest.raises(ServerError):
        line.listener.listen_once()
    assert len(line.queue.in_flight) == 1


def test_without_a_free_slot_the_message_stays_and_cancellations_are_still_heard(line) -> None:
    first = line.deliver()
    line.listener.listen_once()
    line.deliver()
    line.queue.put({"v": 1, "kind": "cancelled", "task_id": first, "lease_token": 1})
    line.listener.listen_once()
    assert len(line.desk.jobs) == 1
    assert line.desk.jobs[0].context.is_cancelled
    assert len(line.queue.in_flight) == 1


def test_a_cancellation_of_an_older_attempt_does_not_stop_the_newer(line) -> None:
    task_id = line.deliver()
    line.service.deliver(task_id, agent_id="agent-1", queue=line.queue)
    line.listener.listen_once()
    line.queue.put({"v": 1, "kind": "cancelled", "task_id": task_id, "lease_token": 1})
    line.listener.listen_once()
    (job,) = line.desk.jobs
    assert job.task.lease_token == 2
    assert not job.context.is_cancelled


def test_input_left_out_of_the_message_is_fetched(line) -> None:
    task_id = line.service.submit("report-v1", {"large": "x"})
    message = {
        "v": 1,
        "kind": "assignment",
        **line.service.state.assign(line.service.state.task(task_id), "agent-1"),
    }
    line.queue.put(message | {"input_data": None, "input_data_omitted": True})
    line.listener.listen_once()
    assert line.desk.jobs[0].task.input_data == {"large": "x"}


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "[" * 100_000,
        {"v": 2, "kind": "assignment"},
        {"v": 1, "kind": "surprise"},
        {"v": 1, "kind": "assignment"},
    ],
)
def test_a_message_that_cannot_be_read_is_dropped_with_a_line_in_the_log(line, caplog, body) -> None:
    line.queue.put(body)
    line.listener.listen_once()
    assert len(line.queue.deleted) == 1
    assert "cannot be read" in caplog.text


def test_what_comes_after_the_listener_was_closed_stays_on_the_queue(line) -> None:
    line.deliver()
    line.listener.close()
    line.listener.listen_once()
    assert line.desk.jobs == []
    assert len(line.queue.in_flight) == 1


def test_a_zombies_report_is_refused_and_not_sent_again(line, caplog) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    line.desk.complete(line.desk.jobs[0], "too late")
    line.service.state.assign(line.service.state.task(task_id), "another-agent")
    line.rounds.round(status="ACTIVE")
    assert line.desk.bench.is_idle()
    assert "refused" in caplog.text


def test_reports_wait_while_the_service_is_in_trouble(line) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    line.desk.complete(line.desk.jobs[0])
    line.service.inject(answering(503), on="/status")
    with pytest.raises(ServerError):
        line.rounds.round(status="ACTIVE")
    line.rounds.round(status="ACTIVE")
    assert line.status(task_id) == "COMPLETED"


def test_beats_are_heartbeats_and_syncs_in_turn_and_a_sync_notices_being_superseded(line) -> None:
    for _ in range(4):
        line.desk.clock.advance(line.rounds.round(status="ACTIVE"))
    assert len(line.service.sent("/heartbeat")) == 2
    assert [sent["ack"] for sent in line.service.sent("/sync")] == [0, 1]
    line.desk.register(session_id="session-2", delivery="sqs")
    line.desk.clock.advance(line.rounds.round(status="ACTIVE"))
    with pytest.raises(Superseded):
        line.rounds.round(status="ACTIVE")


def test_a_sync_tells_progress_and_lets_go_of_what_was_lost(line) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    (job,) = line.desk.jobs
    job.context.progress(0.5)
    for _ in range(2):
        line.desk.clock.advance(line.rounds.round(status="ACTIVE"))
    assert line.service.task(task_id).progress == 0.5
    line.service.state.assign(line.service.state.task(task_id), "another-agent")
    for _ in range(2):
        line.desk.clock.advance(line.rounds.round(status="ACTIVE"))
    assert job.context.is_cancelled


def test_draining_is_said_at_once_and_signing_off_gives_back_what_still_runs(line) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    line.rounds.round(status="ACTIVE")
    line.desk.bench.close_intake()
    line.rounds.round(status="DRAINING")
    assert line.service.state.agents["agent-1"]["status"] == "DRAINING"
    line.desk.bench.abandon()
    line.rounds.sign_off()
    assert line.status(task_id) == "PENDING"
    assert line.desk.bench.is_idle()


def test_signing_off_reports_what_is_done(line) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    line.desk.complete(line.desk.jobs[0])
    line.rounds.sign_off()
    assert line.status(task_id) == "COMPLETED"


def test_a_queue_that_cannot_be_reached_is_told_once_and_tried_again(caplog) -> None:
    desk, queue = Bench(FakeService()), _closed()
    listener = Listener(queue, desk.link)
    listener.start()
    waits = [desk.clock.skip() for _ in range(4)]
    listener.close()
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert sum("Cannot take work" in r.message for r in caplog.records) == 1


def test_a_service_that_gives_no_queue_is_said_so() -> None:
    desk = Bench(FakeService())
    with pytest.raises(RuntimeError, match="no queue"):
        SqsLongPoll().open(desk.link, Registration(agent_id="agent-1"))


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-3.amazonaws.com/123456789012/q", "eu-west-3"),
        ("https://us-west-2.queue.amazonaws.com/123456789012/q", "us-west-2"),
    ],
)
def test_the_region_is_the_queues_own(url: str, region: str) -> None:
    assert region_of(url) == region


def test_the_region_of_an_emulated_queue_is_the_environments(monkeypatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert region_of("http://127.0.0.1:4566/000000000000/q") == "eu-north-1"
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert region_of("http://127.0.0.1:4566/000000000000/q") == "us-east-1"


@mock_aws
def test_the_real_queue_receives_and_deletes(monkeypatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, os.environ.get(name, "testing"))
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    queue = SqsQueue(url)
    (message,) = queue.receive(wait_seconds=0)
    assert message.body == "hello"
    queue.delete(message)
    assert queue.receive(wait_seconds=0) == []
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(ConnectionFailed):
        queue.receive(wait_seconds=0)
    with pytest.raises(ConnectionFailed):
        queue.delete(message)
