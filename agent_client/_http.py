"""HTTP/1.1 over the standard library: kept-alive connections, timeouts, its errors mapped in one place."""

from __future__ import annotations

import http.client
import selectors
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from agent_client.errors import ConnectionFailed, Timeout, TransportError


@dataclass(frozen=True)
class Request:
    """`target` is the path with its query, below the base URL."""

    method: str
    target: str
    # Not in the repr: it holds the API key.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None


@dataclass(frozen=True)
class Response:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire(Protocol):
    """Carries one request to the service and its answer back. May be called by several threads at once."""

    def send(self, request: Request) -> Response:
        """Raises a TransportError when there is no answer."""
        ...

    def close(self) -> None: ...


class HttpWire:
    """The wire to a real service. Keeps up to `keep` idle connections open."""

    def __init__(
        self, base_url: str, *, connect_timeout: float = 5.0, read_timeout: float = 30.0, keep: int = 8
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"the base URL must look like http://host:port, not {base_url!r}")
        self._base_url = base_url
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._connect_timeout, self._read_timeout = connect_timeout, read_timeout
        self._keep = keep
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        connection = self._kept() or self._opened()
        try:
            response = self._exchange(connection, request)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError | http.client.HTTPException):
                raise transport_error(error, was_sent=True, where=self._base_url) from error
            raise
        self._put_back(connection)
        return response

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _exchange(self, connection: http.client.HTTPConnection, request: Request) -> Response:
        connection.request(
            request.method, self._prefix + request.target, body=request.body, headers=dict(request.headers)
        )
        answer = connection.getresponse()
        body = answer.read()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)

    def _opened(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection
        if self._tls:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._connect_timeout, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._connect_timeout)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise transport_error(error, was_sent=False, where=self._base_url) from error
        connection.sock.settimeout(self._read_timeout)
        return connection

    def _kept(self) -> http.client.HTTPConnection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.sock is not None and not _has_news(connection):
                return connection
            connection.close()

    def _put_back(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None:  # the service asked to close it
            return
        with self._lock:
            if len(self._idle) < self._keep:
                self._idle.append(connection)
                return
        connection.close()


def _has_news(connection: http.client.HTTPConnection) -> bool:
    """Bytes on an idle connection can only mean that the other side closed it."""
    with selectors.DefaultSelector() as looked:  # whichever this platform has; Windows has no poll
        looked.register(connection.sock, selectors.EVENT_READ)
        return bool(looked.select(0))


def transport_error(
    error: OSError | http.client.HTTPException, *, was_sent: bool, where: str
) -> TransportError:
    """What the standard library raised, as this package's error. `where` is the service's base URL."""
    if isinstance(error, TimeoutError):
        missing = "answer from" if was_sent else "connection to"
        return Timeout(f"no {missing} {where} in time", was_sent=was_sent)
    what = f"the connection to {where} broke" if was_sent else f"no connection to {where}"
    return ConnectionFailed(f"{what}: {str(error) or type(error).__name__}", was_sent=was_sent)
