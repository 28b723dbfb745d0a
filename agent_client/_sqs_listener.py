"""The thread that long-polls an agent's queue and starts what it brings."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from agent_client._agent_models import Assignment
from agent_client._decode import decode
from agent_client._retries import Retries
from agent_client._sqs_queue import Message, Queue
from agent_client.errors import (
    AinsError,
    ApiError,
    BadAnswer,
    RateLimited,
    ServerError,
    Superseded,
    TransportError,
    Unauthorized,
)
from agent_client.transports import Link, log

_WAIT_SECONDS = 20
_BACKOFF = Retries(base=0.5, cap=20.0)
# These say something about the service or the key, not about the one task.
PASSING = (RateLimited, ServerError, Unauthorized)


@dataclass(frozen=True, kw_only=True)
class _Cancelled:
    task_id: str
    lease_token: int


_KINDS: dict[Any, type[Assignment] | type[_Cancelled]] = {
    (1, "assignment"): Assignment,
    (1, "cancelled"): _Cancelled,
}


class Listener:
    """A message is deleted once what it says is done or void, so that a crash before delivers it again.

    It listens also when every slot is taken, and while draining: cancellations come the same way, and what
    has not begun is given back. The queue belongs to the agent, not to its session: what was given to another
    one must not be started here. A message says to which; where that is not this one (or an older service did
    not say), `confirm` raises Superseded if another process took over.
    """

    def __init__(self, queue: Queue, link: Link, *, confirm: Callable[[], None]) -> None:
        self._queue = queue
        self._link = link
        self._confirm = confirm
        self._is_closed = False
        self._failures = 0
        self._thread = threading.Thread(target=self._listen, name="ains-queue", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def follow(self, link: Link) -> None:
        """The agent has registered, perhaps under a new session."""
        self._link = link

    def close(self) -> None:
        """A poll that is under way ends by itself; what it brings goes back."""
        with self._link.bench.changed:
            self._is_closed = True
            self._link.bench.changed.notify_all()

    def listen_once(self) -> None:
        """One long poll, and everything it brings."""
        messages = self._queue.receive(wait_seconds=_WAIT_SECONDS)
        contents = [_content(message) for message in messages]
        found = sum(isinstance(content, Assignment) for content in contents)
        if any(isinstance(c, Assignment) and c.session_id != self._link.session_id for c in contents):
            self._confirm_session()
        if self._is_closed:
            self._give_back(messages)
            return
        log.info("Polling for tasks... %d tasks found", found)
        for message, content in zip(messages, contents, strict=True):
            if self._is_done(content):
                self._queue.delete(message)

    def _confirm_session(self) -> None:
        if self._is_closed:
            return
        try:
            self._confirm()
        except Superseded:
            self.close()

    def _give_back(self, messages: Iterable[Message]) -> None:
        with suppress(TransportError):  # their visibility timeout does it too, only later
            for message in messages:
                self._queue.release(message)

    def _listen(self) -> None:
        while not self._is_closed:
            try:
                self.listen_once()
                self._failures = 0
            except AinsError as error:
                if not self._is_closed:
                    self._pause(error)
            except Exception as error:  # noqa: BLE001 - an agent gone deaf would look alive
                log.exception("The queue's listener stumbled; going on")
                self._pause(AinsError(str(error)))

    def _pause(self, error: AinsError) -> None:
        self._failures += 1
        if self._failures == 1:
            log.warning("Cannot take work from the queue (%s); trying again", error)
        seconds = _BACKOFF.delay(self._failures, chance=self._link.chance, error=error)
        bench = self._link.bench
        with bench.changed:
            self._link.clock.wait(bench.changed, lambda: self._is_closed, seconds)

    def _is_done(self, content: Assignment | _Cancelled | None) -> bool:
        if isinstance(content, Assignment):
            with self._link.bench.beginning():
                return self._begin(content)
        if content is not None:
            self._link.bench.let_go(content.task_id, "was cancelled", token=content.lease_token)
        return True

    def _begin(self, task: Assignment) -> bool:
        """False leaves the message on the queue: there is no slot for it now."""
        link = self._link
        if link.bench.knows(task.task_id, task.lease_token):
            log.info("Task %s came twice; the second is dropped", task.task_id)
            return True
        if not link.bench.is_open or task.session_id not in (None, link.session_id):
            link.bench.refuse(task)  # the agent stops, or it was given to an earlier session
            return True
        if link.bench.free_slots() == 0:
            return False
        try:
            if task.input_data_omitted:
                task = replace(task, input_data=link.client.get_task(task.task_id).input_data)
            link.client.start_task(task.task_id, agent_id=link.agent_id, lease_token=task.lease_token)
        except PASSING:
            raise
        except ApiError as error:
            log.info("Task %s is not to be started: %s", task.task_id, error)
            return True
        link.bench.take(task, is_begun=True)
        return True


def _content(message: Message) -> Assignment | _Cancelled | None:
    """None for what cannot be read: no later delivery of it will be better."""
    try:
        content = json.loads(message.body)
        if not isinstance(content, dict):
            raise BadAnswer("it is not an object")
        kind = _KINDS.get((content.get("v"), content.get("kind")))
        if kind is None:
            raise BadAnswer(f"kind {content.get('kind')!r} of version {content.get('v')!r} is unknown")
        told = decode(kind, content)
        if not isinstance(told.lease_token, int):
            raise BadAnswer("it names no lease token")
        return told
    except (ValueError, RecursionError, TypeError, BadAnswer) as error:
        log.warning("Dropped a message that cannot be read: %s", error)
        return None
