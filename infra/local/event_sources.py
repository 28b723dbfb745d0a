"""Does what Lambda's event sources do, for every handler that a Chalice app declares."""

from __future__ import annotations

from typing import Any, Protocol

from chalice.app import DynamoDBEventConfig, ScheduledEventConfig, SQSEventConfig

from infra.local.engine import LocalCloud
from infra.local.problems import CannotStart
from infra.local.schedule_source import ScheduleSource, rate_of
from infra.local.sqs_source import SqsSource
from infra.local.stream_source import StreamSource


class EventSource(Protocol):
    """`stop` says so and returns; `join` waits for the invocations that are running."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def join(self, timeout: float) -> None: ...


def sources_of(app: Any, cloud: LocalCloud, *, tick_seconds: float | None = None) -> list[EventSource]:
    """One event source per decorator of the app. `tick_seconds` overrides the rates, for tests.
    Raises CannotStart for a kind that the local cloud does not have."""
    sources: list[EventSource] = []
    for config in app.event_sources:
        handler = app.handler_map[config.name]
        if isinstance(config, SQSEventConfig):
            sources.append(SqsSource(cloud, config, handler))
        elif isinstance(config, ScheduledEventConfig):
            sources.append(ScheduleSource(config.name, handler, tick_seconds or rate_of(config)))
        elif isinstance(config, DynamoDBEventConfig):
            sources.append(StreamSource(cloud, config, handler))
        else:
            raise CannotStart(f"the local cloud has no event source like that of {config.name!r}")
    return sources
