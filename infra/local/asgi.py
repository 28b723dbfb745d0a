"""The gateway as an ASGI application: reads the body, hands the request to a pool of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.local.gateway import BODY_LIMIT
from infra.local.gateway_events import HttpRequest, HttpResponse

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ThreadedApp:
    """ASGI over a function of threads. `threads` requests run at once, the others wait their turn."""

    def __init__(self, handle: Callable[[HttpRequest], HttpResponse], *, threads: int = 16) -> None:
        self._handle = handle
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        if request is None:
            return
        answer = await asyncio.get_running_loop().run_in_executor(self._pool, self._handle, request)
        await write_response(answer, scope, send)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


async def read_request(scope: Scope, receive: Receive) -> HttpRequest | None:
    """The whole request, None when the client left before its end. A body above the
    limit is read to its end, so that the client hears the answer, but only one byte more than it is kept."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        if size <= BODY_LIMIT:
            chunks.append(chunk[: BODY_LIMIT + 1 - size])
        size += len(chunk)
        if not message.get("more_body"):
            break
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    path = scope["raw_path"].decode("latin-1").partition("?")[0]
    peer = scope["client"][0] if scope.get("client") else ""
    query = scope["query_string"].decode("latin-1")
    return HttpRequest(scope["method"], path, query, headers, b"".join(chunks), peer)


async def write_response(answer: HttpResponse, scope: Scope, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status not in (204, 304) and not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" or answer.status in (204, 304) else answer.body
    await send({"type": "http.response.body", "body": body})
