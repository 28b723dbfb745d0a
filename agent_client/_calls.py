"""One call: build the request, send it, repeat it where that is safe, decode the answer or raise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from agent_client._decode import decode
from agent_client._http import Request, Response, Wire
from agent_client._retries import Chance, Retries, may_repeat
from agent_client.errors import AinsError, BadAnswer, api_error

T = TypeVar("T")
Fields = Mapping[str, Any]
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Ports:
    """Time, chance and ids, handed in so that tests own them."""

    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    chance: Chance
    new_id: Callable[[], str]


@dataclass(frozen=True)
class Call:
    """`repeatable` None means: by its method. Query values that are None are left out."""

    method: str
    path: str
    query: Fields = field(default_factory=dict)
    body: Fields | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None

    @property
    def is_repeatable(self) -> bool:
        if self.repeatable is not None:
            return self.repeatable
        return self.method in _REPEATABLE or "Idempotency-Key" in self.headers


class Calls:
    """The base of the client: everything that all calls share."""

    def __init__(self, *, wire: Wire, api_key: str | None, retries: Retries, ports: Ports) -> None:
        if api_key is not None and not _KEY.fullmatch(api_key):
            raise ValueError("the API key holds characters that no key has (its value is not shown)")
        self._wire = wire
        self._key = api_key
        self._retries = retries
        self._ports = ports

    def _fetch(self, kind: type[T], call: Call) -> T:
        return decode(kind, self._json(call))

    def _pages(self, kind: type[T], items: str, call: Call) -> Iterator[T]:
        """Everything in a list, page after page, each page asked for when it is needed."""
        cursor: str | None = None
        while True:
            query = {**call.query, "cursor": cursor}
            page = self._json(Call(call.method, call.path, query=query))
            if not isinstance(page.get(items), list):
                raise BadAnswer(f"the answer holds no list of {items}")
            yield from (decode(kind, item) for item in page[items])
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _json(self, call: Call) -> Fields:
        response = self._repeated(call, self._request(call))
        try:
            answer = json.loads(response.body)
        except (ValueError, RecursionError):
            raise BadAnswer(f"the answer to {call.method} {call.path} is not JSON") from None
        if not isinstance(answer, dict):
            raise BadAnswer(f"the answer to {call.method} {call.path} is not an object")
        return answer

    def _repeated(self, call: Call, request: Request) -> Response:
        failures = 0
        while True:
            try:
                return self._once(request)
            except AinsError as error:
                failures += 1
                if failures >= self._retries.attempts or not may_repeat(
                    error, is_repeatable=call.is_repeatable
                ):
                    raise
                self._ports.sleep(self._retries.delay(failures, chance=self._ports.chance, error=error))

    def _once(self, request: Request) -> Response:
        response = self._wire.send(request)
        if not 200 <= response.status < 300:
            raise api_error(response.status, response.headers, response.body)
        return response

    def _request(self, call: Call) -> Request:
        headers = {"Accept": "application/json", "User-Agent": "ains-agent-client/0.1", **call.headers}
        if self._key is not None:
            headers["X-API-Key"] = self._key
        body = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            body = as_json(call.body)
        query = urlencode({k: _text(v) for k, v in present(call.query).items()})
        return Request(call.method, call.path + (f"?{query}" if query else ""), headers, body)


def as_json(document: Any) -> bytes:
    """UTF-8, datetimes as ISO-8601. Raises ValueError for NaN, TypeError for what JSON has no form of."""
    return json.dumps(
        document, separators=(",", ":"), allow_nan=False, ensure_ascii=False, default=_iso
    ).encode()


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def present(fields: Fields) -> dict[str, Any]:
    """Without those that are None."""
    return {k: v for k, v in fields.items() if v is not None}


def segment(value: str) -> str:
    """One path segment."""
    if not value:
        raise ValueError("an id cannot be empty")
    return quote(value, safe="")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)
