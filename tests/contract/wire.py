"""What lies between botocore and an engine: here tests lose answers, refuse calls or change what is said.

Rules wrap the engine's own handler. A `before-send` handler that answers first would not keep moto from doing
the work.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
from botocore.exceptions import ConnectionClosedError, HTTPClientError

from infra.local.calls import Answer

Send = Callable[[], Answer]
Rule = Callable[[str, dict[str, Any], Send], Answer]


@dataclass
class Wire:
    """Passes calls on through the rules, the newest outermost. `seen` names every call that came."""

    rules: list[Rule] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __call__(self, action: str, body: bytes, send: Send) -> Answer:
        self.seen.append(action)
        for rule in self.rules:
            send = _wrapped(rule, action, body, send)
        return send()

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        self.rules.append(rule)
        try:
            yield
        finally:
            self.rules.remove(rule)

    @contextmanager
    def losing_answer(
        self, action: str, *, error: type[HTTPClientError] = ConnectionClosedError
    ) -> Iterator[None]:
        """The next `action` is done, but its answer does not arrive: botocore itself sends it again."""
        left = [1]

        def lose(called: str, _body: dict[str, Any], send: Send) -> Answer:
            answer = send()
            if called == action and left[0]:
                left[0] -= 1
                raise error(endpoint_url="https://lost.test", error=error)
            return answer

        with self.rule(lose):
            yield
        assert not left[0], f"there was no {action}"

    @contextmanager
    def refusing(self, action: str, code: str, *, times: int = 1, **more: Any) -> Iterator[None]:
        """The next calls of `action` fail with an error of the service; nothing is done."""
        left = [times]

        def refuse(called: str, _body: dict[str, Any], send: Send) -> Answer:
            if called != action or not left[0]:
                return send()
            left[0] -= 1
            return error_answer(code, **more)

        with self.rule(refuse):
            yield
        assert not left[0], f"{left[0]} calls of {action} less than were to be refused"


def _wrapped(rule: Rule, action: str, body: bytes, send: Send) -> Send:
    return lambda: rule(action, json.loads(body or b"{}"), send)


def error_answer(code: str, *, status: int = 400, **more: Any) -> Answer:
    """An error in the JSON protocol of DynamoDB and SQS."""
    body = {"__type": f"com.amazonaws#{code}", "message": f"{code}, injected", **more}
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": code}
    return Answer(status, headers, json.dumps(body).encode())


def changed(answer: Answer, **fields: Any) -> Answer:
    """The same answer with other fields in its body."""
    body = json.dumps(json.loads(answer.body) | fields).encode()
    headers = {k: v for k, v in answer.headers.items() if k.lower() not in ("content-length", "x-amz-crc32")}
    return replace(answer, body=body, headers=headers)


@contextmanager
def without_backoff() -> Iterator[None]:
    """botocore's pauses between its own tries take no time."""
    real = botocore.endpoint.time
    botocore.endpoint.time = SimpleNamespace(sleep=lambda _seconds: None)  # type: ignore[assignment]
    try:
        yield
    finally:
        botocore.endpoint.time = real
