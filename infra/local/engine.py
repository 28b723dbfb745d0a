"""The local cloud: DynamoDB, SQS and CloudWatch inside this process, as one object.

Fast and forgetful for tests (`with LocalCloud() as cloud:`, `cloud.reset()` between them), durable with a
data directory. What another engine would change stands in core.py, pinned.py, recorder.py and resources.py;
everything else speaks to LocalCloud only.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from infra.local import resources
from infra.local.botocore_hook import BotocoreHook
from infra.local.calls import Answer, Call
from infra.local.core import Core, message
from infra.local.journal import Journal
from infra.local.pinned import ACCOUNT
from infra.local.problems import EngineRefused
from infra.local.wakeups import Wakeups

# Runs the call, or not, or twice, or loses its answer: how a test injects the faults no emulator has.
Around = Callable[[Call, Callable[[], Answer]], Answer]
_started = threading.Lock()


class LocalCloud:
    """Tables and queues of `stage` from `template`, in this process. One at a time may be started.

    Every botocore client of the process (boto3's, PynamoDB's) whose endpoint is AWS's reaches it while it
    is started, whenever the client was made. Under a frozen clock (time-machine) pass `long_polls=False`:
    delays, visibility and TTL follow time.time(), but a long poll would wait in real time.
    `accept_loss` starts with data files that lack the last acknowledged calls: see verification.py.
    """

    def __init__(
        self,
        *,
        stage: str = "local",
        template: Path | None = resources.TEMPLATE,
        data_dir: Path | None = None,
        accept_loss: bool = False,
        long_polls: bool = True,
    ) -> None:
        self.stage = stage
        self.around: Around | None = None
        self.public_host = "localhost:4566"  # what queue URLs name; the AWS endpoint puts its own here
        self.plan = resources.plan(template, stage) if template else resources.Plan()
        self._data_dir, self._accept_loss = data_dir, accept_loss
        self._long_polls = long_polls
        self._core = Core()
        self._hook = BotocoreHook(self.call, lambda: self.public_host)

    def start(self) -> Self:
        """Make what the template names, recover what the journal holds, and catch botocore's calls.
        Raises CannotStart for a data directory that cannot be used."""
        if not _started.acquire(blocking=False):
            raise RuntimeError("another LocalCloud is started in this process")
        try:
            self._core.open(self._data_dir, accept_loss=self._accept_loss)
            if self.journal is not None:
                resources.recover_queues(self.journal)
            resources.make(self.plan, self.request)
            if self.journal is not None:
                resources.recover_rows(self.journal)
            self._core.record()
            self._hook.install()
        except BaseException:
            self._core.close()
            _started.release()
            raise
        return self

    def stop(self) -> None:
        """Let go of botocore, close the journal, forget everything. Long polls return empty."""
        self._hook.uninstall()
        self._core.close()
        _started.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def journal(self) -> Journal | None:
        return self._core.journal

    @property
    def wakeups(self) -> Wakeups:
        return self._core.wakeups

    def reset(self) -> None:
        """Empty every table and queue, forget queues made since the start; takes microseconds."""
        if self.journal is not None:
            raise RuntimeError("a durable cloud is not reset")
        with self._core.lock:
            resources.empty(self.plan)

    def client(self, service: str) -> Any:
        """A botocore client of `service` ("dynamodb", "sqs", "cloudwatch"): fast, without retries."""
        return self._hook.client(service)

    def queue_url(self, name: str) -> str:
        return f"http://{self.public_host}/{ACCOUNT}/{name}"

    def request(self, service: str, action: str, **data: Any) -> dict[str, Any]:
        """Call the engine directly, without botocore. Raises EngineRefused."""
        answer = self.call(Call.of(service, action, data, host=self.public_host))
        result: dict[str, Any] = json.loads(answer.body or b"{}")
        if answer.status != 200:
            raise EngineRefused(str(result.get("__type")), message(result))
        return result

    def call(self, call: Call) -> Answer:
        """Run one call, long polls included, through `around` when there is one."""
        call = self._patient(call)
        if self.around is not None:
            return self.around(call, lambda: self._core.run(call))
        return self._core.run(call)

    def _patient(self, call: Call) -> Call:
        if self._long_polls or call.action != "ReceiveMessage":
            return call
        return self._core.long_poll(call)[0]

    def long_poll(self, call: Call) -> tuple[Call, str, float]:
        """A ReceiveMessage taken apart, for who waits otherwise than in a thread: see Core.long_poll."""
        return self._core.long_poll(call)

    def look(self, call: Call, queue: str) -> tuple[Answer, float | None]:
        """One look into a queue: see Core.look."""
        return self._core.look(call, queue)

    def show_in_flight(self, queue: str) -> None:
        """Make visible what a consumer had received: for a consumer that is known to be dead."""
        with self._core.lock:
            resources.show_in_flight(queue)

    def stream_records(self, table: str, *, limit: int) -> list[dict[str, Any]]:
        """The oldest records of a table's stream that were not forgotten, as Lambda hands them over."""
        with self._core.lock:
            return resources.stream_records(table, limit=limit)

    def forget_stream_records(self, table: str, count: int) -> None:
        """The oldest are done with."""
        self._core.forget_stream_records(table, count)

    def counts(self) -> dict[str, int]:
        """How many rows the three tables hold that people ask about."""
        with self._core.lock:
            return resources.counts(self.plan)
