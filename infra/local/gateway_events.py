"""HTTP requests as API Gateway REST proxy events (payload v1), and handlers' answers as HTTP."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from infra.local.pinned import ACCOUNT

STAGE = "api"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What came over the wire. `path` is raw: percent-encoding stays, as API Gateway leaves it."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    peer: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Route:
    """A resource of the API and what its variables matched, still percent-encoded."""

    resource: str
    parameters: dict[str, str]


class Routes:
    """Which resource a path belongs to: a fixed segment beats a variable one."""

    def __init__(self, resources: list[str]) -> None:
        self._tree: dict[str, Any] = {}
        for resource in resources:
            node = self._tree
            for segment in resource.strip("/").split("/"):
                node = node.setdefault(segment, {})
            node[""] = resource
        if "/" in resources:  # "/" splits into one empty segment
            self._tree[""] = "/"

    def match(self, path: str) -> Route | None:
        """None when no resource has this path. A trailing slash is dropped."""
        if path == "/":
            return Route("/", {}) if self._tree.get("") == "/" else None
        return self._walk(self._tree, path.removesuffix("/").lstrip("/").split("/"), {})

    def _walk(self, node: dict[str, Any], segments: list[str], found: dict[str, str]) -> Route | None:
        if not segments:
            return Route(node[""], found) if isinstance(node.get(""), str) else None
        head, rest = segments[0], segments[1:]
        if (
            head
            and not head.startswith("{")
            and head in node
            and (route := self._walk(node[head], rest, found))
        ):
            return route
        for name, child in node.items():
            if (
                head
                and name.startswith("{")
                and (route := self._walk(child, rest, {**found, name[1:-1]: head}))
            ):
                return route
        return None


def event(request: HttpRequest, route: Route, request_id: str, binary_types: list[str]) -> dict[str, Any]:
    """The event API Gateway would send; None stands where it sends null."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    query = parse_qs(request.query, keep_blank_values=True) or None
    body, encoded = _body(request, binary_types)
    return {
        "resource": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": query and {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": route.parameters or None,
        "stageVariables": None,
        "requestContext": _context(request, route, request_id),
        "body": body,
        "isBase64Encoded": encoded,
    }


def _body(request: HttpRequest, binary_types: list[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    kind = next((value for name, value in request.headers if name == "content-type"), "")
    if kind.partition(";")[0].strip() not in binary_types:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass  # API Gateway would mangle it; the handler gets what was sent and can refuse it
    return base64.b64encode(request.body).decode(), True


def _context(request: HttpRequest, route: Route, request_id: str) -> dict[str, Any]:
    now = time.time()
    agent = next((value for name, value in request.headers if name == "user-agent"), None)
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "stage": STAGE,
        "protocol": "HTTP/1.1",
        "httpMethod": request.method,
        "resourcePath": route.resource,
        "path": f"/{STAGE}{request.path}",
        "requestId": request_id,
        "extendedRequestId": request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "identity": {"sourceIp": request.peer, "userAgent": agent},
    }


def response(answer: dict[str, Any]) -> HttpResponse:
    """Unpack a proxy answer. Raises TypeError, KeyError or ValueError for one API Gateway would refuse."""
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    body = answer.get("body") or ""
    raw = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    return HttpResponse(int(answer["statusCode"]), headers, raw)
