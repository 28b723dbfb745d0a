"""Who is let in to a service that trusts its machine: programs, and its own pages, not those of other sites.

Any site that somebody visits may have the browser send requests to the loopback interface, and where it
points a name of its own there, it may read the answers (DNS rebinding). Either shows in `Origin` or `Host`,
which no page can set.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from infra.local.asgi import Receive, Scope, Send, write_response
from infra.local.gateway import problem

_OURS = {"127.0.0.1", "localhost", "::1", "host.docker.internal"}  # the last from within a container


class Doorkeeper:
    """ASGI in front of another application."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        why = refusal(headers)
        if why is None:
            await self._application(scope, receive, send)
        else:
            answer = problem(403, "forbidden", "Not allowed", why, str(uuid.uuid4()))
            await write_response(answer, scope, send)


def refusal(headers: Mapping[str, str]) -> str | None:
    """Why a request with these headers comes from elsewhere; None for one that may come in."""
    host, origin = headers.get("host", "127.0.0.1"), headers.get("origin")
    if _name(f"//{host}") not in _OURS:
        return f"this service is for its own machine: call it 127.0.0.1 or localhost, not {host[:100]}"
    if origin is not None and origin.partition("://")[2] != host:
        return f"a page of {origin[:100]} may not call this service; it has one of its own, /console"
    return None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:  # a bracket that is not closed
        return None
