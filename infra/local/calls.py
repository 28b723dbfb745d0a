"""What goes into the engine and what comes out, whichever door it came through."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

TARGETS = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS", "monitoring": "GraniteServiceVersion20100801"}
SERVICES = {prefix: service for service, prefix in TARGETS.items()}


@dataclass(frozen=True, slots=True)
class Call:
    """One API call on its way to the engine. `headers` has lower-case names."""

    service: str
    action: str
    headers: dict[str, str]
    body: bytes
    path: str = "/"

    @classmethod
    def of(cls, service: str, action: str, data: dict[str, Any], *, host: str) -> Self:
        headers = {
            "x-amz-target": f"{TARGETS[service]}.{action}",
            "content-type": "application/x-amz-json-1.0",
            "host": host,
        }
        return cls(service, action, headers, json.dumps(data).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine says; `headers` as AWS would send them."""

    status: int
    headers: dict[str, str]
    body: bytes


def failure(code: str, message: str) -> Answer:
    """A 500 in the shape every AWS SDK understands."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return Answer(500, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": code}, body)


def without_wait(call: Call) -> tuple[Call, str, float | None]:
    """A ReceiveMessage that does not wait, its queue's name, and the seconds it asked to wait (None: as the
    queue says). Both of SQS's protocols: JSON, and the older form with XML answers."""
    if call.headers.get("x-amz-target"):
        data = json.loads(call.body or b"{}")
        wait = data.get("WaitTimeSeconds")
        url = data.get("QueueUrl") or call.path
        body = json.dumps({**data, "WaitTimeSeconds": 0}).encode()
    else:
        form = {key: values[0] for key, values in parse_qs(call.body.decode()).items()}
        wait = form.get("WaitTimeSeconds")
        url = form.get("QueueUrl") or call.path
        body = urlencode({**form, "WaitTimeSeconds": "0"}).encode()
    return replace(call, body=body), str(url).rsplit("/", 1)[-1], None if wait is None else float(wait)


def is_empty_receive(answer: Answer) -> bool:
    """True for a ReceiveMessage that found nothing (and did not fail)."""
    return answer.status == 200 and b"Body" not in answer.body
