"""How an agent and the service exchange work: the interface that both transports fill."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from agent_client._agent_models import Registration, SyncAnswer
from agent_client._clock import Clock
from agent_client._retries import Chance
from agent_client._workbench import Workbench
from agent_client.client import Client

log = logging.getLogger("agent_client")


@dataclass(frozen=True)
class Link:
    """What a transport needs of its agent. `client` makes no repetitions of its own; intervals in seconds."""

    client: Client
    agent_id: str
    session_id: str
    bench: Workbench
    clock: Clock
    chance: Chance
    poll_interval: float
    heartbeat_interval: float


class Transport(Protocol):
    """Brings assignments to the workbench, takes reports from it; one instance serves one run at a time."""

    @property
    def delivery(self) -> str:
        """What the agent registers with: `poll` or `sqs`."""
        ...

    def open(self, link: Link, registration: Registration) -> None:
        """Called after every registration, also after one in the midst of a run."""
        ...

    def round(self, *, status: str) -> float:
        """One exchange; answers after how many seconds the next is due. Raises AinsError when it fails."""
        ...

    def sign_off(self) -> None:
        """The last exchange: nothing is held any more. Raises AinsError when it fails."""
        ...

    def close(self) -> None:
        """Ends what the transport started; called once, also when nothing was signed off."""
        ...


class Beat:
    """Something due every `interval` seconds."""

    def __init__(self, interval: float, *, clock: Clock) -> None:
        self._interval = interval
        self._clock = clock
        self._next = clock.monotonic()

    @property
    def due_in(self) -> float:
        return max(0.0, self._next - self._clock.monotonic())

    @property
    def is_due(self) -> bool:
        return self.due_in < 0.05  # a wait may end a little early

    def done(self) -> None:
        self._next = self._clock.monotonic() + self._interval


def let_go(bench: Workbench, answer: SyncAnswer, named: Iterable[tuple[str, int]]) -> None:
    """Drops what a sync named and the service took away; not a newer attempt begun since."""
    tokens = dict(named)
    for task_id in answer.cancelled:
        bench.let_go(task_id, "was cancelled", token=tokens.get(task_id))
    for task_id in answer.lost:
        bench.let_go(task_id, "is no longer ours", token=tokens.get(task_id))


def log_heartbeat(clock: Clock) -> None:
    """Local time, as on the wall beside the screen."""
    log.info("Heartbeat sent at %s", clock.now().astimezone().strftime("%H:%M:%S"))
