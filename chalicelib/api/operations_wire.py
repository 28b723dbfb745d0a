"""How the service is, as the wire shows it."""

from collections.abc import Mapping

from .wire import wire


@wire
class Index:
    """What answers at this address, and where to look next."""

    service: str
    version: str
    console: str
    openapi: str
    health: str
    message: str


@wire
class Liveness:
    """The service answers."""

    status: str
    version: str


@wire
class Checks:
    """What was looked at; a due row that is old means that the clock is behind."""

    tables: str
    unreachable: list[str]
    last_tick_at: str | None
    last_tick_age_seconds: float | None
    oldest_due_age_seconds: float | None


@wire
class Health:
    """`ok` or `degraded`; `tzdata` is the release of the time zones' rules that schedules go by."""

    status: str
    version: str
    tzdata: str
    checks: Checks


@wire
class QueueStats:
    """What waits and who is free."""

    waiting: int
    waiting_by_capability: Mapping[str, int]
    waiting_by_priority: Mapping[str, int]
    oldest_waiting_seconds: float | None
    assigned: int
    active: int
    agents_taking_work: int
    agents_with_free_slots: int
    free_slots: int
    complete: bool
