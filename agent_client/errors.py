"""Every error this package raises, and the one table that makes them from HTTP answers.

AinsError
|- ApiError(status, detail, type, request_id, errors)    the service answered, and said no
|  |- BadRequest             400  the request is malformed or invalid; `errors` points at the fields
|  |- Unauthorized           401  no valid key
|  |- Forbidden              403  known, but not allowed
|  |- NotFound               404  unknown, or not yours
|  |- Conflict               409
|  |  |- IllegalMove              that status cannot follow the present one
|  |  |- StaleLease               the lease token is no longer the task's
|  |  `- Superseded               another session of this agent took over
|  |- PayloadTooLarge        413  more than 256 KB
|  |- IdempotencyMismatch    422  this Idempotency-Key was used with another body
|  |- RateLimited            429  `retry_after` seconds, when the service says
|  `- ServerError            5xx
|- TransportError                 no readable answer; the outcome is unknown unless `was_sent` is False
|  |- Timeout
|  |- ConnectionFailed
|  `- BadAnswer                   something answered, but not this API
`- WaitTimeout                    `Client.wait` gave up; the task goes on (also a builtin TimeoutError)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


class AinsError(Exception):
    """Whatever this package raises."""


class ApiError(AinsError):
    """The service said no. `detail` says why; `type` is the problem's address, `slug` its last part."""

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        type: str = "",  # noqa: A002 - RFC 9457's own word
        request_id: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.type = type
        self.request_id = request_id
        self.errors = tuple(errors)
        self.retry_after = retry_after

    @property
    def slug(self) -> str:
        return self.type.rpartition("/")[2]

    def __str__(self) -> str:
        told = (f"{e.get('pointer', '?')}: {e.get('message', '?')}" for e in self.errors)
        fields = "; ".join(field for field in told if field not in self.detail)
        return f"{self.status} {self.detail}" + (f" ({fields})" if fields else "")


class BadRequest(ApiError):
    """400."""


class Unauthorized(ApiError):
    """401."""


class Forbidden(ApiError):
    """403."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409, of a kind this version of the package has no name for."""


class IllegalMove(Conflict):
    """The task is not in a state from which this is possible."""


class StaleLease(Conflict):
    """The task was handed out again: the lease token named is not the current one."""


class Superseded(Conflict):
    """Another process registered this agent with its own session."""


class PayloadTooLarge(ApiError):
    """413."""


class IdempotencyMismatch(ApiError):
    """422."""


class RateLimited(ApiError):
    """429."""


class ServerError(ApiError):
    """5xx."""


class TransportError(AinsError):
    """No readable answer. `was_sent` False promises that the service never saw the request."""

    def __init__(self, message: str, *, was_sent: bool = True) -> None:
        super().__init__(message)
        self.was_sent = was_sent


class Timeout(TransportError):
    """No answer in time."""


class ConnectionFailed(TransportError):
    """Refused, reset, unresolvable, or the TLS handshake failed."""


class BadAnswer(TransportError):
    """The answer is not the JSON this API speaks: a proxy's page, perhaps."""


class WaitTimeout(AinsError, TimeoutError):
    """The task was not over in the time given to `Client.wait`."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: PayloadTooLarge,
    422: IdempotencyMismatch,
    429: RateLimited,
}
_BY_SLUG: dict[str, type[Conflict]] = {
    "illegal-move": IllegalMove,
    "stale-lease": StaleLease,
    "superseded": Superseded,
}


def api_error(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error for an answer outside 2xx, whoever made its body. `headers` have lower-case names."""
    problem = _problem(body)
    type_ = str(problem.get("type") or "")
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    if kind is Conflict:
        kind = _BY_SLUG.get(type_.rpartition("/")[2], Conflict)
    errors = problem.get("errors")
    return kind(
        str(problem.get("detail") or problem.get("message") or "no detail given"),
        status=status,
        type=type_,
        request_id=problem.get("request_id") or headers.get("x-request-id"),
        errors=[e for e in errors if isinstance(e, Mapping)] if isinstance(errors, list) else (),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _problem(body: bytes) -> Mapping[str, Any]:
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:  # the HTTP-date form, which the service never sends
        return None
