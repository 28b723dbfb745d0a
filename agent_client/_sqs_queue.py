"""The agent's own SQS queue, through boto3, which only this transport needs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from agent_client.errors import ConnectionFailed

_REGION = re.compile(r"https?://(?:sqs\.([a-z0-9-]+)\.amazonaws\.com|([a-z0-9-]+)\.queue\.amazonaws\.com)")

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Message:
    """`handle` is what deletes it."""

    handle: str
    body: str


class Queue(Protocol):
    """What the transport needs of a queue. All raise a TransportError when it cannot be reached."""

    def receive(self, *, wait_seconds: int) -> list[Message]:
        """Up to 10 messages, as soon as there is one, at the latest after `wait_seconds`."""
        ...

    def delete(self, message: Message) -> None: ...

    def release(self, message: Message) -> None:
        """Whoever listens next gets it at once."""
        ...


class SqsQueue:
    """A real queue, that of a service on this machine, or an emulated one where AWS_ENDPOINT_URL points."""

    def __init__(self, url: str) -> None:
        try:
            import boto3  # noqa: PLC0415 - an optional dependency
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ImportError as error:
            raise RuntimeError("the sqs transport needs boto3: pip install boto3") from error
        self._url = url
        self._foreign = (BotoCoreError, ClientError)
        config = Config(
            connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 2}
        )
        self._client: Any = boto3.client("sqs", region_name=region_of(url), config=config, **here(url))

    def receive(self, *, wait_seconds: int) -> list[Message]:
        answer = self._said(
            self._client.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_seconds,
        )
        return [Message(m["ReceiptHandle"], m["Body"]) for m in answer.get("Messages", [])]

    def delete(self, message: Message) -> None:
        self._said(self._client.delete_message, QueueUrl=self._url, ReceiptHandle=message.handle)

    def release(self, message: Message) -> None:
        self._said(
            self._client.change_message_visibility,
            QueueUrl=self._url,
            ReceiptHandle=message.handle,
            VisibilityTimeout=0,
        )

    def _said(self, call: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except self._foreign as error:
            raise ConnectionFailed(str(error)) from error


def here(url: str) -> dict[str, Any]:
    """Where to ask for a queue on this machine, and with which keys: real ones are not shown to it."""
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK or "AWS_ENDPOINT_URL" in os.environ:
        return {}
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return {"endpoint_url": f"{parts.scheme}://{parts.netloc}", **keys}


def region_of(url: str) -> str:
    """The queue's own region; for an emulated queue that of the environment."""
    named = _REGION.match(url)
    if named:
        return named[1] or named[2]
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
