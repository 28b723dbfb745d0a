"""The API over one kept-alive connection, with nothing between: what is measured is the service."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, Self
from urllib.parse import urlsplit


class BareHttp:
    """One connection of one thread. Any answer but a success is an error of the benchmark."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._connection = HTTPConnection(place.hostname or "", place.port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {read[:500].decode()}")
        return dict(json.loads(read))

    def submit(self, capability: str, *, client: str = "bench") -> dict[str, Any]:
        """A small task."""
        task = {
            "client_id": client,
            "task_type": "bench",
            "capability_required": capability,
            "input_data": {"n": 1},
        }
        return self.call("POST", "/aitp/tasks", task)

    def register(self, agent_id: str, capability: str, **options: Any) -> dict[str, Any]:
        agent = {"agent_id": agent_id, "display_name": agent_id, "capabilities": [capability], **options}
        return self.call("POST", "/ains/agents", agent)
