"""One line for each request: who asked for what, how it ended, how long it took. Never what was said."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote

from chalice.app import Request

from chalicelib.domain import ids, trace
from chalicelib.telemetry import Log
from chalicelib.values import dataclass

CRASHED = 500


@dataclass(frozen=True, eq=False, repr=False)
class RequestLog:
    """`log` is asked for when there is something to say."""

    log: Callable[[], Log]

    def tell(self, route: str, status: int, seconds: float, facts: Mapping[str, object]) -> None:
        """`route` as the metrics have it: a template after its method, or after `other`."""
        line = {
            "route": route.partition(" ")[2],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            **facts,
        }
        if status >= CRASHED:
            self.log().error("request crashed", extra=line)
        else:
            self.log().info("request", extra=line)


def of_request(request: Request, path: Mapping[str, str], *, tenant: str) -> dict[str, object]:
    """What is known of a request whatever becomes of it. Of the path only what may be an id."""
    said = {name: unquote(value) for name, value in path.items()}
    return {
        "request_id": str(request.context.get("requestId", "")),
        "method": request.method,
        **({"tenant": tenant} if tenant else {}),
        **{name: value for name, value in said.items() if ids.is_id(value)},
        **_traced(request.headers.get("traceparent")),
    }


def of_answer(body: object) -> dict[str, object]:
    """The task that an answer is about, and the trace that it was submitted in."""
    task_id: object = getattr(body, "task_id", None)
    known = {} if task_id is None else {"task_id": task_id}
    return known | _traced(getattr(body, "traceparent", None))


def _traced(header: str | None) -> dict[str, object]:
    parent = trace.traceparent(header)
    return {} if parent is None else {"trace_id": trace.trace_id(parent)}
