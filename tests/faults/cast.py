"""Who plays in a flow, and what they have in hand when it begins."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chalicelib.store import tables

from .agent import Agent
from .client import Client
from .deployment import Deployment
from .ledger import Ledger
from .records import items


@dataclass
class Cast:
    """A client, two agents, and what they work on."""

    d: Deployment
    ledger: Ledger = field(default_factory=Ledger)
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = Client(self.d, self.ledger)
        self.a = Agent(self.d, self.ledger, "a")
        self.b = Agent(self.d, self.ledger, "b")
        self.agents = [self.a, self.b]

    def submitted(self, count: int = 1, **options: object) -> None:
        """Tasks whose announcements are still on the queue."""
        for _ in range(count):
            task_id = self.client.submit(**options)  # type: ignore[arg-type]
            assert task_id is not None
            self.ids.append(task_id)

    def given(self, count: int = 1, *, began: bool = False, **options: object) -> None:
        """Agent a is there and was given tasks; its handlers may have begun."""
        assert self.a.register()
        self.submitted(count, **options)
        self.d.drain()
        self.a.sync()
        self.a.sync()  # the answer is acknowledged
        assert set(self.a.held) >= set(self.ids)
        if began:
            for task_id in self.ids:
                assert self.a.report(task_id, "ACTIVE") is not None

    def scheduled(self, **options: object) -> None:
        """A schedule, each minute if nothing else is said."""
        schedule_id = self.client.schedule(**{"cron_expression": "* * * * *"} | options)
        assert schedule_id is not None
        self.ids.append(schedule_id)

    def moment(self, seconds: float) -> str:
        """So many seconds from now, as the wire has it."""
        at = datetime.fromtimestamp(self.d.now / 1000 + seconds, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def minutes(self, count: int, *, each: Callable[[], None] | None = None) -> None:
        """Whole minutes pass, each with its tick."""
        for _ in range(count):
            self.d.advance(60)
            self.d.tick()
            self.d.drain()
            if each is not None:
                each()


def fingerprint(c: Cast) -> str:
    """All that is stored, on its way or remembered outside; a row's `cid` only says who wrote it."""
    rows = [
        [{name: value for name, value in item.items() if name != "cid"} for item in items(model)]
        for model in tables.ALL
    ]
    outside = [(a.agent_id, a.session, a.ack, a.held, a.results, a.is_over) for a in c.agents]
    told = (c.d.now, c.d.messages(), outside, c.ledger, c.ids)
    return hashlib.sha256(f"{json.dumps(rows, sort_keys=True)} {told}".encode()).hexdigest()


@dataclass(frozen=True)
class Flow:
    """What is the case, and then what happens: every call of `act` is one that may go wrong."""

    name: str
    setup: Callable[[Cast], None]
    act: Callable[[Cast], None]
