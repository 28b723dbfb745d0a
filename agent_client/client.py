"""The client: every call of the HTTP API, typed."""

from __future__ import annotations

import os
import random
import time
import uuid
from typing import Self

from agent_client._agent_calls import AgentCalls
from agent_client._calls import Ports
from agent_client._dead_letter_calls import DeadLetterCalls
from agent_client._dead_message_calls import DeadMessageCalls
from agent_client._http import HttpWire, Wire
from agent_client._retries import NO_RETRIES, Retries
from agent_client._routing_calls import RoutingCalls
from agent_client._schedule_calls import ScheduleCalls
from agent_client._task_calls import TaskCalls
from agent_client._trust_calls import TrustCalls

DEFAULT_BASE_URL = "http://127.0.0.1:8000"
REAL_PORTS = Ports(
    sleep=time.sleep,
    monotonic=time.monotonic,
    chance=random.random,
    new_id=lambda: uuid.uuid4().hex,
)


class Client(
    AgentCalls, TrustCalls, TaskCalls, RoutingCalls, ScheduleCalls, DeadLetterCalls, DeadMessageCalls
):
    """Talks to one AINS service; safe to share between threads.

    `base_url` defaults to AINS_BASE_URL, then http://127.0.0.1:8000; `api_key` to AINS_API_KEY, then none.
    Calls are repeated with full jitter when the connection fails or the service answers 429, 502, 503 or
    504, and only where a repetition cannot do harm. Errors are those of `agent_client.errors`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        retries: Retries | None = None,
        wire: Wire | None = None,
        ports: Ports = REAL_PORTS,
    ) -> None:
        self.base_url = base_url or os.environ.get("AINS_BASE_URL") or DEFAULT_BASE_URL
        if wire is None:
            wire = HttpWire(self.base_url, connect_timeout=connect_timeout, read_timeout=read_timeout)
        key = api_key or os.environ.get("AINS_API_KEY") or None
        super().__init__(wire=wire, api_key=key, retries=retries or Retries(), ports=ports)

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    def without_retries(self) -> Client:
        """The same connections and key, every failure told at once."""
        return Client(
            self.base_url, api_key=self._key, wire=self._wire, retries=NO_RETRIES, ports=self._ports
        )

    def close(self) -> None:
        """Closes the connections kept open."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
