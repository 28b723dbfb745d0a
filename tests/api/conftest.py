"""Drives the whole app as API Gateway does, over in-memory stores."""

import base64
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from tests.fakes import World, world


@dataclass
class Answer:
    """What came back; `body` is the parsed JSON."""

    status: int
    headers: dict[str, str]
    text: str
    body: Any = field(init=False)

    def __post_init__(self) -> None:
        self.body = json.loads(self.text)


def _resource(routes: Mapping[str, Any], path: str) -> tuple[str, dict[str, str]]:
    """As the gateway: fixed segments first, variables as they came, percent-encoded."""
    steps = path.strip("/").split("/")
    for route in sorted(routes, key=lambda route: route.count("{")):
        names = route.strip("/").split("/")
        pairs = list(zip(names, steps, strict=False))
        if len(names) == len(steps) and all(n == s or n[0] == "{" for n, s in pairs):
            return route, {n[1:-1]: s for n, s in pairs if n[0] == "{"}
    raise AssertionError(f"the gateway knows no {path}")


class Api:
    """`api.post("/aitp/tasks", {...})`: bytes and text are sent as they are, anything else as JSON."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.answers: list[tuple[str, str, Answer]] = []

    def call(
        self, method: str, url: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        parts = urlsplit(url)
        resource, variables = _resource(self.app.routes, parts.path)
        query = parse_qs(parts.query, keep_blank_values=True, errors="replace") or None
        raw = body if isinstance(body, bytes | str | None) else json.dumps(body)
        is_binary = isinstance(raw, bytes)
        event = {
            "resource": resource,
            "path": parts.path,
            "httpMethod": method,
            "headers": {"content-type": "application/json", **(headers or {})},
            "multiValueHeaders": {},
            "queryStringParameters": query and {name: values[-1] for name, values in query.items()},
            "multiValueQueryStringParameters": query,
            "pathParameters": variables or None,
            "stageVariables": None,
            "requestContext": {"resourcePath": resource, "httpMethod": method, "requestId": "request-1"},
            "body": base64.b64encode(raw).decode() if is_binary else raw,
            "isBase64Encoded": is_binary,
        }
        answered = self.app(event, None)
        answer = Answer(answered["statusCode"], answered["headers"], answered["body"])
        self.answers.append((method, resource, answer))
        return answer

    def get(self, url: str, **more: Any) -> Answer:
        return self.call("GET", url, **more)

    def post(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.call("POST", url, body, **more)

    def put(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.call("PUT", url, body, **more)

    def delete(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.call("DELETE", url, body, **more)


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def api(here: World) -> Api:
    return Api(create_app(lambda: here.use_cases, auth=Auth(open_mode=True), version="1.2.3"))


@pytest.fixture
def state(here: World) -> Callable[[], Any]:
    """All that is stored, for a test to compare."""
    return lambda: deepcopy(
        (
            here.tasks.rows,
            here.agents.rows,
            here.agents.capability_rows,
            here.payloads.texts,
            here.schedules.rows,
            here.schedules.runs,
            here.queue.sent,
            here.agent_queues.messages,
        )
    )
