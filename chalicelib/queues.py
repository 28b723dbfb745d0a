"""SQS: hints on the work queue, and one queue per agent that asked for it."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import Conflict
from chalicelib.domain.ids import assignment_queue
from chalicelib.services.messages import encoded
from chalicelib.services.ports import Hint, Metrics
from chalicelib.telemetry import named
from chalicelib.values import dataclass

BATCH = 10
MAX_DELAY_S = 900
_LOST = (ClientError, BotoCoreError)


class Log(Protocol):
    """What this module says about trouble."""

    def warning(self, msg: object, *, extra: Mapping[str, object]) -> None: ...


def delay_seconds(hint: Hint, *, now: int) -> int:
    """Whole seconds, rounded up: a hint is never early."""
    return 0 if hint.at is None else min(MAX_DELAY_S, max(0, -(-(hint.at - now) // 1000)))


@dataclass(frozen=True)
class SqsWork:
    """services.ports.WorkQueue."""

    client: Any
    url: str
    log: Log
    metrics: Metrics

    def announce(self, *hints: Hint, now: int) -> list[Hint]:
        remaining, unsent = iter(hints), []
        while batch := list(islice(remaining, BATCH)):
            entries = [
                {"Id": str(i), "MessageBody": encoded(hint), "DelaySeconds": delay_seconds(hint, now=now)}
                for i, hint in enumerate(batch)
            ]
            try:
                answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
                lost = [batch[int(failed["Id"])] for failed in answer.get("Failed", ())]
            except _LOST as error:
                self.log.warning("announcement lost; the clock makes it up", extra={"error": named(error)})
                lost = batch
            if lost:
                self.metrics.count("announcements_lost_total", len(lost))
                unsent += lost
        return unsent


@dataclass(frozen=True)
class SqsAgentQueues:
    """services.ports.AgentQueues. What nobody takes expires: its lease is long over by then."""

    client: Any
    stage: str
    log: Log
    metrics: Metrics

    def create(self, agent_id: str) -> str:
        attributes = {
            "MessageRetentionPeriod": "3600",
            "VisibilityTimeout": "60",
            "SqsManagedSseEnabled": "true",
        }
        name = assignment_queue(self.stage, agent_id)
        try:
            answer = self.client.create_queue(QueueName=name, Attributes=attributes)
        except ClientError as error:
            if "QueueDeletedRecently" not in error.response["Error"]["Code"]:
                raise
            raise Conflict(
                f"the queue of agent {agent_id} was deleted a moment ago and SQS lets its name rest;"
                " register again in 60 seconds"
            ) from error
        url: str = answer["QueueUrl"]
        return url

    def send(self, url: str, message: Mapping[str, Any]) -> None:
        try:
            self.client.send_message(QueueUrl=url, MessageBody=json.dumps(message, separators=(",", ":")))
        except _LOST as error:
            self.log.warning("assignment message lost; it is sent again", extra={"error": named(error)})
            self.metrics.count("announcements_lost_total")

    def delete(self, url: str) -> None:
        try:
            self.client.delete_queue(QueueUrl=url)
        except _LOST as error:
            self.log.warning("agent queue not deleted", extra={"url": url, "error": named(error)})
