"""Drains, signals, and what outlasts them."""

import asyncio
import os
import signal
import threading

import pytest
from sdk_fakes import PATIENCE, Gate, fake_agent

from agent_client import Ending


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


def test_results_that_cannot_be_delivered_are_counted_when_it_gives_up(service, clock, caplog) -> None:
    agent, gate = fake_agent(service, clock=clock, grace=1.0), Gate()
    agent.handler("report-v1")(gate)
    service.submit("report-v1")
    agent.start()
    gate.wait_entered()
    service.is_down = True
    gate.opened.set()
    service.wait_until(lambda: service.sent("/sync")[-1]["reports"] != [])
    stopping = threading.Thread(target=agent.stop)
    stopping.start()
    clock.skip_until_over(stopping)
    assert "Could not sign off cleanly; 1 reports are undelivered" in caplog.text


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


def test_a_signal_that_another_thread_gets_is_heard_too(service) -> None:
    agent = fake_agent(service)
    agent.handler("report-v1")(lambda task: "done")
    task_id = service.submit("report-v1")

    def later() -> None:
        service.wait_for(task_id)
        signal.pthread_kill(
            threading.get_ident(), signal.SIGTERM
        )  # nothing interrupts the main thread's wait

    threading.Thread(target=later).start()
    assert agent.run() is Ending.DRAINED


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
