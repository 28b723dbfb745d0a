"""Time, the network and handlers in the hands of the tests."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agent_client import Agent, Client, Request, Response, Retries
from agent_client._calls import Ports
from agent_client._jobs import Job, completed, failed
from agent_client._workbench import Workbench
from agent_client.testing import FakeService
from agent_client.transports import Link

START = datetime(2026, 5, 4, 10, 20, 15, tzinfo=UTC)
PATIENCE = 10.0  # real seconds after which a test that waits is broken


class ManualClock:
    """Stands still until `skip` or `advance`."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._changed = threading.Condition()
        self._rests: list[tuple[float, threading.Condition]] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def wait(self, condition: threading.Condition, until: Callable[[], bool], seconds: float) -> None:
        rest = (self._seconds + seconds, condition)
        with self._changed:
            self._rests.append(rest)
            self._changed.notify_all()
        over = condition.wait_for(lambda: until() or self._seconds >= rest[0], PATIENCE)
        assert over, "nobody moved the clock"
        with self._changed:
            self._rests.remove(rest)

    def advance(self, seconds: float) -> None:
        with self._changed:
            self._seconds += seconds
            conditions = [condition for _, condition in self._rests]
        for condition in conditions:
            with condition:
                condition.notify_all()

    def skip(self) -> float:
        """Waits until somebody rests, and moves to the end of that rest; how long it was."""
        with self._changed:
            resting = self._changed.wait_for(self._pending, PATIENCE)
            assert resting, "nobody rests"
            seconds = min(self._pending()) - self._seconds
        self.advance(seconds)
        return seconds

    def skip_until_over(self, thread: threading.Thread) -> None:
        """Moves on whenever somebody rests, for as long as the thread lives."""
        while thread.is_alive():
            with self._changed:
                if self._changed.wait_for(self._pending, 0.01):
                    seconds = min(self._pending()) - self._seconds
                else:
                    continue
            self.advance(seconds)

    def _pending(self) -> list[float]:
        return [end for end, _ in self._rests if end > self._seconds]


class Bench:
    """A workbench whose handlers are the test itself."""

    def __init__(self, service: FakeService, *, slots: int = 2, heartbeat_interval: float = 10.0) -> None:
        self.clock = ManualClock()
        self.jobs: list[Job] = []
        self.bench = Workbench(slots=slots, clock=self.clock, begin=self.jobs.append)
        self.client = service.client()
        self.link = Link(
            client=self.client,
            agent_id="agent-1",
            session_id="session-1",
            bench=self.bench,
            clock=self.clock,
            chance=lambda: 1.0,
            poll_interval=5.0,
            heartbeat_interval=heartbeat_interval,
        )

    def register(self, *, session_id: str = "session-1", delivery: str = "poll"):
        return self.client.register_agent(
            "agent-1",
            agent_id="agent-1",
            capabilities=["report-v1"],
            session_id=session_id,
            delivery=delivery,
        )

    def complete(self, job: Job, result: object = "done") -> None:
        self.bench.finish(job, completed(job.task, result))

    def fail(self, job: Job, error: Exception) -> None:
        self.bench.finish(job, failed(job.task, error))


def ports(slept: list[float], *, chance: float = 1.0) -> Ports:
    ids = iter(f"id-{n}" for n in range(1, 1000))
    return Ports(
        sleep=slept.append, monotonic=lambda: sum(slept), chance=lambda: chance, new_id=lambda: next(ids)
    )


def ok(**fields: object) -> Response:
    return Response(200, {}, json.dumps(fields).encode())


def no(status: int, **headers: str) -> Response:
    return Response(status, {k.replace("_", "-"): v for k, v in headers.items()}, b"{}")


TASK = ok(task_id="t-1", status="PENDING")


class Script:
    """A wire that answers by the list: responses, or errors to raise."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        pass


def scripted(
    *answers: Response | Exception, retries: Retries | None = None, api_key: str | None = None
) -> tuple[Client, Script, list[float]]:
    """A client, its wire and what it slept."""
    wire, slept = Script(*answers), []
    client = Client("http://fake", wire=wire, retries=retries, ports=ports(slept), api_key=api_key)
    return client, wire, slept


def fake_agent(service: FakeService, **options: object) -> Agent:
    return Agent("agent-1", client=service.client(), chance=lambda: 1.0, **options)


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
