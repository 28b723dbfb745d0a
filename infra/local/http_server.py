"""Serves ASGI applications on sockets of our own, in one thread with its own event loop.

uvicorn rather than granian: it runs inside this process, on sockets that are already bound (so that a port
in use is found before anything starts, and port 0 works), stops on request and drains; granian's server
forks or spawns its workers, away from the engine, and its embedded mode is marked experimental. uvicorn's
own cost, about 0.4 ms a request, is a tenth of what an API call spends in the engine.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from typing import Any

import uvicorn

from infra.local.problems import CannotStart

HOST = "127.0.0.1"
DRAIN_SECONDS = 5


def bind(port: int, option: str) -> socket.socket:
    """A listening socket on the loopback interface. Raises CannotStart, naming the `option` to change."""
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it keep-alive costs 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        raise CannotStart(
            f"cannot listen on {HOST}:{port} ({error.strerror}): stop what is using it,"
            f" or choose another {option}"
        ) from error
    return sock


class HttpServer:
    """`start` serves every (application, socket) pair in the background; `stop` drains and returns."""

    def __init__(self, *served: tuple[Any, socket.socket]) -> None:
        self._sockets = [sock for _, sock in served]
        self._servers = [uvicorn.Server(_config(application)) for application, _ in served]
        self._thread = threading.Thread(target=self._run, name="http")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, answer what is in flight (DRAIN_SECONDS at most), close."""
        for server in self._servers:
            server.handle_exit(signal.SIGTERM, None)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        pairs = zip(self._servers, self._sockets, strict=True)
        await asyncio.gather(*(server.serve(sockets=[sock]) for server, sock in pairs))


def _config(application: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody stands in between
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
