"""What an sqs agent says over HTTP: its lease, its reports, its leaving."""

import pytest
from sdk_fakes import Bench
from sdk_lines import QueueLine

from agent_client import (
    Registration,
    ServerError,
    SqsLongPoll,
    Superseded,
)
from agent_client.testing import FakeService, answering


@pytest.fixture
def line():
    line = QueueLine()
    yield line
    line.close()


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


def test_a_service_that_gives_no_queue_is_said_so() -> None:
    desk = Bench(FakeService())
    with pytest.raises(RuntimeError, match="no queue"):
        SqsLongPoll().open(desk.link, Registration(agent_id="agent-1"))
