"""Every refusal as problem+json (RFC 9457): one table from the fact to status, slug and title."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from chalicelib.domain import errors
from chalicelib.domain.schedule import NotDue
from chalicelib.values import dataclass

TYPE_BASE = "https://ains.dev/problems/"
SPELLED_OUT = 3  # of the wrong fields in `detail`; `errors` lists them all


class MethodNotAllowed(errors.DomainError):
    """The path exists, the method does not."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"{method} is not offered here; this path takes {self.allowed}")


@dataclass(frozen=True)
class Kind:
    """One row of the table; `advice` is added to what the error says."""

    status: int
    slug: str
    title: str
    advice: str = ""


KINDS: Mapping[type[Exception], Kind] = {
    errors.Invalid: Kind(400, "validation", "Invalid request"),
    errors.Unauthorized: Kind(401, "unauthorized", "No valid key"),
    errors.Forbidden: Kind(403, "forbidden", "Not allowed"),
    errors.QuotaExceeded: Kind(403, "quota-exceeded", "Quota exceeded"),
    errors.NotFound: Kind(404, "not-found", "Not found"),
    MethodNotAllowed: Kind(405, "method-not-allowed", "Method not allowed"),
    errors.Conflict: Kind(409, "conflict", "Conflict"),
    errors.IllegalMove: Kind(409, "illegal-move", "Illegal move"),
    errors.StaleLease: Kind(409, "stale-lease", "Stale lease"),
    errors.Superseded: Kind(409, "superseded", "Superseded session"),
    errors.StaleSync: Kind(409, "stale-sync", "Stale sync"),
    errors.LostRace: Kind(409, "conflict", "Conflict", "; nothing was changed, send the request again"),
    NotDue: Kind(409, "not-due", "Not due yet"),
    errors.TooLarge: Kind(413, "payload-too-large", "Payload too large"),
    errors.KeyReused: Kind(422, "idempotency-mismatch", "Idempotency key used before"),
}
CRASH = Kind(500, "internal", "Internal error")
CRASHED = (
    "something went wrong here; it was logged under the request_id, and the same request may be sent again"
)


@dataclass(frozen=True)
class Problem:
    """The body of a refusal, and the headers it needs."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def kind_of(error: Exception) -> Kind:
    """The row of the nearest class; the one for crashes when there is none."""
    return next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), CRASH)


def problem(error: Exception, *, request_id: str) -> Problem:
    """What the caller is told. A crash tells nothing of its cause."""
    kind = kind_of(error)
    body = {
        "type": TYPE_BASE + kind.slug,
        "title": kind.title,
        "status": kind.status,
        "detail": CRASHED if kind is CRASH else _detail(error) + kind.advice,
        "request_id": request_id,
    }
    if isinstance(error, errors.Invalid):
        body["errors"] = [{"pointer": wrong.pointer, "message": wrong.message} for wrong in error.errors]
    return Problem(kind.status, body, _headers(error))


def _detail(error: Exception) -> str:
    if not isinstance(error, errors.Invalid) or len(error.errors) <= SPELLED_OUT:
        return str(error)
    first = errors.Invalid(error.errors[:SPELLED_OUT])
    return f"{first}; and {len(error.errors) - SPELLED_OUT} more"


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="ains"'}
    return {"Allow": error.allowed} if isinstance(error, MethodNotAllowed) else {}
