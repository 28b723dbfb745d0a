"""The running agent: threads, drains, outages, signals. Time is the test's own."""

import asyncio
import os
import signal
import threading

import pytest
from sdk_fakes import PATIENCE, ManualClock, fake_agent

from agent_client import Agent, BadRequest, Ending, Fail, Retry, SqsLongPoll
from agent_client.testing import FakeQueue, FakeService, answering, lost_answer


class Gate:
    """A handler that runs until the test opens the gate."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        self.contexts: list = []

    def __call__(self, task, context):
        self.contexts.append(context)
        self.entered.release()
        assert self.opened.wait(PATIENCE)
        return "through"

    def wait_entered(self) -> None:
        assert self.entered.acquire(timeout=PATIENCE)


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_plain_function_serves_a_task(service) -> None:
    agent = fake_agent(service)

    @agent.handler("report-v1")
    def report(task):
        return sum(task.input_data)

    task_id = service.submit("report-v1", [1, 2])
    with agent:
        assert service.wait_for(task_id).result_data == 3


def test_a_coroutine_serves_a_task(service) -> None:
    agent = fake_agent(service, max_concurrency=2)
    both = []

    @agent.handler("report-v1")
    async def report(task, context):
        both.append(asyncio.get_running_loop())
        while len(both) < 2:
            await asyncio.sleep(0)
        return context.attempt

    ids = [service.submit("report-v1") for _ in range(2)]
    with agent:
        assert [service.wait_for(task_id).result_data for task_id in ids] == [0, 0]
    assert both[0] is both[1]


def test_endings_of_handlers_reach_the_service(service) -> None:
    agent = fake_agent(service, max_concurrency=4)

    @agent.handler("retry")
    def retry(task, context):
        if context.attempt == 0:
            raise Retry("once more")
        return "second"

    @agent.handler("fail")
    async def fail(task):
        raise Fail("useless")

    @agent.handler("exit")
    def leave(task):
        raise SystemExit(3)

    @agent.handler("cancel")
    async def cancel(task):
        raise asyncio.CancelledError

    ids = {c: service.submit(c, max_retries=0 if c != "retry" else 3) for c in agent.capabilities}
    with agent:
        ended = {c: service.wait_for(task_id) for c, task_id in ids.items()}
    assert ended["retry"].result_data == "second"
    assert (ended["fail"].status, ended["fail"].error_message) == ("FAILED", "useless")
    assert ended["exit"].error_message == "SystemExit: 3"
    assert ended["cancel"].error_message == "CancelledError: the handler was cancelled"


def test_no_more_run_at_once_than_there_are_slots(service) -> None:
    agent, gate = fake_agent(service, max_concurrency=2), Gate()
    agent.handler("report-v1")(gate)
    ids = [service.submit("report-v1") for _ in range(5)]
    with agent:
        gate.wait_entered()
        gate.wait_entered()
        assert not gate.entered.acquire(blocking=False)
        assert [service.task(i).status for i in ids[2:]] == ["PENDING"] * 3
        gate.opened.set()
        for task_id in ids:
            service.wait_for(task_id)


def test_syncs_go_on_while_a_handler_blocks(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    before = len(service.sent("/sync"))
    for _ in range(3):
        clock.skip()
    service.wait_until(lambda: len(service.sent("/sync")) >= before + 3)
    assert service.task(task_id).status == "ACTIVE"
    gate.opened.set()
    service.wait_for(task_id)
    assert agent.stop() is Ending.DRAINED


def test_a_finished_task_is_reported_at_once_and_the_next_one_taken(service, clock) -> None:
    agent = fake_agent(service, clock=clock)
    agent.handler("report-v1")(lambda task: "done")
    ids = [service.submit("report-v1") for _ in range(3)]
    agent.start()
    for task_id in ids:
        service.wait_for(task_id)  # with a clock that stands still
    agent.stop()


def test_a_cancelled_coroutine_is_cancelled(service) -> None:
    agent = fake_agent(service, poll_interval=0.01)
    started, ended = threading.Event(), threading.Event()

    @agent.handler("report-v1")
    async def report(task, context):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            assert context.is_cancelled
            ended.set()

    task_id = service.submit("report-v1")
    with agent:
        assert started.wait(PATIENCE)
        service.client().cancel_task(task_id)
        assert ended.wait(PATIENCE)
    assert service.task(task_id).status == "CANCELLED"


def test_a_drain_takes_no_more_finishes_what_runs_and_signs_off(service, caplog) -> None:
    caplog.set_level("INFO")
    agent, gate = fake_agent(service, grace=PATIENCE), Gate()
    agent.handler("report-v1")(gate)
    running = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    waiting = service.submit("report-v1")
    stopping = threading.Thread(target=agent.stop)
    stopping.start()
    service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
    gate.opened.set()
    stopping.join(PATIENCE)
    assert service.task(running).status == "COMPLETED"
    assert service.task(waiting).status == "PENDING"
    assert service.sent("/sync")[-1]["held"] == []
    assert caplog.records[-1].message == "Agent signed off"


def test_what_outlasts_the_grace_is_told_to_stop_and_given_back(service, clock) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=7.0), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    stopping = threading.Thread(target=agent.stop)
    stopping.start()
    service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
    clock.skip_until_over(stopping)
    assert clock.monotonic() == pytest.approx(7, abs=0.5)
    assert gate.contexts[0].is_cancelled
    assert service.sent("/sync")[-1]["released"] == [{"task_id": task_id, "lease_token": 1}]
    gate.opened.set()


def test_a_coroutine_that_outlasts_the_grace_is_cancelled(service) -> None:
    agent = fake_agent(service, grace=0)
    started, cancelled = threading.Event(), threading.Event()

    @agent.handler("report-v1")
    async def report(task):
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    task_id = service.submit("report-v1")
    agent.start()
    assert started.wait(PATIENCE)
    assert agent.stop() is Ending.DRAINED
    assert cancelled.wait(PATIENCE)
    assert service.task(task_id).status == "PENDING"


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


def test_results_that_cannot_be_delivered_are_counted_when_it_gives_up(service, clock, caplog) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=1.0), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.is_down = True
    gate.opened.set()
    stopping = threading.Thread(target=agent.stop)
    stopping.start()
    clock.skip_until_over(stopping)
    assert "Could not sign off cleanly; 1 reports are undelivered" in caplog.text


def test_it_cannot_run_twice_at_once_and_can_run_again(service) -> None:
    agent = fake_agent(service)
    agent.handler("report-v1")(lambda task: "done")
    assert agent.stop() is Ending.DRAINED
    with agent:
        with pytest.raises(RuntimeError, match="runs already"):
            agent.start()
    task_id = service.submit("report-v1")
    with agent:
        service.wait_for(task_id)


def test_a_capability_without_a_handler_is_reported_as_failed(service) -> None:
    agent = fake_agent(service)
    agent.handler("report-v1")(lambda task: None)
    task_id = service.submit("report-v1", max_retries=0)
    service.inject(_renaming_capability, on="/sync")
    with agent:
        assert service.wait_for(task_id).error_message == "LookupError: no handler for unheard-of"


def _renaming_capability(request, serve):
    response = serve(request)
    return type(response)(200, {}, response.body.replace(b'"report-v1"', b'"unheard-of"'))


def test_a_signal_drains_and_run_returns(service) -> None:
    agent, gate = fake_agent(service, grace=PATIENCE), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")
    before = signal.getsignal(signal.SIGTERM)

    def later() -> None:
        gate.wait_entered()
        os.kill(os.getpid(), signal.SIGTERM)
        service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
        gate.opened.set()

    threading.Thread(target=later).start()
    assert agent.run() is Ending.DRAINED
    assert service.task(task_id).status == "COMPLETED"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_stops_at_once(service) -> None:
    agent, gate = fake_agent(service, grace=PATIENCE), Gate()
    agent.handler("report-v1")(gate)
    task_id = service.submit("report-v1")

    def later() -> None:
        gate.wait_entered()
        os.kill(os.getpid(), signal.SIGINT)
        service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=later).start()
    assert agent.run() is Ending.FORCED
    assert service.task(task_id).status == "ACTIVE"
    agent._running.thread.join(PATIENCE)
    gate.opened.set()


def test_off_the_main_thread_it_runs_without_signals(service) -> None:
    agent = fake_agent(service)
    agent.handler("report-v1")(lambda task: "done")
    task_id = service.submit("report-v1")
    endings = []
    thread = threading.Thread(target=lambda: endings.append(agent.run()))
    thread.start()
    service.wait_for(task_id)
    agent.stop()
    thread.join(PATIENCE)
    assert endings == [Ending.DRAINED]


def test_stopping_with_a_limit_stops_at_once_after_it(service) -> None:
    agent, gate = fake_agent(service, grace=PATIENCE), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    thread = agent._running.thread
    assert agent.stop(timeout=0.01) is Ending.FORCED
    thread.join(PATIENCE)
    assert gate.contexts[0].is_cancelled
    gate.opened.set()


def test_an_agent_with_a_queue_of_its_own_works_the_same(service) -> None:
    queue = FakeQueue()
    agent = fake_agent(service, transport=SqsLongPoll(connect=lambda url: queue))
    agent.handler("report-v1")(lambda task: task.input_data)
    with agent:
        task_id = service.submit("report-v1", "hello")
        service.deliver(task_id, agent_id="agent-1", queue=queue)
        assert service.wait_for(task_id).result_data == "hello"
        queue.wait_until(lambda: len(queue.deleted) == 1)
        queue.close()
    assert service.state.agents["agent-1"]["status"] == "DRAINING"


def test_an_agent_whose_queue_is_missing_says_why_it_cannot_run(service) -> None:
    def no_boto3(url: str) -> FakeQueue:
        raise RuntimeError("the sqs transport needs boto3: pip install boto3")

    agent = fake_agent(service, transport=SqsLongPoll(connect=no_boto3))
    agent.handler("report-v1")(lambda task: None)
    with pytest.raises(RuntimeError, match="pip install boto3"):
        agent.start()
