"""Messages: started before it runs, deleted once started, duplicates and stale tokens dropped."""

from dataclasses import replace

import pytest
from sdk_fakes import Bench
from sdk_lines import QueueLine

from agent_client import (
    ServerError,
    Superseded,
    Timeout,
)
from agent_client._sqs_listener import Listener
from agent_client.testing import FakeQueue, FakeService, answering, lost_answer


@pytest.fixture
def line():
    line = QueueLine()
    yield line
    line.close()


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
        {"v": 1, "kind": ["cancelled"]},
        {"v": 1, "kind": "cancelled", "task_id": "t", "lease_token": "1"},
    ],
)
def test_a_message_that_cannot_be_read_is_dropped_with_a_line_in_the_log(line, caplog, body) -> None:
    line.queue.put(body)
    line.listener.listen_once()
    assert len(line.queue.deleted) == 1
    assert "cannot be read" in caplog.text


def test_what_comes_after_the_listener_was_closed_goes_back_to_the_queue(line) -> None:
    line.deliver()
    line.listener.close()
    line.listener.listen_once()
    assert line.desk.jobs == []
    assert len(line.queue.receive(wait_seconds=0)) == 1


def test_what_another_session_was_given_is_not_started_here_and_goes_back(line) -> None:
    line.desk.register(session_id="session-2", delivery="sqs")
    task_id = line.deliver()
    line.listener.listen_once()
    assert line.status(task_id) == "ASSIGNED"
    assert len(line.queue.receive(wait_seconds=0)) == 1
    with pytest.raises(Superseded):
        line.rounds.round(status="ACTIVE")


def test_a_service_in_trouble_starts_nothing_of_another_session_and_leaves_the_message(line) -> None:
    line.service.state.agents["agent-1"]["session_id"] = "session-2"
    line.deliver()
    line.service.inject(answering(503), on="/sync")
    with pytest.raises(ServerError):
        line.listener.listen_once()
    assert len(line.queue.in_flight) == 1


def test_a_queue_that_cannot_be_reached_is_told_once_and_tried_again(caplog) -> None:
    desk, queue = Bench(FakeService()), FakeQueue()
    queue.close()
    listener = Listener(queue, desk.link, confirm=lambda: None)
    listener.start()
    waits = [desk.clock.skip() for _ in range(4)]
    listener.close()
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert sum("Cannot take work" in r.message for r in caplog.records) == 1


def test_a_listener_that_stumbles_goes_on_and_leaves_a_trace(caplog) -> None:
    desk, queue = Bench(FakeService()), FakeQueue()
    queue.fails_with = ZeroDivisionError("odd")
    queue.close()
    listener = Listener(queue, desk.link, confirm=lambda: None)
    listener.start()
    waits = [desk.clock.skip() for _ in range(2)]
    listener.close()
    assert waits == [0.5, 1.0]
    assert "ZeroDivisionError: odd" in caplog.text


def test_a_message_to_this_session_needs_no_sync(line) -> None:
    line.deliver()
    line.listener.listen_once()
    assert len(line.desk.jobs) == 1
    assert line.service.sent("/sync") == []


def test_a_message_that_names_no_session_is_started_after_a_sync(line) -> None:
    task_id = line.service.submit("report-v1")
    task = line.service.state.assign(line.service.state.task(task_id), "agent-1")
    line.queue.put({"v": 1, "kind": "assignment", **task})
    line.listener.listen_once()
    assert len(line.service.sent("/sync")) == 1
    assert line.status(task_id) == "ACTIVE"


def test_what_an_earlier_session_was_given_is_given_back(line) -> None:
    task_id = line.service.submit("report-v1")
    task = line.service.state.assign(line.service.state.task(task_id), "agent-1")
    line.queue.put({"v": 1, "kind": "assignment", "session_id": "session-0", **task})
    line.listener.listen_once()
    assert line.desk.jobs == []
    line.rounds.round(status="ACTIVE")
    assert line.service.sent("/sync")[-1]["released"] == [{"task_id": task_id, "lease_token": 1}]
    assert line.status(task_id) == "PENDING"
    assert line.queue.in_flight == {}


def test_after_registering_again_messages_to_the_new_session_are_its_own(line) -> None:
    line.desk.register(session_id="session-2", delivery="sqs")
    line.listener.follow(replace(line.desk.link, session_id="session-2"))
    line.deliver()
    line.listener.listen_once()
    assert len(line.desk.jobs) == 1
