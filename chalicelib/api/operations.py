"""How the service is: alive, healthy, how much waits; and what it offers."""

from typing import Any

from chalicelib.domain.zones import RULES_VERSION
from chalicelib.services.vitals import vitals

from .fields import NoBody, NoQuery
from .operation import Call, Routes
from .operations_wire import Checks, Health, Index, Liveness, QueueStats
from .times import iso_or_none, seconds_or_none

routes = Routes("operations")


@routes.route("GET", "/", Index, is_open=True)
def index(call: Call[NoQuery, NoBody]) -> Index:
    """Say what this is, to whoever opens its address, and where to go on."""
    return Index(
        service="AINS",
        version=call.service.version,
        console="/console",
        openapi="/openapi.json",
        health="/ains/health",
        message="an agent registry, task router and cron scheduler; these paths are below this address",
    )


@routes.route("GET", "/health", Liveness, is_open=True)
def liveness(call: Call[NoQuery, NoBody]) -> Liveness:
    """Say that the service answers; nothing else is looked at."""
    return Liveness(status="ok", version=call.service.version)


@routes.route("GET", "/ains/health", Health)
def health(call: Call[NoQuery, NoBody]) -> Health:
    """Say whether the tables can be read, and whether the clock runs."""
    found = vitals(call.use_cases.ticking)
    checks = Checks(
        tables="unreachable" if found.unreachable else "ok",
        unreachable=list(found.unreachable),
        last_tick_at=iso_or_none(found.last_tick),
        last_tick_age_seconds=seconds_or_none(found.last_tick_age_ms),
        oldest_due_age_seconds=seconds_or_none(found.oldest_due_age_ms),
    )
    return Health(
        status="ok" if found.is_healthy else "degraded",
        version=call.service.version,
        tzdata=RULES_VERSION,
        checks=checks,
    )


@routes.route("GET", "/aitp/queue/stats", QueueStats)
def queue_stats(call: Call[NoQuery, NoBody]) -> QueueStats:
    """Count what waits and who is free; `complete` is false when there was too much to count."""
    return QueueStats(**call.use_cases.reading.queue_stats(tenant=call.tenant))


@routes.route("GET", "/openapi.json", dict[str, Any])
def openapi_document(call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Describe this API as an OpenAPI 3.1 document."""
    from .openapi import document  # noqa: PLC0415 - schema generation is for those who ask for it

    return document(call.service.operations, version=call.service.version)
