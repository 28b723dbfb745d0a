"""SIGTERM and a drain by an operator, step by step: what began is finished, the rest goes back uncharged."""

import threading

import pytest
from sdk_fakes import PATIENCE, Gate, fake_agent
from sdk_lines import QueueLine, SyncLine

from agent_client import Ending, ServerError, SqsLongPoll
from agent_client.testing import FakeQueue, answering, lost_answer


@pytest.fixture
def line():
    line = QueueLine(slots=2)
    yield line
    line.close()


def stopping(agent) -> threading.Thread:
    thread = threading.Thread(target=agent.stop)
    thread.start()
    return thread


def test_a_message_that_comes_while_draining_is_given_back_without_having_begun(line) -> None:
    task_id = line.deliver()
    line.desk.bench.close_intake()
    line.listener.listen_once()
    assert line.status(task_id) == "ASSIGNED"
    assert line.queue.in_flight == {}
    assert line.desk.bench.has_news
    line.rounds.round(status="DRAINING")
    line.desk.bench.has_news = False
    assert line.status(task_id) == "PENDING"
    assert line.desk.jobs == []


def test_messages_that_come_later_in_a_drain_go_back_before_the_next_heartbeat(line) -> None:
    line.desk.bench.close_intake()
    line.rounds.round(status="DRAINING")
    task_id = line.deliver()
    line.listener.listen_once()
    assert line.rounds.round(status="DRAINING") == 10.0
    assert line.status(task_id) == "PENDING"


def test_a_cancellation_is_heard_while_draining(line) -> None:
    task_id = line.deliver()
    line.listener.listen_once()
    line.desk.bench.close_intake()
    line.rounds.round(status="DRAINING")
    line.queue.put({"v": 1, "kind": "cancelled", "task_id": task_id, "lease_token": 1})
    line.listener.listen_once()
    assert line.desk.jobs[0].context.is_cancelled


def test_the_queue_is_still_listened_to_while_draining() -> None:
    line = QueueLine()
    task_id = line.service.submit("report-v1")
    line.desk.bench.close_intake()
    line.rounds.round(status="DRAINING")
    line.service.deliver(task_id, agent_id="agent-1", queue=line.idle)  # the transport's own queue
    line.idle.wait_until(lambda: len(line.idle.deleted) == 1)
    line.rounds.round(status="DRAINING")
    assert line.status(task_id) == "PENDING"
    line.close()


def test_a_task_whose_start_was_told_as_the_drain_began_is_run_and_not_charged_as_lost(line) -> None:
    task_id = line.deliver()

    def stopped_meanwhile(request, serve):
        line.desk.bench.close_intake()
        assert not line.desk.bench.is_idle()  # or the agent would sign off at once
        return serve(request)

    line.service.inject(stopped_meanwhile, on="/status")
    line.listener.listen_once()
    (job,) = line.desk.jobs
    line.rounds.round(status="DRAINING")
    assert line.service.sent("/sync")[-1]["released"] == []
    line.desk.complete(job)
    line.rounds.round(status="DRAINING")
    assert line.status(task_id) == "COMPLETED"


def test_once_all_was_given_up_not_even_that_begins(line) -> None:
    line.deliver()

    def over_meanwhile(request, serve):
        line.desk.bench.abandon()
        return serve(request)

    line.service.inject(over_meanwhile, on="/status")
    line.listener.listen_once()
    assert line.desk.jobs == []
    assert len(line.desk.bench.released()) == 1


def test_a_report_the_service_stumbles_over_holds_up_neither_heartbeats_nor_other_reports(line) -> None:
    ids = [line.deliver(), line.deliver()]
    line.listener.listen_once()
    for job in list(line.desk.jobs):
        line.desk.complete(job)
    line.desk.clock.advance(10)
    line.service.inject(answering(500), on=f"/{ids[0]}/status", times=9)
    with pytest.raises(ServerError):
        line.rounds.round(status="DRAINING")
    assert line.status(ids[1]) == "COMPLETED"
    assert len(line.service.sent("/sync")) == 1
    with pytest.raises(ServerError):
        line.rounds.sign_off()
    assert line.service.sent("/sync")[-1]["status"] == "DRAINING"  # OFFLINE would take the other one away


def test_what_an_answer_under_way_brings_after_the_signal_does_not_begin(service, clock) -> None:
    agent = fake_agent(service, clock=clock, grace=PATIENCE)
    ran = []
    agent.handler("report-v1")(ran.append)
    agent.start()
    service.wait_until(lambda: len(service.sent("/sync")) == 1)
    task_id = service.submit("report-v1")

    def stopped_meanwhile(request, serve):
        agent._running.shift.ask_to_stop()
        return serve(request)

    service.inject(stopped_meanwhile, on="/sync")
    clock.skip()
    agent._running.thread.join(PATIENCE)
    assert agent.stop() is Ending.DRAINED
    assert ran == []
    assert service.task(task_id).status == "PENDING"
    assert service.sent("/sync")[-1]["status"] == "OFFLINE"


def test_the_grace_runs_from_the_signal_not_from_when_a_slow_request_ended(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=7.0), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()

    def slow(request, serve):
        agent._running.shift.ask_to_stop()
        clock.advance(6.0)
        return serve(request)

    service.inject(slow, on="/sync")
    thread = agent._running.thread
    clock.skip_until_over(thread)
    assert clock.monotonic() == pytest.approx(7.2, abs=0.5)
    assert gate.contexts[0].is_cancelled
    gate.opened.set()


def test_a_drain_keeps_the_lease_by_syncs_at_the_usual_pace_until_the_handler_ends(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=100.0), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    thread = stopping(agent)
    service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
    waits = [clock.skip() for _ in range(6)]
    assert max(waits) <= 5.0
    gate.opened.set()
    thread.join(PATIENCE)
    assert service.task(task_id).status == "COMPLETED"
    assert {held["task_id"] for sent in service.sent("/sync")[2:-2] for held in sent["held"]} == {task_id}


@pytest.mark.parametrize("trouble", [answering(500), answering(429, "rate-limited"), lost_answer])
def test_a_service_in_trouble_when_the_grace_ends_is_told_as_soon_as_it_is_back(
    service, clock, trouble
) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=1.0), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    gone = len(service.sent("/sync"))
    service.inject(trouble, on="/sync", times=4)
    endings = []
    thread = threading.Thread(target=lambda: endings.append(agent.stop()))
    thread.start()
    service.wait_until(lambda: len(service.sent("/sync")) > gone)
    clock.skip_until_over(thread)
    assert endings == [Ending.DRAINED]
    assert service.task(task_id).status == "PENDING"
    assert 1.0 < clock.monotonic() < 5.5
    gate.opened.set()


def test_a_drain_that_cannot_be_told_ends_in_time_and_says_so(service, clock, caplog) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=1.0), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.is_down = True
    endings = []
    thread = threading.Thread(target=lambda: endings.append(agent.stop()))
    thread.start()
    clock.skip_until_over(thread)
    assert endings == [Ending.UNDELIVERED]
    assert clock.monotonic() <= 5.0
    assert "Could not sign off cleanly" in caplog.text
    gate.opened.set()


def test_an_agent_the_service_forgot_while_it_drains_registers_again_and_delivers(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=60.0), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    thread = stopping(agent)
    service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
    before = len(service.requests)
    service.state.agents.clear()
    clock.skip()
    service.wait_until(lambda: "agent-1" in service.state.agents)
    gate.opened.set()
    thread.join(PATIENCE)
    assert service.task(task_id).status == "COMPLETED"
    assert len(service.requests) - before < 10


def test_a_registration_that_fails_during_a_drain_is_not_hammered(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=20.0), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    thread = stopping(agent)
    service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
    before = len(service.requests)
    service.state.agents.clear()
    service.inject(answering(503), on="/ains/agents", times=1_000)
    service.state.agents.clear()
    clock.skip_until_over(thread)
    assert len(service.requests) - before < 30
    gate.opened.set()


def test_an_outage_never_rests_longer_than_a_heartbeat(service, clock) -> None:
    agent = fake_agent(service, clock=clock, heartbeat_interval=1.0)
    agent.handler("report-v1")(lambda task: None)
    agent.start()
    service.wait_until(lambda: len(service.sent("/sync")) >= 1)
    service.is_down = True
    assert max(clock.skip() for _ in range(8)) <= 1.0
    service.is_down = False
    agent.stop()


def test_more_reports_than_one_request_holds_are_told_before_it_says_it_is_offline() -> None:
    line = SyncLine(slots=3)
    ids = [line.service.submit("report-v1") for _ in range(3)]
    line.round()
    for job in list(line.desk.jobs):
        line.desk.complete(job, "x" * 150_000)
    line.sync.sign_off()
    said = [(sent["status"], len(sent["reports"])) for sent in line.service.sent("/sync")[1:]]
    assert said == [("DRAINING", 1), ("DRAINING", 1), ("OFFLINE", 1)]
    assert {line.status(task_id) for task_id in ids} == {"COMPLETED"}


def test_a_drained_agent_finishes_asks_for_nothing_and_idles_until_it_is_undrained(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock), Gate()
    agent.handler("report-v1")(gate)
    first = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.client().drain_agent("agent-1", reason="new disk")
    second = service.submit("report-v1")
    clock.skip()
    service.wait_until(lambda: agent._running.shift._link.bench.is_drained)
    gate.opened.set()
    service.wait_for(first)
    waits = [clock.skip() for _ in range(3)]
    assert waits[1:] == [10.0, 10.0]
    service.wait_until(lambda: service.sent("/sync")[-1]["free_slots"] == 0)
    assert service.task(second).status == "PENDING"
    assert service.sent("/sync")[-1]["status"] == "ACTIVE"
    service.client().undrain_agent("agent-1")
    for _ in range(2):
        clock.skip()
    service.wait_for(second)
    assert agent.stop() is Ending.DRAINED


def test_a_drained_agent_that_is_to_exit_does_so_once_it_holds_nothing(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock, exit_when_drained=True), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    thread = agent._running.thread
    service.client().drain_agent("agent-1")
    for _ in range(3):
        clock.skip()
    assert thread.is_alive()
    gate.opened.set()
    thread.join(PATIENCE)
    assert agent.stop() is Ending.DRAINED
    assert service.task(task_id).status == "COMPLETED"
    assert service.sent("/sync")[-1]["status"] == "OFFLINE"


def test_an_sqs_agent_learns_by_its_heartbeat_that_it_is_drained(line) -> None:
    line.desk.client.drain_agent("agent-1")
    line.rounds.round(status="ACTIVE")
    assert line.desk.bench.is_drained
    line.desk.clock.advance(10)
    line.rounds.round(status="ACTIVE")
    assert line.service.sent("/sync")[-1]["free_slots"] == 0
    line.desk.client.undrain_agent("agent-1")
    line.desk.clock.advance(10)
    line.rounds.round(status="ACTIVE")
    assert not line.desk.bench.is_drained


def test_what_an_sqs_agent_was_given_before_it_was_drained_it_still_begins(line) -> None:
    task_id = line.deliver()
    line.desk.client.drain_agent("agent-1")
    line.rounds.round(status="ACTIVE")
    line.listener.listen_once()
    assert line.status(task_id) == "ACTIVE"


def test_a_new_session_is_not_drained(service) -> None:
    agent = fake_agent(service, transport=SqsLongPoll(connect=lambda _: FakeQueue()))
    agent.handler("report-v1")(lambda task: None)
    service.state.agents["agent-1"] = {"session_id": "old", "is_drained": True, "seq": 0, "status": "ACTIVE"}
    agent.start()
    assert not service.state.agents["agent-1"].get("is_drained")
    agent.stop()
