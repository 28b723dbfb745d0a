"""Stands where API Gateway stands: finds the resource, invokes the app, and never drops a connection."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import replace
from typing import Any

from infra.local.gateway_events import HttpRequest, HttpResponse, Route, Routes, event, response
from infra.local.invocation import LambdaContext

BODY_LIMIT = 10 * 1024 * 1024  # API Gateway's own; it answers 413 above
GATEWAY_TIMEOUT = 29.0
REFUSAL = "refuse"  # the app's own views for methods that a path does not have (they answer 405)
LOG = logging.getLogger(__name__)


class Gateway:
    """Answers HTTP requests with a Chalice app. Thread-safe when the app is (invocation.per_thread)."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._routes = Routes(list(app.routes))

    def handle(self, request: HttpRequest) -> HttpResponse:
        """One request, one answer; whatever the handler raises becomes a 500."""
        request_id = str(uuid.uuid4())
        route = self._routes.match(request.path)
        if len(request.body) > BODY_LIMIT:
            answer = problem(413, "payload-too-large", "Payload too large", "The limit is 10 MB.", request_id)
        elif route is None:
            answer = problem(404, "not-found", "Not found", "There is nothing at this path.", request_id)
        elif (methods := self._app.routes[route.resource]) and request.method not in methods:
            answer = self._undeclared(request, route, request_id)
        else:
            answer = self._invoke(request, route, request_id)
        answer.headers.append(("x-amzn-requestid", request_id))
        return answer

    def _undeclared(self, request: HttpRequest, route: Route, request_id: str) -> HttpResponse:
        """HEAD is GET without its body, OPTIONS lists the methods; to the rest it is 405."""
        methods = self._app.routes[route.resource]
        offered = {name for name, entry in methods.items() if entry.view_name != REFUSAL}
        allowed = ",".join(sorted({*offered, "OPTIONS"}))
        if request.method == "HEAD" and "GET" in methods:
            return self._invoke(replace(request, method="GET"), route, request_id)
        if request.method == "OPTIONS":
            cors = next((entry.cors for entry in methods.values() if entry.cors), None)
            headers = dict(cors.get_access_control_headers()) if cors else {}
            headers |= {"Access-Control-Allow-Methods": allowed} if cors else {}
            return HttpResponse(204, [("Allow", allowed), *headers.items()])
        detail = f"{request.method[:20]} is not offered here; this path takes {allowed}"
        refused = problem(405, "method-not-allowed", "Method not allowed", detail, request_id)
        refused.headers.append(("Allow", allowed))
        return refused

    def _invoke(self, request: HttpRequest, route: Route, request_id: str) -> HttpResponse:
        context = LambdaContext("api_handler", request_id=request_id, timeout_seconds=GATEWAY_TIMEOUT)
        try:
            return response(self._app(event(request, route, request_id, self._app.api.binary_types), context))
        except Exception:  # the boundary: API Gateway answers 502 here, so something must be answered
            LOG.exception("%s %s failed (request %s)", request.method, request.path, request_id)
            return problem(500, "internal", "Internal error", "The service failed to answer.", request_id)


def problem(status: int, slug: str, title: str, detail: str, request_id: str) -> HttpResponse:
    """An RFC 9457 answer in the shape of the service's own."""
    body = {
        "type": f"https://ains.dev/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    return HttpResponse(status, [("Content-Type", "application/problem+json")], json.dumps(body).encode())
