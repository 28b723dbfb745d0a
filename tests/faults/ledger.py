"""What was acknowledged to somebody outside."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Alive(NamedTuple):
    """An agent was heard of, and counts as alive until its lease is over. Milliseconds."""

    agent_id: str
    since: int
    until: int


@dataclass
class Ledger:
    """What was acknowledged to somebody: the service must stand by all of it."""

    created: set[str] = field(default_factory=set)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)  # by task and what of it
    completed: dict[str, Any] = field(default_factory=dict)  # result by task
    cancelled: set[str] = field(default_factory=set)
    schedules: set[str] = field(default_factory=set)
    paused: dict[str, tuple[int, int]] = field(default_factory=dict)  # asked and answered when, by schedule
    backfilled: set[tuple[str, int]] = field(default_factory=set)  # schedule and slot that is to have its run
    ran: list[tuple[str, int]] = field(default_factory=list)  # task and token, each time a handler began
    under: dict[str, int] = field(default_factory=dict, repr=False)  # token that a result was accepted under
    heard: list[Alive] = field(default_factory=list, repr=False)
    got: set[tuple[str, int]] = field(
        default_factory=set, repr=False
    )  # task and token, in an answer that came
