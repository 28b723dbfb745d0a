"""An SQS event source mapping: polls a queue, invokes a handler with batches, deletes what succeeded."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from chalice.app import SQSEventConfig

from infra.local.engine import LocalCloud
from infra.local.invocation import LambdaContext
from infra.local.pinned import REGION
from infra.local.problems import CannotStart, EngineRefused
from infra.local.resources import queue_arn

LOG = logging.getLogger(__name__)
POLL_SECONDS = 20
WORKERS = 4
Handler = Callable[[dict[str, Any], LambdaContext], Any]


class SqsSource:
    """Polls one queue with a few workers. No batching window: a message is handled as soon as it is sent.

    What fails, and the whole batch when the handler raises, becomes visible again after the queue's
    visibility timeout, and is dead-lettered by the queue's own policy: exactly as on Lambda.
    """

    def __init__(self, cloud: LocalCloud, config: SQSEventConfig, handler: Handler) -> None:
        self._cloud, self._handler, self._name = cloud, handler, config.name
        self.queue, self._reports_failures = _queue_of(config, cloud)
        self._batch_size = min(config.batch_size, 10)
        self._stopping = threading.Event()
        workers = min(WORKERS, config.maximum_concurrency or WORKERS)
        self._threads = [
            threading.Thread(target=self._work, name=f"{self._name}-{n}", daemon=True) for n in range(workers)
        ]

    def start(self) -> None:
        self._cloud.show_in_flight(self.queue)  # its consumer was a process before this one
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.one_batch()
            except EngineRefused as refusal:
                LOG.error("polling %s failed: %s", self.queue, refusal)
                self._stopping.wait(1)

    def one_batch(self, *, wait_seconds: int = POLL_SECONDS) -> int:
        """Deal with one batch, in this thread; the number of messages in it. A test under a virtual clock
        calls this instead of `start`."""
        url = self._cloud.queue_url(self.queue)
        received = self._cloud.request(
            "sqs",
            "ReceiveMessage",
            QueueUrl=url,
            MaxNumberOfMessages=self._batch_size,
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        failed = self._failures(messages) if messages else set()
        entries = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
            for n, message in enumerate(messages)
            if message["MessageId"] not in failed
        ]
        if entries:
            self._cloud.request("sqs", "DeleteMessageBatch", QueueUrl=url, Entries=entries)
        return len(messages)

    def _failures(self, messages: list[dict[str, Any]]) -> set[str]:
        """Ids of the messages that the handler did not deal with."""
        ids = {message["MessageId"] for message in messages}
        event = {"Records": [_record(message, self.queue) for message in messages]}
        try:
            result = self._handler(event, LambdaContext(self._name))
        except Exception:  # Lambda's boundary: whatever a handler raises fails its batch
            LOG.exception("the handler %s failed; %d message(s) become visible again", self._name, len(ids))
            return ids
        return failures_in(result, ids) if self._reports_failures else set()


def failures_in(result: Any, ids: set[str]) -> set[str]:
    """Lambda's reading of a handler's answer: nothing reported is success, an unreadable report fails all."""
    if not isinstance(result, dict) or not result.get("batchItemFailures"):
        return set()
    try:
        failed = {item["itemIdentifier"] for item in result["batchItemFailures"]}
    except (TypeError, KeyError):
        return ids
    return failed if failed.issubset(ids) else ids


def _queue_of(config: SQSEventConfig, cloud: LocalCloud) -> tuple[str, bool]:
    """The queue's name and whether partial failures are reported. As deployed: what the template says of
    this function's event source wins over the decorator's placeholder."""
    function = logical_id(config.name)
    events = cloud.plan.functions[function].get("Events", {})
    deployed = events.get(f"{function}SqsEventSource", {}).get("Properties", {})
    named = deployed.get("Queue") or config.queue or config.queue_arn or ""
    queue = str(named).rsplit(":", 1)[-1]
    if queue not in cloud.plan.queues:
        raise CannotStart(f"the consumer {config.name!r} reads the queue {queue!r}, which no template makes")
    return queue, "ReportBatchItemFailures" in deployed.get("FunctionResponseTypes", [])


def logical_id(name: str) -> str:
    """What the template calls the function of a handler's name."""
    return "".join(part.capitalize() for part in re.split(r"[_-]", name))


def _record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    attributes = {
        name: {key[0].lower() + key[1:]: value for key, value in attribute.items()}
        for name, attribute in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": REGION,
    }
