"""The agent runtime: handlers, registration, and how a run starts and stops."""

from __future__ import annotations

import queue
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from agent_client._agent_models import Registration
from agent_client._clock import Clock, RealClock
from agent_client._http_sync import HttpSync
from agent_client._jobs import Job, failed
from agent_client._retries import Chance
from agent_client._run import Run, heard, on_signals
from agent_client._runner import Handler, Runner
from agent_client._shift import SIGN_OFF_SECONDS, Ending, Shift
from agent_client._workbench import Workbench
from agent_client.client import Client
from agent_client.transports import Link, Transport, log

F = TypeVar("F", bound=Callable[..., Any])


class Agent:
    """Takes tasks and runs a handler for each, up to `max_concurrency` at once.

    `name` is shown to people; `agent_id` defaults to it. Capabilities are those of the handlers; when they
    are named as well, each needs one. Intervals are in seconds. `grace` is how long a drain lets running
    handlers finish, and signing off takes up to 4 s more: stay below what your platform allows between
    SIGTERM and SIGKILL. Drained by an operator it idles until that is lifted, or, with `exit_when_drained`,
    ends once it holds nothing.
    """

    def __init__(
        self,
        name: str,
        *,
        agent_id: str | None = None,
        capabilities: Sequence[str] = (),
        tags: Sequence[str] = (),
        base_url: str | None = None,
        api_key: str | None = None,
        client: Client | None = None,
        max_concurrency: int = 1,
        poll_interval: float = 5.0,
        heartbeat_interval: float = 10.0,
        grace: float = 25.0,
        exit_when_drained: bool = False,
        transport: Transport | None = None,
        clock: Clock | None = None,
        chance: Chance = random.random,
    ) -> None:
        if max_concurrency < 1:
            raise ValueError("max_concurrency must be at least 1")
        self.name = name
        self.agent_id = agent_id or name
        self._declared, self._tags = tuple(capabilities), tuple(tags)
        self._max_concurrency = max_concurrency
        self._poll_interval, self._heartbeat_interval = poll_interval, heartbeat_interval
        self._grace, self._exit_when_drained = grace, exit_when_drained
        # Short, so that one lost answer does not eat up the lease; the run repeats, not the client.
        self._client = (client or Client(base_url, api_key=api_key, read_timeout=10.0)).without_retries()
        self._transport = transport or HttpSync()
        self._clock, self._chance = clock or RealClock(), chance
        self._handlers: dict[str, Handler] = {}
        self._running: Run | None = None

    def handler(self, capability: str) -> Callable[[F], F]:
        """Decorates `(task)` or `(task, context)`, sync or async, as what serves this capability.

        What it returns (JSON) is the result. It may raise Retry(after=seconds), Fail(message), which is
        final, or anything else, which is tried again while the task has retries left.
        """

        def keep(function: F) -> F:
            if capability in self._handlers:
                raise ValueError(f"capability {capability} has a handler already")
            self._handlers[capability] = Handler.of(function)
            return function

        return keep

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Declared ones first."""
        return tuple(dict.fromkeys([*self._declared, *self._handlers]))

    def run(self) -> Ending:
        """Blocks until SIGTERM or SIGINT drained it, or another process took it over.

        A second signal stops at once, and so does a request that hangs when the time to stop is over. Raises
        what the service answers when it refuses the registration.
        """
        news: queue.SimpleQueue[str] = queue.SimpleQueue()  # whose put is safe in a signal handler
        with on_signals(lambda: news.put("signal")):
            run = self._begin(on_end=lambda: news.put("ended"))
            if heard(news) == "signal":
                log.info("Stopping; a second signal stops at once")
                run.shift.ask_to_stop()
                if heard(news, within=self._grace + SIGN_OFF_SECONDS) != "ended":
                    run.shift.ask_to_stop()
                    log.warning("Stopping at once: the service finds out by the lease")
                    return Ending.FORCED
        return self.stop()

    def start(self, *, timeout: float = 30.0) -> Self:
        """Returns once it is registered; for embedding, without signal handlers."""
        run = self._begin(on_end=lambda: None)
        if not run.shift.settled.wait(timeout):
            self.stop(timeout=1.0)
            raise TimeoutError(f"agent {self.agent_id} could not register in {timeout:g} s")
        if run.error is not None:
            self._running = None
            raise run.error
        return self

    def stop(self, *, timeout: float | None = None) -> Ending:
        """Drains and waits until it has ended; after `timeout` seconds it stops at once."""
        run, self._running = self._running, None
        if run is None:
            return Ending.DRAINED
        run.shift.ask_to_stop()
        run.thread.join(timeout)
        if run.thread.is_alive():
            run.shift.ask_to_stop()
            return Ending.FORCED
        if run.error is not None:
            raise run.error
        return run.ending

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _begin(self, *, on_end: Callable[[], None]) -> Run:
        if self._running is not None and self._running.thread.is_alive():
            raise RuntimeError(f"agent {self.agent_id} runs already")
        missing = [name for name in self._declared if name not in self._handlers]
        if missing or not self._handlers:
            raise ValueError(f"no handler for {', '.join(missing) or 'anything'}")
        self._running = Run(self._shift(), on_end=on_end, name=f"ains-agent-{self.agent_id}")
        return self._running

    def _shift(self) -> Shift:
        runner = Runner()

        def begin(job: Job) -> None:
            capability = job.task.capability_required
            handler = self._handlers.get(capability)
            if handler is None:
                bench.finish(job, failed(job.task, LookupError(f"no handler for {capability}")))
            else:
                runner.start(job, handler, bench.finish)

        bench = Workbench(slots=self._max_concurrency, clock=self._clock, begin=begin)

        def close() -> None:
            runner.close()
            self._client.close()

        return Shift(
            link=self._link(bench),
            transport=self._transport,
            register=self._register,
            new_session=_new_id,
            grace=self._grace,
            exit_when_drained=self._exit_when_drained,
            close=close,
        )

    def _link(self, bench: Workbench) -> Link:
        return Link(
            client=self._client,
            agent_id=self.agent_id,
            session_id=_new_id(),
            bench=bench,
            clock=self._clock,
            chance=self._chance,
            poll_interval=self._poll_interval,
            heartbeat_interval=self._heartbeat_interval,
        )

    def _register(self, session_id: str) -> Registration:
        registration = self._client.register_agent(
            self.name,
            agent_id=self.agent_id,
            capabilities=self.capabilities,
            tags=self._tags,
            max_concurrency=self._max_concurrency,
            delivery=self._transport.delivery,
            session_id=session_id,
            heartbeat_interval_seconds=self._heartbeat_interval,
        )
        log.info("Agent %s registered with ID: %s", self.name, registration.agent_id)
        return registration


def _new_id() -> str:
    return uuid.uuid4().hex
