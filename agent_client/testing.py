"""An AINS service in memory, to test agents and handlers without a network.

    service = FakeService()
    agent = Agent("tester", client=service.client(), poll_interval=0.01)
    ...                                            # @agent.handler("report-v1")
    with agent:
        task = service.submit("report-v1", {"numbers": [1, 2]})
        assert service.wait_for(task).result_data == {"sum": 3}

It keeps the protocol (sessions, acknowledged answers, lease tokens) and nothing else: no trust, no queue
times, no backoff. Faults are injected with `inject`. `FakeQueue` stands in for an agent's SQS queue.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent_client._decode import decode
from agent_client._fake_queue import FakeQueue
from agent_client._fake_state import FakeState, Refusal
from agent_client._http import Request, Response
from agent_client._retries import NO_RETRIES
from agent_client.client import Client
from agent_client.errors import ConnectionFailed, Timeout
from agent_client.models import Task

__all__ = ["FakeQueue", "FakeService", "Fault", "Serve", "answering", "lost_answer", "refused"]

Serve = Callable[[Request], Response]
Fault = Callable[[Request, Serve], Response]


def lost_answer(request: Request, serve: Serve) -> Response:
    """The service did it, the caller never hears."""
    serve(request)
    raise Timeout("no answer in time")


def refused(request: Request, serve: Serve) -> Response:  # noqa: ARG001 - a Fault
    """Nobody listens at that address."""
    raise ConnectionFailed("connection refused", was_sent=False)


def answering(status: int, slug: str = "internal", detail: str = "injected") -> Fault:
    """This problem, and nothing is done."""
    return lambda request, serve: _problem(status, slug, detail)  # noqa: ARG005 - a Fault


@dataclass
class _Planned:
    fault: Fault
    fragment: str
    left: int


class FakeService:
    """A Wire; give it to `Client(wire=...)` or use `client()`. `requests` keeps everything that came."""

    def __init__(self) -> None:
        self.requests: deque[Request] = deque(maxlen=10_000)
        self.is_down = False
        self.state = FakeState()
        self._planned: list[_Planned] = []
        self._changed = threading.Condition()

    def client(self) -> Client:
        return Client("http://fake", wire=self, retries=NO_RETRIES)

    def inject(self, fault: Fault, *, on: str = "", times: int = 1) -> None:
        """The next `times` requests whose target holds `on` meet this fault."""
        with self._changed:
            self._planned.append(_Planned(fault, on, times))

    def submit(self, capability: str, input_data: Any = None, **fields: Any) -> str:
        """A task for this capability; its id."""
        with self._changed:
            task = self.state.submit({"capability_required": capability, "input_data": input_data, **fields})
            return str(task["task_id"])

    def task(self, task_id: str) -> Task:
        with self._changed:
            return decode(Task, dict(self.state.task(task_id)))

    def wait_for(self, task_id: str, *, timeout: float = 10.0) -> Task:
        """The task once it is over. Raises AssertionError after `timeout` seconds."""
        self.wait_until(lambda: self.task(task_id).is_over, timeout=timeout)
        return self.task(task_id)

    def wait_until(self, fact: Callable[[], bool], *, timeout: float = 10.0) -> None:
        """Looks after every request. Raises AssertionError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(fact, timeout):
                raise AssertionError(f"not within {timeout:g} s")

    def deliver(self, task_id: str, *, agent_id: str, queue: FakeQueue) -> dict[str, Any]:
        """Assigns the task, as the service does for an sqs agent; the message it put on the queue."""
        with self._changed:
            given = self.state.assign(self.state.task(task_id), agent_id)
            session = self.state.agents.get(agent_id, {}).get("session_id")
            message = {"v": 1, "kind": "assignment", "session_id": session, **given}
        queue.put(message)
        return message

    def sent(self, fragment: str) -> list[Mapping[str, Any]]:
        """The bodies of the requests whose target holds this."""
        with self._changed:
            return [json.loads(r.body or b"{}") for r in self.requests if fragment in r.target]

    def send(self, request: Request) -> Response:
        with self._changed:
            self.requests.append(request)
            try:
                return self._faulty(request)
            finally:
                self._changed.notify_all()

    def close(self) -> None:
        """Nothing is open."""

    def _faulty(self, request: Request) -> Response:
        if self.is_down:
            return refused(request, self._serve)
        for planned in self._planned:
            if planned.left > 0 and planned.fragment in request.target:
                planned.left -= 1
                return planned.fault(request, self._serve)
        return self._serve(request)

    def _serve(self, request: Request) -> Response:
        body = json.loads(request.body) if request.body else {}
        try:
            status, answer = self.state.answer(request.method, request.target, body)
        except Refusal as refusal:
            return _problem(refusal.status, refusal.slug, str(refusal))
        return _json(status, answer)


def _json(status: int, content: Mapping[str, Any]) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(content).encode())


def _problem(status: int, slug: str, detail: str) -> Response:
    type_ = f"https://ains.dev/problems/{slug}"
    return _json(status, {"type": type_, "title": slug, "status": status, "detail": detail})
