"""What the use cases need from outside. tests/fakes.py and chalicelib/store pass one contract suite."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.counting import Countable
from chalicelib.domain.dead_message import DeadMessage
from chalicelib.domain.gauges import Gauges
from chalicelib.domain.remains import Remains
from chalicelib.domain.routing import Chance as DomainChance
from chalicelib.domain.schedule import Execution, Schedule
from chalicelib.domain.task import Task
from chalicelib.domain.trust import Evidence
from chalicelib.domain.trust_events import Adjustment, TrustEvent
from chalicelib.values import dataclass

T = TypeVar("T")
Chance = DomainChance


class Clock(Protocol):
    """Milliseconds UTC."""

    def __call__(self) -> int: ...


class NewId(Protocol):
    """A fresh id with the given prefix, e.g. `task-01J...`; ids made later sort later."""

    def __call__(self, prefix: str) -> str: ...


class Standing(NamedTuple):
    """A place in a line: lower `order` first."""

    task_id: str
    order: int


class DueRow(NamedTuple):
    """A row that time may change, as the clock's index shows it (it may lag)."""

    row_id: str
    due_at: int


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the opaque cursor of the next; None when it was the last."""

    items: tuple[T, ...]
    cursor: str | None = None


class Aggregate(StrEnum):
    """The tables that stand in the clock."""

    TASK = "task"
    AGENT = "agent"
    SCHEDULE = "schedule"


class Clocked(Protocol):
    """A table with a clock index."""

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        """Rows of one shard due at `until` or before, soonest first."""


class AgentUnavailable(Exception):
    """The agent died, filled up or changed session between choice and claim."""


class TaskStore(Clocked, Protocol):
    """Every write is conditional on the version read, and recognises its own retried call as success."""

    def add(self, task: Task) -> Task | None:
        """Put if absent; the row already there, or None when it was put."""

    def get(self, task_id: str) -> Task | None:
        """Strongly consistent."""

    def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        """Strongly consistent, in the order asked; unknown ids are left out."""

    def get_with_agents(self, task_id: str, agent_ids: Sequence[str]) -> tuple[Task | None, list[Agent]]:
        """A task and its candidates in one strongly consistent read."""

    def remembered(self, task_id: str) -> Task | None:
        """The row as this process last wrote it. A guess: only a conditional write may follow from it."""

    def save(self, task: Task, *, was: int) -> None:
        """Raises LostRace unless the row stands at version `was`."""

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        """The task's row and one more in flight on the agent's. Raises LostRace, AgentUnavailable."""

    def leave(self, task: Task, *, was: int, agent_id: str, evidence: Evidence | None) -> None:
        """The task's row, one fewer in flight on the agent's, and what it says of the agent. LostRace."""

    def standing(
        self, queue_key: str, *, limit: int, after: str | None = None, last_first: bool = False
    ) -> Page[Standing]:
        """The head of a line or inbox, or its end, backwards (an index: it may lag)."""

    def open_places(self, *, limit: int) -> Page[tuple[str, Standing]]:
        """Every line and inbox with who stands in it, in no promised order (an index: it may lag)."""

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[str]:
        """Ids, newest first."""

    def dead(
        self, tenant: str, day: int, *, since: int, until: int, limit: int, cursor: str | None
    ) -> Page[str]:
        """Ids of what failed for good and was not retried, newest end first (an index: it may lag).

        Of one day (domain.redrive.day_of), ended at `since` or later and before `until`.
        """

    def page(self, *, limit: int, cursor: str | None) -> Page[Task]:
        """Through the whole table, in no promised order."""


class AgentStore(Clocked, Protocol):
    """Single attributes change under conditions: concurrent heartbeats, claims and reports do not clash."""

    def add(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        """Put if absent with its capability rows; the row already there, or None when it was put."""

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        """Profile, session and lease anew; what it holds and its evidence stay, and that it is drained too,
        unless it starts afresh.

        Raises LostRace when another session came between.
        """

    def get(self, agent_id: str) -> Agent | None:
        """Strongly consistent."""

    def get_many(self, agent_ids: Sequence[str]) -> list[Agent]:
        """Eventually consistent, in the order asked; unknown ids are left out."""

    def beat(self, agent_id: str, *, tenant: str, now: int, wish: Wish | None) -> Agent:
        """Renew the lease. NotFound when it left, or is another tenant's."""

    def sync(
        self, agent_id: str, *, tenant: str, session_id: str, ack: int, now: int, wish: Wish | None
    ) -> Agent:
        """Renew the lease and take the next answer number. NotFound, Superseded, StaleSync."""

    def drain(self, agent_id: str, *, tenant: str, now: int, reason: str | None) -> Agent:
        """It is to take no new work; drained before, it keeps that time, and its reason unless one is given.

        NotFound when it left, or is another tenant's.
        """

    def undrain(self, agent_id: str, *, tenant: str) -> Agent:
        """It may take new work again; fine when it was not drained. NotFound as above."""

    def rearm(self, agent: Agent, due_at: int | None) -> bool:
        """Look again then; False when the agent changed meanwhile."""

    def depart(self, agent_id: str, *, now: int) -> Agent | None:
        """It left: the clock frees what it holds. None when it is unknown."""

    def bury(self, agent: Agent) -> None:
        """Delete the capabilities of one that left and holds nothing, and its row; what is known of its trust
        is kept for 30 days, out of the clock.
        """

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        """Stand in, or leave, the index of agents that may take work, for each of its capabilities."""

    def rank(self, agent: Agent, ranks: tuple[int, ...]) -> None:
        """Its places on the leaderboards: over all, then of each capability. Fine when its rows are gone."""

    def leaders(
        self, tenant: str, capability: str | None, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        """Ids and stored ranks of a capability, or over all, highest first (an index: it may lag)."""

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        """Agent ids of one capability from a place in the lottery on; all of them may be full or gone."""

    def with_capability(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        """Ids of all that registered a capability, whether or not they may take work."""

    def capabilities(self, agent: Agent) -> list[tuple[str, Any]]:
        """Name and description of each capability."""

    def page(self, *, limit: int, cursor: str | None) -> Page[Agent]:
        """Through the whole table, in no promised order."""


class PayloadStore(Protocol):
    """Documents too large for a state row, written once."""

    def put(
        self,
        owner: str,
        kind: str,
        text: str,
        *,
        ttl: int | None = None,
        judged: tuple[str, int] | None = None,
    ) -> None:
        """The same owner and kind twice is the same document. `judged`: whose trust it moved, and when."""

    def add(self, owner: str, kind: str, text: str, *, ttl: int | None = None) -> str | None:
        """Put if absent; the document already there, or None when it was put."""

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Those that exist."""

    def of_owner(self, owner: str, *, prefix: str) -> list[str]:
        """The documents of one owner whose kind starts so, in order of kind."""

    def delete_many(self, keys: Sequence[tuple[str, str]]) -> None:
        """Those that exist, however many; each is deleted for itself."""


class TrustLedger(Protocol):
    """What moved the trust of agents, found again where it was written."""

    def adjust(self, made: Adjustment) -> Adjustment | None:
        """The record and its evidence on the agent's row, both or none; the record already there, or None
        when this one was made. Raises NotFound when the agent's row is gone.
        """

    def adjustment(self, agent_id: str, adjustment_id: str) -> Adjustment | None:
        """Strongly consistent."""

    def latest(
        self, agent_id: str, *, since: int, until: int, limit: int
    ) -> tuple[list[TrustEvent], int | None]:
        """Newest first, from `since` to `until`, both included (indexes: they may lag).

        Read from about `limit` keys of each kind; the second is the time from which on the list is complete
        and at which to go on, None when there is nothing more.
        """


class ScheduleStore(Clocked, Protocol):
    """Schedules and their executions."""

    def add(self, schedule: Schedule) -> Schedule | None:
        """Put if absent; the row already there, or None when it was put."""

    def get(self, schedule_id: str) -> Schedule | None:
        """Strongly consistent."""

    def save(self, schedule: Schedule, *, was: int) -> None:
        """Raises LostRace unless the row stands at version `was`."""

    def delete(self, schedule: Schedule) -> None:
        """Fine when it is gone already. Raises LostRace when the row stands at another version."""

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        """All rows or none. LostRace when the schedule moved on, or the slot has a run, or its task exists.

        A slot that was given up before may be fired after all, or given up again; one that has a run neither.
        """

    def pass_over(self, schedule: Schedule, *, was: int, given_up: Sequence[Execution]) -> None:
        """The schedule moves on without a task, and the slots it gave up are recorded. LostRace as above."""

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[Schedule]:
        """Newest first."""

    def count_of_client(self, tenant: str, client_id: str, *, most: int) -> int:
        """How many it has, counted up to `most` (an index: it may lag)."""

    def page(self, *, limit: int, cursor: str | None) -> Page[Schedule]:
        """Through the whole table, in no promised order."""

    def execution(self, schedule_id: str, slot: int) -> Execution | None:
        """Strongly consistent."""

    def settle(self, execution: Execution) -> bool:
        """The outcome and, if it failed, the schedule's counter, once: False when it was already there."""

    def end_run(self, execution: Execution, schedule: Schedule, *, was: int) -> bool:
        """The same with the whole schedule, which changes by it. LostRace when the schedule moved on."""

    def executions(self, schedule_id: str, *, limit: int, cursor: str | None) -> Page[Execution]:
        """Newest slot first."""

    def executions_between(self, schedule_id: str, *, since: int, until: int) -> list[Execution]:
        """Of slots from `since` to `until`, both included, oldest first; the newest may be missing yet."""


class Limits(Protocol):
    """Times that are given away piece by piece: what is reserved at a rate, or lined up by turns."""

    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        """Where a piece of this length (milliseconds) begins that nobody else has: at `since`, or where the
        last piece ends if that is later. A piece whose caller dies is lost, never given twice.
        """


class TickStore(Protocol):
    """When the tick last ran."""

    def last(self) -> int | None:
        """Milliseconds UTC."""

    def mark(self, now: int) -> int | None:
        """The tick runs now; when it ran before."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One record of the tasks' stream: a task before and after, and its number, which grows in its shard."""

    number: int
    before: Countable | None
    after: Countable | None
    left: Remains | None = None  # of a row that went


class ReadChange(Protocol):
    """Understands a record as Lambda hands it over."""

    def __call__(self, record: Mapping[str, Any]) -> Change: ...


class StatsStore(Protocol):
    """What stands behind GET /metrics; two small rows however much there is."""

    def add(self, counts: Mapping[str, int], *, shard: str, first: int, last: int, now: int) -> int | None:
        """Add the counts of one batch of a stream's shard, its records numbered from `first` to `last`.

        Nothing is added, and the last number counted is answered, unless that is below `first`.
        """

    def counters(self) -> dict[str, int]:
        """All that was ever added, by name (it may lag)."""

    def keep(self, gauges: Gauges) -> None:
        """In place of those before."""

    def gauges(self) -> Gauges | None:
        """The last that were kept (it may lag)."""


class HintKind(StrEnum):
    """What a message on the work queue asks for. The row is the truth, the message a hint."""

    DISPATCH = "dispatch"
    DUE = "due"
    FILL = "fill"
    SETTLE = "settle"
    SWEEP = "sweep"


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A message on the work queue; `at` delays it until then (at most 15 minutes ahead)."""

    kind: HintKind
    row_id: str
    aggregate: Aggregate | None = None
    at: int | None = None
    tenant: str | None = None
    capability: str | None = None
    cursor: str | None = None
    until: int | None = None
    paced: int | None = None  # a sweep's next row has its turn then, or later


class WorkQueue(Protocol):
    """Hints for the consumer. A hint that cannot be sent is logged, never raised: the clock makes it up."""

    def announce(self, *hints: Hint, now: int) -> Sequence[Hint]:
        """Those that could not be sent."""


class DeadMessages(Protocol):
    """What no consumer could handle, by the day (YYYY-MM-DD UTC) it was recorded first."""

    def record(self, message: DeadMessage) -> None:
        """The same message twice within a day is one, which keeps its `first_at`."""

    def of_day(self, day: str, *, limit: int, cursor: str | None) -> Page[DeadMessage]:
        """In order of their ids."""

    def find(self, message_ids: Sequence[str], *, days: Sequence[str]) -> list[DeadMessage]:
        """Strongly consistent; unknown ids are left out."""

    def delete(self, message: DeadMessage) -> None:
        """Fine when it is gone already."""


class AgentQueues(Protocol):
    """One SQS queue per agent that asked for it."""

    def create(self, agent_id: str) -> str:
        """The URL; the same one when it exists. Conflict when it was deleted within the last minute."""

    def send(self, url: str, message: Mapping[str, Any]) -> None:
        """A hint too: lost ones are sent again."""

    def delete(self, url: str) -> None:
        """Gone with what it holds; fine when it is gone already."""


class Metrics(Protocol):
    """Counts and measures of chalicelib.telemetry's table."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...
