"""The running agent serves tasks. Time is the test's own."""

import asyncio
import threading

from sdk_fakes import PATIENCE, Gate, fake_agent

from agent_client import Ending, Fail, Retry, SqsLongPoll
from agent_client.testing import FakeQueue


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
    assert service.state.agents["agent-1"]["status"] == "OFFLINE"
