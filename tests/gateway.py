"""The app as API Gateway drives it, without a gateway; every answer is held to the OpenAPI document."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator

from chalicelib.api.create_app import OPERATIONS
from chalicelib.api.openapi import PROBLEM, document

VERSION = "1.2.3"


@dataclass
class Answer:
    """What came back; `body` is the parsed JSON."""

    status: int
    headers: dict[str, str]
    text: str
    body: Any = field(init=False)

    def __post_init__(self) -> None:
        is_json = self.headers["Content-Type"].endswith("json")
        self.body = json.loads(self.text) if is_json else self.text


def _resource(routes: Sequence[str], path: str) -> tuple[str, dict[str, str]]:
    """As the gateway: fixed segments first, variables as they came, percent-encoded."""
    steps = path.strip("/").split("/")
    for route in routes:
        names = route.strip("/").split("/")
        pairs = list(zip(names, steps, strict=False))
        if len(names) == len(steps) and all(name in (step, f"{{{name[1:-1]}}}") for name, step in pairs):
            return route, {name[1:-1]: step for name, step in pairs if name.startswith("{")}
    raise AssertionError(f"the gateway knows no {path}")


@cache
def _promised(method: str, resource: str, status: int) -> Draft202012Validator:
    described = document(OPERATIONS, version=VERSION)
    operation = described["paths"][resource].get(method.lower())
    if operation is None:
        return Draft202012Validator(PROBLEM)
    answers = operation["responses"]
    assert str(status) in answers, f"{method} {resource} does not promise {status}"
    (content,) = answers[str(status)]["content"].values()
    return Draft202012Validator({**content["schema"], "components": described["components"]})


class Api:
    """`api.post("/aitp/tasks", {...})`: bytes and text are sent as they are, anything else as JSON.

    `is_held_to_document`: False saves nine tenths of the time where the same call was checked elsewhere.
    """

    def __init__(self, app: Any, *, is_held_to_document: bool = True) -> None:
        self.app = app
        self.routes = sorted(app.routes, key=lambda route: route.count("{"))
        self.is_held_to_document = is_held_to_document

    def call(
        self, method: str, url: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        parts = urlsplit(url)
        resource, variables = _resource(self.routes, parts.path)
        answered = self.app(event(method, parts, resource, variables, body, headers or {}), None)
        answer = Answer(answered["statusCode"], answered["headers"], answered["body"])
        if self.is_held_to_document:
            _promised(method, resource, answer.status).validate(answer.body)
        return answer

    def get(self, url: str, **more: Any) -> Answer:
        return self.call("GET", url, **more)

    def post(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.call("POST", url, body, **more)

    def put(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.call("PUT", url, body, **more)

    def delete(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.call("DELETE", url, body, **more)


def event(
    method: str,
    parts: Any,
    resource: str,
    variables: Mapping[str, str],
    body: Any,
    headers: Mapping[str, str],
) -> dict[str, Any]:
    """What API Gateway hands over; bytes come base64-encoded, as they do for binary types."""
    query = parse_qs(parts.query, keep_blank_values=True, errors="replace") or None
    raw = body if isinstance(body, bytes | str | None) else json.dumps(body)
    is_binary = isinstance(raw, bytes)
    return {
        "resource": resource,
        "path": parts.path,
        "httpMethod": method,
        "headers": {"content-type": "application/json", **headers},
        "multiValueHeaders": {},
        "queryStringParameters": query and {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": variables or None,
        "stageVariables": None,
        "requestContext": {"resourcePath": resource, "httpMethod": method, "requestId": "request-1"},
        "body": base64.b64encode(raw).decode() if is_binary else raw,
        "isBase64Encoded": is_binary,
    }
