"""An SQS queue in memory."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from agent_client._sqs_queue import Message
from agent_client.errors import ConnectionFailed


class FakeQueue:
    """For `SqsLongPoll(connect=lambda url: queue)`. What was received and not deleted is in `in_flight`."""

    def __init__(self) -> None:
        self.in_flight: dict[str, Message] = {}
        self.deleted: list[Message] = []
        self.fails_with: Exception | None = None
        self._waiting: deque[Message] = deque()
        self._sent = 0
        self._is_closed = False
        self._changed = threading.Condition()

    def put(self, content: Any) -> None:
        """A dict as JSON; a string as it is."""
        with self._changed:
            self._sent += 1
            body = content if isinstance(content, str) else json.dumps(content)
            self._waiting.append(Message(f"handle-{self._sent}", body))
            self._changed.notify_all()

    def redeliver(self) -> None:
        """The visibility timeout of everything in flight is over."""
        with self._changed:
            self._waiting.extend(self.in_flight.values())
            self.in_flight.clear()
            self._changed.notify_all()

    def receive(self, *, wait_seconds: int) -> list[Message]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed, wait_seconds)
            if self.fails_with is not None:
                raise self.fails_with
            if self._is_closed:
                raise ConnectionFailed("the queue is closed")
            messages = list(self._waiting)
            self._waiting.clear()
            self.in_flight.update((m.handle, m) for m in messages)
            return messages

    def delete(self, message: Message) -> None:
        with self._changed:
            self.deleted.append(self.in_flight.pop(message.handle))
            self._changed.notify_all()

    def release(self, message: Message) -> None:
        with self._changed:
            self._waiting.append(self.in_flight.pop(message.handle))
            self._changed.notify_all()

    def wait_until(self, fact: Callable[[], bool], *, timeout: float = 10.0) -> None:
        """Looks after every change. Raises AssertionError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(fact, timeout):
                raise AssertionError(f"not within {timeout:g} s")

    def close(self) -> None:
        """Ends the polls under way; those that follow fail."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
