"""SIGTERM to an agent in a process of its own: it ends in time, and its exit code and last line say how."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sdk_fakes import PATIENCE
from sdk_served import served

from agent_client.testing import FakeService

Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn(service: FakeService) -> Iterator[Spawn]:
    """A sample agent of the fake service."""
    running: list[subprocess.Popen[str]] = []
    with served(service) as url:

        def start(*options: str) -> "subprocess.Popen[str]":
            command = [sys.executable, "-m", "agent_client.samples.sample_agent", "--base-url", url]
            fast = ["--poll-interval", "0.1", "--grace", "1"]
            process = subprocess.Popen(
                [*command, *fast, *options],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            running.append(process)
            return process

        try:
            yield start
        finally:
            for process in running:
                process.kill()
                process.communicate()


def ended(process: "subprocess.Popen[str]", *, within: float) -> tuple[int, list[str]]:
    """Its exit code and what it said."""
    printed, _ = process.communicate(timeout=within)
    return process.returncode, printed.splitlines()


@contextmanager
def hanging(service: FakeService) -> Iterator[threading.Event]:
    """From now on no sync is answered; the event tells that one came."""
    came, over = threading.Event(), threading.Event()

    def hang(request, serve):
        came.set()
        service._changed.wait_for(over.is_set, PATIENCE * 3)  # lets others in meanwhile
        return serve(request)

    service.inject(hang, on="/sync", times=1_000)
    try:
        yield came
    finally:
        over.set()
        with service._changed:
            service._changed.notify_all()


def test_a_service_that_hangs_does_not_keep_it_beyond_grace_and_sign_off(service, spawn) -> None:
    agent = spawn()
    service.wait_until(lambda: len(service.sent("/sync")) > 1, timeout=30)
    with hanging(service) as came:
        assert came.wait(PATIENCE)
        asked = time.monotonic()
        agent.send_signal(signal.SIGTERM)
        code, lines = ended(agent, within=PATIENCE)
        assert time.monotonic() - asked < 7
    assert code == 1
    assert lines[-1] == "Stopping at once: the service finds out by the lease"


def test_a_second_signal_stops_it_at_once(service, spawn) -> None:
    service.submit("echo", task_id="task-001")
    agent = spawn("--work-seconds", "60", "--grace", "60")
    service.wait_until(lambda: service.task("task-001").status == "ACTIVE", timeout=30)
    agent.send_signal(signal.SIGTERM)
    service.wait_until(lambda: service.sent("/sync")[-1]["status"] == "DRAINING")
    agent.send_signal(signal.SIGTERM)
    code, lines = ended(agent, within=PATIENCE)
    assert code == 1
    assert lines[-1] == "Stopping at once: the service finds out by the lease"
    assert lines.count("Stopping; a second signal stops at once") == 1
    assert service.task("task-001").status == "ACTIVE"


def test_a_service_that_is_down_leaves_an_exit_code_that_is_not_0(service, spawn) -> None:
    service.submit("echo", task_id="task-001")
    agent = spawn("--work-seconds", "60")
    service.wait_until(lambda: service.task("task-001").status == "ACTIVE", timeout=30)
    service.is_down = True
    agent.send_signal(signal.SIGTERM)
    code, lines = ended(agent, within=PATIENCE)
    assert code == 1
    assert "The grace is over: giving 1 tasks back" in lines
    assert lines[-1] == "Could not sign off cleanly; 0 reports are undelivered"


def test_a_service_that_is_back_before_it_gave_up_is_told_all(service, spawn) -> None:
    service.submit("echo", {"x": 1}, task_id="task-001")
    agent = spawn("--work-seconds", "0.5")
    service.wait_until(lambda: service.task("task-001").status == "ACTIVE", timeout=30)
    service.is_down = True
    agent.send_signal(signal.SIGTERM)
    threading.Timer(2.0, setattr, (service, "is_down", False)).start()  # the grace of 1 s is over by then
    code, lines = ended(agent, within=PATIENCE)
    assert (code, lines[-1]) == (0, "Agent signed off")
    assert service.task("task-001").result_data == {"x": 1}
