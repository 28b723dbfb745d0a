"""Outages, lost answers, a second session, a service that forgot."""

import threading

import pytest
from sdk_fakes import PATIENCE, Gate, fake_agent

from agent_client import Agent, BadRequest, Ending, SqsLongPoll
from agent_client.testing import FakeQueue, answering, lost_answer


def test_an_outage_is_told_once_at_each_end_and_costs_no_result(service, clock, caplog) -> None:
    agent, gate = fake_agent(service, clock=clock), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.is_down = True
    gate.opened.set()
    waits = [clock.skip() for _ in range(6)]
    service.is_down = False
    clock.skip()
    service.wait_for(task_id)
    agent.stop()
    told = [r.message for r in caplog.records if "service" in r.message]
    assert len(told) == 2
    assert told[0].startswith("Lost the service at http://fake (connection refused)")
    assert told[1].startswith("The service is back after")
    assert max(waits[1:]) <= 10.0
    assert service.task(task_id).result_data == "through"


def test_lost_answers_all_along_the_way_change_nothing(service) -> None:
    agent = Agent("agent-1", client=service.client(), chance=lambda: 0.0, poll_interval=0.01)
    runs = []
    agent.handler("report-v1")(lambda task: runs.append(task.task_id))
    ids = [service.submit("report-v1") for _ in range(4)]

    def every_other(request, serve):
        every_other.calls += 1
        return lost_answer(request, serve) if every_other.calls % 2 else serve(request)

    every_other.calls = 0
    service.inject(every_other, on="/", times=50)
    with agent:
        for task_id in ids:
            service.wait_for(task_id)
    assert sorted(runs) == sorted(ids)
    assert all(service.task(task_id).attempt == 0 for task_id in ids)


def test_a_superseded_agent_says_so_and_stops(service, caplog) -> None:
    agent, gate = fake_agent(service, poll_interval=0.01), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.client().register_agent(
        "agent-1", agent_id="agent-1", capabilities=["report-v1"], session_id="another"
    )
    agent._running.thread.join(PATIENCE)
    assert agent.stop() is Ending.SUPERSEDED
    assert gate.contexts[0].is_cancelled
    assert sum("Another session took over" in r.message for r in caplog.records) == 1
    gate.opened.set()


def test_an_agent_the_service_forgot_registers_again_under_a_new_session(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.wait_until(lambda: len(service.sent("/sync")) == 1)
    clock.skip()
    service.wait_until(lambda: service.task(task_id).status == "ACTIVE")
    service.state.agents.clear()
    clock.skip()
    service.wait_until(lambda: len(service.state.agents) == 1)
    first, second = service.sent("/ains/agents")[0], service.state.agents["agent-1"]
    assert first["session_id"] != second["session_id"]
    gate.opened.set()
    assert service.wait_for(task_id).result_data == "through"
    agent.stop()


def test_an_agent_that_is_forgotten_at_once_again_does_not_spin(service, clock) -> None:
    agent = fake_agent(service, clock=clock)
    agent.handler("report-v1")(lambda task: None)
    service.inject(answering(404, "not-found"), on="/sync", times=3)
    agent.start()
    assert [clock.skip() for _ in range(3)] == [0.5, 1.0, 2.0]
    agent.stop()


def test_a_service_that_is_not_up_yet_is_waited_for(service, clock) -> None:
    agent = fake_agent(service, clock=clock)
    agent.handler("report-v1")(lambda task: None)
    service.is_down = True
    starting = threading.Thread(target=agent.start)
    starting.start()
    clock.skip()
    clock.skip()
    service.is_down = False
    clock.skip()
    starting.join(PATIENCE)
    assert "agent-1" in service.state.agents
    agent.stop()


def test_an_agent_that_never_registered_can_be_stopped(service) -> None:
    agent = fake_agent(service)
    agent.handler("report-v1")(lambda task: None)
    service.is_down = True
    with pytest.raises(TimeoutError, match=r"could not register in 0\.01 s"):
        agent.start(timeout=0.01)
    assert agent.stop() is Ending.DRAINED


def test_a_refused_registration_is_raised_to_the_caller(service) -> None:
    agent = fake_agent(service)
    agent.handler("report-v1")(lambda task: None)
    service.inject(answering(400, "validation", "bad name"), times=2)
    with pytest.raises(BadRequest, match="bad name"):
        agent.start()
    with pytest.raises(BadRequest, match="bad name"):
        agent.run()


def test_an_agent_whose_queue_is_missing_says_why_it_cannot_run(service) -> None:
    def no_boto3(url: str) -> FakeQueue:
        raise RuntimeError("the sqs transport needs boto3: pip install boto3")

    agent = fake_agent(service, transport=SqsLongPoll(connect=no_boto3))
    agent.handler("report-v1")(lambda task: None)
    with pytest.raises(RuntimeError, match="pip install boto3"):
        agent.start()
