"""The operations of the API as data: routing, checking and the OpenAPI document all read this one table."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from chalicelib.services.usecases import UseCases
from chalicelib.telemetry import Tally
from chalicelib.values import dataclass

from .caller import Caller
from .fields import NoBody, NoQuery, Request

JSON = "application/json"
Q = TypeVar("Q", bound=Request)
B = TypeVar("B", bound=Request)
A = TypeVar("A")


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the API knows of itself, and how it comes by its use cases: when a call first needs them."""

    version: str
    operations: tuple["Operation", ...]
    use_cases: Callable[[], UseCases]
    tally: Tally | None = None


@dataclass(frozen=True, kw_only=True)
class Call(Generic[Q, B]):
    """One request, understood: what a view works on. `path` holds the path's variables, checked as ids."""

    service: Service
    caller: Caller
    path: Mapping[str, str]
    query: Q
    body: B
    headers: Mapping[str, str]

    @property
    def use_cases(self) -> UseCases:
        """All use cases."""
        return self.service.use_cases()

    @property
    def tenant(self) -> str:
        """Whose data this call sees."""
        return self.caller.tenant


@dataclass(frozen=True)
class Reply(Generic[A]):
    """An answer that is not just 200."""

    body: A
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


View = Callable[[Call[Q, B]], A | Reply[A]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One method of one path. `answer` is the type of its success body."""

    tag: str
    method: str
    path: str
    view: Callable[[Any], Any]
    query: type[Request]
    body: type[Request]
    answer: type[Any]
    statuses: tuple[int, ...]  # of success, the usual one first
    headers: Mapping[str, str]  # request headers it looks at, and what for
    is_open: bool  # to everybody, with or without a key
    is_for_admins: bool
    media: str = JSON  # what its success body is

    @property
    def name(self) -> str:
        """The view's: Chalice and OpenAPI call it so."""
        return self.view.__name__


class Routes:
    """The operations of one resource, gathered by decorating their views."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.operations: list[Operation] = []

    def route(
        self,
        method: str,
        path: str,
        answer: type[A],
        *,
        query: type[Q] = NoQuery,  # type: ignore[assignment] # mypy has no defaults for type variables yet
        body: type[B] = NoBody,  # type: ignore[assignment] # as above
        statuses: tuple[int, ...] = (200,),
        headers: Mapping[str, str] | None = None,
        is_open: bool = False,
        is_for_admins: bool = False,
        media: str = JSON,
    ) -> Callable[[View[Q, B, A]], View[Q, B, A]]:
        """Register a view: its request is parsed into `query` and `body` before it is called."""
        shapes = {"query": query, "body": body, "answer": answer, "statuses": statuses}
        doors = {"is_open": is_open, "is_for_admins": is_for_admins}
        declared: dict[str, Any] = {"tag": self._tag, "method": method, "path": path, "media": media}

        declared |= {**shapes, **doors}

        def register(view: View[Q, B, A]) -> View[Q, B, A]:
            self.operations.append(Operation(view=view, headers=headers or {}, **declared))
            return view

        return register
