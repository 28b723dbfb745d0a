"""How long requests take, how they end and how many are under way: measured once, where they are answered."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import field

from chalice.app import Response

from chalicelib.services.ports import Metrics
from chalicelib.values import dataclass

from .request_log import RequestLog


@dataclass(frozen=True, eq=False, repr=False)
class Answered:
    """An answer, and what the log may know of it and its request."""

    response: Response
    facts: Mapping[str, object]


@dataclass(frozen=True, eq=False, repr=False)
class HttpMeter:
    """Counts into `metrics` and tells `log`; `stopwatch` gives seconds from any beginning."""

    metrics: Metrics
    stopwatch: Callable[[], float]
    log: RequestLog | None = None
    _active: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def measured(self, route: str, answer: Callable[[], Answered]) -> Response:
        """The answer, which must not raise. `route` is a template such as `GET /aitp/tasks/{task_id}`."""
        began = self.stopwatch()
        self._under_way(lambda: self._active.append(route))
        try:
            answered = answer()
        finally:
            self._under_way(lambda: self._active.remove(route))
        response, seconds = answered.response, self.stopwatch() - began
        if self.log is not None:
            self.log.tell(route, response.status_code, seconds, answered.facts)
        self.metrics.count("http_request_duration_seconds", seconds, route=route)
        self.metrics.count("http_response_size_bytes", _size(response.body))
        self.metrics.count("http_requests_total", route=route, outcome=f"{response.status_code // 100}xx")
        return response

    def _under_way(self, change: Callable[[], None]) -> None:
        with self._lock:
            change()
            self.metrics.count("http_connections_active", len(self._active))


class NoMetrics:
    """Counts nothing."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...


UNMEASURED = HttpMeter(NoMetrics(), lambda: 0.0)


def _size(body: str | bytes) -> int:
    return len(body) if isinstance(body, bytes) or body.isascii() else len(body.encode())
