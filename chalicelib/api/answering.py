"""From a request to an answer, whatever happens: identify, parse, call the view, present."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from chalice.app import Request, Response

from chalicelib import telemetry
from chalicelib.domain import ids
from chalicelib.domain.errors import Invalid
from chalicelib.values import dataclass

from . import parsing, request_log
from .caller import ANYBODY, Auth, Caller
from .errors import CRASH, MethodNotAllowed, kind_of, problem
from .measuring import UNMEASURED, Answered, HttpMeter
from .operation import JSON, Call, Operation, Reply, Service

PROBLEM_JSON = "application/problem+json"
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
View = Callable[..., Response]
Identify = Callable[[Request], Caller]
Answer = Callable[[Request, Mapping[str, str], Caller], Answered]


@dataclass(frozen=True)
class Answering:
    """Makes Chalice views, which answer every request and raise nothing. `current` is the one served."""

    service: Service
    auth: Auth
    meter: HttpMeter = UNMEASURED

    def answers(self, operation: Operation, current: Callable[[], Request]) -> View:
        """The view of an operation."""

        def identify(request: Request) -> Caller:
            return self._caller(operation, request)

        def answer(request: Request, path: Mapping[str, str], caller: Caller) -> Answered:
            return self._answer(operation, request, path, caller)

        return self._view(f"{operation.method} {operation.path}", current, identify, answer)

    def refuses(self, path: str, allowed: Sequence[str], current: Callable[[], Request]) -> View:
        """The view of methods that a path does not have: to the metrics they are all one."""

        def identify(request: Request) -> Caller:
            return self.auth.caller(request.headers)

        def refuse(request: Request, _path: Mapping[str, str], _caller: Caller) -> Answered:
            raise MethodNotAllowed(request.method, allowed)

        return self._view(f"other {path}", current, identify, refuse)

    def _answer(
        self, operation: Operation, request: Request, path: Mapping[str, str], caller: Caller
    ) -> Answered:
        call = Call(
            service=self.service,
            caller=caller,
            path={name: ids.checked(unquote(value), pointer=name) for name, value in path.items()},
            query=parsing.query(_parameters(request), operation.query),
            body=parsing.body(_raw_body(request, operation), operation.body),
            headers=request.headers,
        )
        answer = operation.view(call)
        reply = answer if isinstance(answer, Reply) else Reply(answer, operation.statuses[0])
        response = _response(reply.status, reply.body, _placed(reply.headers, request), operation.media)
        return Answered(response, request_log.of_answer(reply.body))

    def _view(self, route: str, current: Callable[[], Request], identify: Identify, answer: Answer) -> View:
        def view(**path: str) -> Response:
            return self.meter.measured(route, lambda: _safe(identify, answer, current(), path))

        return view

    def _caller(self, operation: Operation, request: Request) -> Caller:
        if operation.is_open:
            return ANYBODY
        caller = self.auth.caller(request.headers)
        if operation.is_for_admins:
            caller.require_admin()
        return caller


def _safe(identify: Identify, answer: Answer, request: Request, path: Mapping[str, str]) -> Answered:
    caller = ANYBODY
    try:
        caller = identify(request)
        answered = answer(request, path, caller)
    except Exception as error:  # noqa: BLE001 - the boundary: each becomes a problem, a crash is logged
        answered = _refusal(error, request)
    asked = request_log.of_request(request, path, tenant=caller.tenant)
    return Answered(answered.response, {**answered.facts, **asked})


def _placed(headers: Mapping[str, str], request: Request) -> Mapping[str, str]:
    """Location as seen from outside: API Gateway serves below its stage, or below a domain's base path."""
    context = request.context
    if "Location" not in headers or "domainName" not in context:
        return headers
    base = str(context.get("path", "")).removesuffix(str(request.to_original_event().get("path", "")))
    return {**headers, "Location": base + headers["Location"]}


def _parameters(request: Request) -> dict[str, Sequence[str]]:
    parameters = request.query_params
    return {} if parameters is None else {name: parameters.getlist(name) for name in parameters}


def _raw_body(request: Request, operation: Operation) -> bytes:
    if operation.method == "GET":
        return b""  # the body of a GET means nothing
    try:
        raw = request.raw_body
        return raw.encode() if isinstance(raw, str) else raw
    except ValueError:  # half of a surrogate pair, or base64 that is none
        raise Invalid.at("", "the body is not UTF-8") from None


def _response(status: int, body: Any, headers: Mapping[str, str] | None = None, kind: str = JSON) -> Response:
    text = _json(body) if kind.endswith("json") else body
    return Response(
        text, status_code=status, headers={"Content-Type": kind, **SECURITY_HEADERS, **(headers or {})}
    )


def _json(body: Any) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=vars)


def _refusal(error: Exception, request: Request) -> Answered:
    refused = problem(error, request_id=str(request.context.get("requestId", "")))
    response = _response(refused.status, refused.body, refused.headers, PROBLEM_JSON)
    facts: dict[str, object] = {"problem": kind_of(error).slug}
    return Answered(response, facts | telemetry.trouble(error) if refused.status == CRASH.status else facts)
