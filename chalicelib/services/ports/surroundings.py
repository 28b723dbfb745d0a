"""Time, ids and metrics: what a use case has around it."""

from typing import Protocol


class Clock(Protocol):
    """Milliseconds UTC."""

    def __call__(self) -> int: ...


class NewId(Protocol):
    """A fresh id with the given prefix, e.g. `task-01J...`; ids made later sort later."""

    def __call__(self, prefix: str) -> str: ...


class Metrics(Protocol):
    """Counts and measures of chalicelib.telemetry's table."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...
