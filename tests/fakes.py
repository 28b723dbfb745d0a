"""In-memory stand-ins for every port; the contract suite keeps them honest against DynamoDB and SQS."""

import base64
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from chalicelib import consumers, wiring
from chalicelib.domain import trust, trust_events
from chalicelib.domain.agent import Agent, Wish
from chalicelib.domain.dead_message import DeadMessage
from chalicelib.domain.errors import Invalid, LostRace, NotFound, StaleSync, Superseded
from chalicelib.domain.gauges import Gauges
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.domain.redrive import day_of
from chalicelib.domain.schedule import Execution, ExecutionStatus, Schedule
from chalicelib.domain.task import Attempt, Outcome, Task
from chalicelib.domain.trust_events import Adjustment, TrustEvent
from chalicelib.services.ports import AgentUnavailable, DueRow, Hint, Page, Standing
from chalicelib.services.usecases import UseCases
from chalicelib.telemetry import METRIC_BY_NAME

T = TypeVar("T")
W = TypeVar("W", bound="World")
START_MS = 1_800_000_000_000  # 2027-01-15 08:00:00 UTC, a whole minute


class FakeClock:
    """A time that only tests move."""

    def __init__(self, now: int = START_MS) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, ms: int = 0, seconds: float = 0) -> None:
        self.now += ms + round(seconds * 1000)


class Ids:
    """task-0001, task-0002, ..."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count:04d}"


def _paged(rows: Sequence[T], *, limit: int, cursor: str | None, of: str) -> Page[T]:
    """Cursors count the rows of one list; like DynamoDB's, one that it never gave out is refused."""
    start = 0
    if cursor is not None:
        try:
            known = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            start = {of: int(known["after"])}[known["of"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Invalid.at(
                "cursor", "is not one that this list answered; leave it out to start over"
            ) from None
    part = tuple(rows[start : start + limit])
    after = json.dumps({"of": of, "after": start + limit}).encode()
    more = start + limit < len(rows)
    return Page(part, base64.urlsafe_b64encode(after).decode().rstrip("=") if more else None)


def _due(rows: Mapping[str, Any], shard: int, until: int, limit: int, cursor: str | None) -> Page[DueRow]:
    due = [DueRow(k, r.due_at) for k, r in rows.items() if r.due_at is not None and r.due_at <= until]
    mine = [row for row in due if clock_shard(row.row_id) == shard]
    of = f"clock {shard} of {sorted({type(row).__name__ for row in rows.values()})}"
    return _paged(sorted(mine, key=lambda row: row.due_at), limit=limit, cursor=cursor, of=of)


@dataclass
class FakeAgents:
    chance: random.Random
    rows: dict[str, Agent] = field(default_factory=dict)
    capability_rows: dict[tuple[str, str], tuple[Any, int | None]] = field(default_factory=dict)
    ranks: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, agent: Agent, descriptions: Mapping[str, Any]) -> Agent | None:
        if agent.agent_id in self.rows:
            return self.rows[agent.agent_id]
        self.rows[agent.agent_id] = agent
        self._describe(agent, descriptions)
        return None

    def _describe(self, agent: Agent, descriptions: Mapping[str, Any]) -> None:
        for name in agent.profile.capabilities:
            key = (f"{agent.tenant}#{name}", agent.agent_id)
            self.capability_rows[key] = (descriptions.get(name), self.chance.randrange(2**31))
            self.ranks.pop(key, None)

    def reregister(self, agent: Agent, *, was: Agent, descriptions: Mapping[str, Any]) -> Agent:
        row = self.rows.get(agent.agent_id)
        if row is None or row.tenant != was.tenant or row.session_id != was.session_id:
            raise LostRace("the row changed between read and write")
        for name in set(was.profile.capabilities) - set(agent.profile.capabilities):
            self.capability_rows.pop((f"{agent.tenant}#{name}", agent.agent_id), None)
            self.ranks.pop((f"{agent.tenant}#{name}", agent.agent_id), None)
        kept: dict[str, Any] = {
            "in_flight": row.in_flight,
            "last_assigned_at": row.last_assigned_at,
            "evidence": row.evidence,
            "streak": row.streak,
            "registered_at": row.registered_at,
            "request": row.request,
        }
        lifts = agent.starts_afresh(was)
        kept["drained_at"], kept["drain_reason"] = (
            (None, None) if lifts else (row.drained_at, row.drain_reason)
        )
        self.rows[agent.agent_id] = replace(agent, **kept, hold_until=row.hold_until, left=False, listed=True)
        self._describe(agent, descriptions)
        return self.rows[agent.agent_id]

    def get(self, agent_id: str) -> Agent | None:
        return self.rows.get(agent_id)

    def get_many(self, agent_ids: Sequence[str]) -> list[Agent]:
        return [self.rows[agent_id] for agent_id in dict.fromkeys(agent_ids) if agent_id in self.rows]

    def beat(self, agent_id: str, *, tenant: str, now: int, wish: Wish | None) -> Agent:
        row = self._present(agent_id, tenant)
        beaten = replace(row, lease_until=now + row.profile.lease_ms, last_heartbeat=now)
        self.rows[agent_id] = beaten if wish is None else replace(beaten, wish=wish)
        return self.rows[agent_id]

    def _present(self, agent_id: str, tenant: str) -> Agent:
        row = self.rows.get(agent_id)
        if row is None or row.left or row.tenant != tenant:
            raise NotFound(f"no agent {agent_id}")
        return row

    def drain(self, agent_id: str, *, tenant: str, now: int, reason: str | None) -> Agent:
        row = self._present(agent_id, tenant)
        since = now if row.drained_at is None else row.drained_at
        why = row.drain_reason if reason is None else reason
        self.rows[agent_id] = replace(row, drained_at=since, drain_reason=why)
        return self.rows[agent_id]

    def undrain(self, agent_id: str, *, tenant: str) -> Agent:
        row = self._present(agent_id, tenant)
        self.rows[agent_id] = replace(row, drained_at=None, drain_reason=None)
        return self.rows[agent_id]

    def sync(
        self, agent_id: str, *, tenant: str, session_id: str, ack: int, now: int, wish: Wish | None
    ) -> Agent:
        row = self.rows.get(agent_id)
        if row is None or row.left or row.tenant != tenant:
            raise NotFound(f"no agent {agent_id}: register it first")
        if row.session_id not in (None, session_id):
            raise Superseded(
                f"session {row.session_id} of agent {agent_id} took over from session {session_id}"
            )
        if not row.acked <= ack <= row.seq:
            raise StaleSync(f"ack {ack} is not within {row.acked} to {row.seq}, the answers of this session")
        beaten = self.beat(agent_id, tenant=tenant, now=now, wish=wish)
        self.rows[agent_id] = replace(beaten, session_id=session_id, acked=ack, seq=beaten.seq + 1)
        return self.rows[agent_id]

    def rearm(self, agent: Agent, due_at: int | None) -> bool:
        row = self.rows.get(agent.agent_id)
        seen = (agent.in_flight, agent.lease_until, agent.superseded_at)
        if row is None or (row.in_flight, row.lease_until, row.superseded_at) != seen:
            return False
        self.rows[agent.agent_id] = replace(row, due_at=due_at)
        return True

    def depart(self, agent_id: str, *, now: int) -> Agent | None:
        if agent_id not in self.rows:
            return None
        self.rows[agent_id] = replace(self.rows[agent_id], left=True, due_at=now)
        return self.rows[agent_id]

    def bury(self, agent: Agent) -> None:
        row = self.rows.get(agent.agent_id)
        if row is None or not row.left or row.in_flight > 0:
            return
        if agent.is_remembered:
            self.rows[agent.agent_id] = replace(row, due_at=None)
        else:
            del self.rows[agent.agent_id]
        for name in agent.profile.capabilities:
            self.capability_rows.pop((f"{agent.tenant}#{name}", agent.agent_id), None)
        for name in ("", *agent.profile.capabilities):
            self.ranks.pop((f"{agent.tenant}#{name}", agent.agent_id), None)

    def rank(self, agent: Agent, ranks: tuple[int, ...]) -> None:
        for name, rank in zip(("", *agent.profile.capabilities), ranks, strict=True):
            key = (f"{agent.tenant}#{name}", agent.agent_id)
            if key in self.capability_rows or name == "":
                self.ranks[key] = rank
        row = self.rows.get(agent.agent_id)
        if row is not None and not row.left:
            self.rows[agent.agent_id] = replace(row, ranks=ranks)

    def leaders(
        self, tenant: str, capability: str | None, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        board = f"{tenant}#{capability or ''}"
        places = [(agent_id, rank) for (name, agent_id), rank in self.ranks.items() if name == board]
        places.sort(key=lambda place: -place[1])
        return _paged(places, limit=limit, cursor=cursor, of=f"leaders of {board}")

    def set_listed(self, agent: Agent, *, listed: bool) -> None:
        for name in agent.profile.capabilities:
            key = (f"{agent.tenant}#{name}", agent.agent_id)
            if key in self.capability_rows:
                place = self.chance.randrange(2**31) if listed else None
                self.capability_rows[key] = (self.capability_rows[key][0], place)
        if agent.agent_id in self.rows:
            self.rows[agent.agent_id] = replace(self.rows[agent.agent_id], listed=listed)

    def candidates(self, tenant: str, capability: str, *, start: int | None, limit: int) -> list[str]:
        places = [
            (place, agent_id)
            for (name, agent_id), (_, place) in self.capability_rows.items()
            if name == f"{tenant}#{capability}" and place is not None and place >= (start or 0)
        ]
        return [agent_id for _, agent_id in sorted(places)[:limit]]

    def with_capability(self, tenant: str, capability: str, *, limit: int, cursor: str | None) -> Page[str]:
        ids = sorted(agent_id for name, agent_id in self.capability_rows if name == f"{tenant}#{capability}")
        return _paged(ids, limit=limit, cursor=cursor, of=f"{tenant}#{capability}")

    def capabilities(self, agent: Agent) -> list[tuple[str, Any]]:
        keys = [(name, (f"{agent.tenant}#{name}", agent.agent_id)) for name in agent.profile.capabilities]
        return [(name, self.capability_rows[key][0]) for name, key in keys if key in self.capability_rows]

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        return _due(self.rows, shard, until, limit, cursor)

    def page(self, *, limit: int, cursor: str | None) -> Page[Agent]:
        return _paged(list(self.rows.values()), limit=limit, cursor=cursor, of="agents")


@dataclass
class FakeTasks:
    agents: FakeAgents
    rows: dict[str, Task] = field(default_factory=dict)
    history: list[tuple[str, Task | None, Task]] = field(default_factory=list)  # id, before, after

    def _put(self, task: Task) -> None:
        self.history.append((task.task_id, self.rows.get(task.task_id), task))
        self.rows[task.task_id] = task

    def add(self, task: Task) -> Task | None:
        if task.task_id in self.rows:
            return self.rows[task.task_id]
        self._put(task)
        return None

    def get(self, task_id: str) -> Task | None:
        return self.rows.get(task_id)

    def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        return [self.rows[task_id] for task_id in dict.fromkeys(task_ids) if task_id in self.rows]

    def get_with_agents(self, task_id: str, agent_ids: Sequence[str]) -> tuple[Task | None, list[Agent]]:
        return self.rows.get(task_id), self.agents.get_many(agent_ids)

    def remembered(self, task_id: str) -> Task | None:
        return None

    def _check(self, task: Task, was: int) -> None:
        row = self.rows.get(task.task_id)
        if row is None or row.version != was:
            raise LostRace("the row changed between read and write")

    def save(self, task: Task, *, was: int) -> None:
        self._check(task, was)
        self._put(task)

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        self._check(task, was)
        row = self.agents.rows.get(agent.agent_id)
        if row is None or row.session_id != agent.session_id or not row.is_taking(now) or not row.free_slots:
            raise AgentUnavailable(agent.agent_id)
        if agent.streak != row.streak and (agent.streak.is_probation or row.streak.is_probation):
            raise AgentUnavailable(agent.agent_id)
        if agent.is_armed and (row.due_at is None or row.due_at > agent.lease_until):
            raise AgentUnavailable(agent.agent_id)
        arm = row.due_at if agent.is_armed else agent.lease_until
        self.agents.rows[agent.agent_id] = replace(
            row, in_flight=row.in_flight + 1, due_at=arm, last_assigned_at=now
        )
        self._put(task)

    def leave(self, task: Task, *, was: int, agent_id: str, evidence: trust.Evidence | None) -> None:
        self._check(task, was)
        row = self.agents.rows.get(agent_id)
        if row is not None:
            row = replace(row, in_flight=row.in_flight - 1)
            if evidence is not None:
                sums, streak = evidence.added_to(row.evidence), row.streak.after(evidence)
                row = replace(row, evidence=sums, streak=streak)
            self.agents.rows[agent_id] = row
        self._put(task)

    def standing(
        self, queue_key: str, *, limit: int, after: str | None = None, last_first: bool = False
    ) -> Page[Standing]:
        rows = [row for row in self.rows.values() if row.queue_key == queue_key]
        places = [Standing(row.task_id, row.queue_order or 0) for row in rows]
        places.sort(key=lambda p: p.order, reverse=last_first)
        return _paged(places, limit=limit, cursor=after, of=queue_key)

    def open_places(self, *, limit: int) -> Page[tuple[str, Standing]]:
        places = [
            (row.queue_key, Standing(row.task_id, row.queue_order or 0))
            for row in self.rows.values()
            if row.queue_key is not None
        ]
        return _paged(places, limit=limit, cursor=None, of="places")

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[str]:
        mine = [r for r in self.rows.values() if (r.tenant, r.client_id) == (tenant, client_id)]
        newest_first = sorted(mine, key=lambda row: -row.created_at)
        ids = [row.task_id for row in newest_first]
        return _paged(ids, limit=limit, cursor=cursor, of=f"tasks of {tenant}#{client_id}")

    def dead(
        self, tenant: str, day: int, *, since: int, until: int, limit: int, cursor: str | None
    ) -> Page[str]:
        of = f"dead of {tenant} on {day} from {since} to {until}"
        mine = [(r.ended_at or 0, r.task_id) for r in self.rows.values() if r.is_dead and r.tenant == tenant]
        ended = [place for place in mine if day_of(place[0]) == day and since <= place[0] < until]
        if cursor is not None:
            after = tuple(_after(cursor, of))
            ended = [place for place in ended if place < after]
        ended.sort(reverse=True)
        part, rest = ended[:limit], ended[limit:]
        more = base64.urlsafe_b64encode(json.dumps([of, part[-1]]).encode()).decode() if rest else None
        return Page(tuple(task_id for _, task_id in part), more)

    def page(self, *, limit: int, cursor: str | None) -> Page[Task]:
        return _paged(list(self.rows.values()), limit=limit, cursor=cursor, of="tasks")

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        return _due(self.rows, shard, until, limit, cursor)


@dataclass
class FakePayloads:
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    judged: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def put(
        self,
        owner: str,
        kind: str,
        text: str,
        *,
        ttl: int | None = None,
        judged: tuple[str, int] | None = None,
    ) -> None:
        self.texts[owner, kind] = text
        if judged is not None:
            self.judged[owner, kind] = judged

    def add(self, owner: str, kind: str, text: str, *, ttl: int | None = None) -> str | None:
        if (owner, kind) in self.texts:
            return self.texts[owner, kind]
        return self.put(owner, kind, text, ttl=ttl)

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        return {key: self.texts[key] for key in keys if key in self.texts}

    def of_owner(self, owner: str, *, prefix: str) -> list[str]:
        return [t for (o, kind), t in sorted(self.texts.items()) if o == owner and kind.startswith(prefix)]

    def delete_many(self, keys: Sequence[tuple[str, str]]) -> None:
        for key in keys:
            self.texts.pop(key, None)
            self.judged.pop(key, None)


@dataclass
class FakeTrust:
    tasks: FakeTasks
    payloads: FakePayloads
    made: dict[tuple[str, str], Adjustment] = field(default_factory=dict)
    is_blind: bool = False  # another caller is just ahead

    def adjust(self, made: Adjustment) -> Adjustment | None:
        key = (made.agent_id, made.adjustment_id)
        if key in self.made:
            return self.made[key]
        agents = self.tasks.agents.rows
        row = agents.get(made.agent_id)
        if row is None:
            raise NotFound(f"no agent {made.agent_id}")
        if made.evidence is not None:
            row = replace(row, evidence=made.evidence.added_to(row.evidence))
        agents[made.agent_id] = replace(row, streak=Streak()) if made.lifts_quarantine else row
        self.made[key] = made
        return None

    def adjustment(self, agent_id: str, adjustment_id: str) -> Adjustment | None:
        return None if self.is_blind else self.made.get((agent_id, adjustment_id))

    def latest(
        self, agent_id: str, *, since: int, until: int, limit: int
    ) -> tuple[list[TrustEvent], int | None]:
        told = [(row.last, row) for row in self.tasks.rows.values() if row.last is not None]
        for owner, kind in self.payloads.judged:
            attempt = Attempt(**json.loads(self.payloads.texts[owner, kind]))
            told.append((replace(attempt, outcome=Outcome(attempt.outcome)), self.tasks.rows[owner]))
        events = [
            trust_events.of_attempt(attempt, task) for attempt, task in told if attempt.agent_id == agent_id
        ]
        events += [trust_events.of_adjustment(m) for (a, _), m in self.made.items() if a == agent_id]
        known = {e.event_id: e for e in events if e is not None and since <= e.at <= until}
        newest = sorted(known.values(), key=lambda event: event.place, reverse=True)
        return newest[:limit], newest[limit - 1].at if len(newest) > limit else None


@dataclass
class FakeSchedules:
    tasks: FakeTasks
    rows: dict[str, Schedule] = field(default_factory=dict)
    runs: dict[tuple[str, int], Execution] = field(default_factory=dict)

    def add(self, schedule: Schedule) -> Schedule | None:
        if schedule.schedule_id in self.rows:
            return self.rows[schedule.schedule_id]
        self.rows[schedule.schedule_id] = schedule
        return None

    def get(self, schedule_id: str) -> Schedule | None:
        return self.rows.get(schedule_id)

    def _check(self, schedule_id: str, was: int) -> Schedule:
        row = self.rows.get(schedule_id)
        if row is None or row.version != was:
            raise LostRace("the row changed between read and write")
        return row

    def save(self, schedule: Schedule, *, was: int) -> None:
        row = self._check(schedule.schedule_id, was)
        self.rows[schedule.schedule_id] = replace(schedule, failed_runs=row.failed_runs)

    def delete(self, schedule: Schedule) -> None:
        if schedule.schedule_id in self.rows:
            self._check(schedule.schedule_id, schedule.version)
            del self.rows[schedule.schedule_id]

    def fire(
        self,
        schedule: Schedule,
        *,
        was: int,
        task: Task,
        execution: Execution,
        given_up: Sequence[Execution] = (),
    ) -> None:
        self._check(schedule.schedule_id, was)
        before = self.runs.get((execution.schedule_id, execution.slot))
        if task.task_id in self.tasks.rows or (before is not None and before.is_run):
            raise LostRace("the row changed between read and write")
        self._pass_over(schedule, was, given_up)
        self.tasks.add(task)
        self.runs[execution.schedule_id, execution.slot] = execution

    def pass_over(self, schedule: Schedule, *, was: int, given_up: Sequence[Execution]) -> None:
        self._check(schedule.schedule_id, was)
        self._pass_over(schedule, was, given_up)

    def _pass_over(self, schedule: Schedule, was: int, given_up: Sequence[Execution]) -> None:
        new = {(run.schedule_id, run.slot): run for run in given_up}
        if any(self.runs[key].is_run for key in new.keys() & self.runs.keys()):
            raise LostRace("the row changed between read and write")
        self.save(schedule, was=was)
        self.runs |= new

    def count_of_client(self, tenant: str, client_id: str, *, most: int) -> int:
        mine = [s for s in self.rows.values() if (s.tenant, s.client_id) == (tenant, client_id)]
        return min(most, len(mine))

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[Schedule]:
        mine = [r for r in self.rows.values() if (r.tenant, r.client_id) == (tenant, client_id)]
        newest_first = sorted(mine, key=lambda row: -row.created_at)
        return _paged(newest_first, limit=limit, cursor=cursor, of=f"schedules of {tenant}#{client_id}")

    def page(self, *, limit: int, cursor: str | None) -> Page[Schedule]:
        return _paged(list(self.rows.values()), limit=limit, cursor=cursor, of="schedules")

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        return _due(self.rows, shard, until, limit, cursor)

    def execution(self, schedule_id: str, slot: int) -> Execution | None:
        return self.runs.get((schedule_id, slot))

    def settle(self, execution: Execution) -> bool:
        key = (execution.schedule_id, execution.slot)
        if key not in self.runs or self.runs[key].status is not ExecutionStatus.PENDING:
            return False
        self.runs[key] = execution
        row = self.rows.get(execution.schedule_id)
        if execution.status is ExecutionStatus.FAILED and row is not None:
            self.rows[execution.schedule_id] = replace(row, failed_runs=row.failed_runs + 1)
        return True

    def end_run(self, execution: Execution, schedule: Schedule, *, was: int) -> bool:
        before = self.runs.get((execution.schedule_id, execution.slot))
        if before is None or before.status is not ExecutionStatus.PENDING:
            return False
        self.save(schedule, was=was)
        return self.settle(execution)

    def executions_between(self, schedule_id: str, *, since: int, until: int) -> list[Execution]:
        slots = sorted(slot for owner, slot in self.runs if owner == schedule_id and since <= slot <= until)
        return [self.runs[schedule_id, slot] for slot in slots]

    def executions(self, schedule_id: str, *, limit: int, cursor: str | None) -> Page[Execution]:
        mine = sorted(
            (run for (owner, _), run in self.runs.items() if owner == schedule_id), key=lambda r: -r.slot
        )
        return _paged(mine, limit=limit, cursor=cursor, of=f"runs of {schedule_id}")


@dataclass
class FakeTicks:
    at: int | None = None

    def last(self) -> int | None:
        return self.at

    def mark(self, now: int) -> int | None:
        before, self.at = self.at, now
        return before


@dataclass
class FakeStats:
    counts: dict[str, int] = field(default_factory=dict)
    counted_up_to: dict[str, int] = field(default_factory=dict)
    kept: Gauges | None = None

    def add(self, counts: Mapping[str, int], *, shard: str, first: int, last: int, now: int) -> int | None:
        seen = self.counted_up_to.get(shard)
        if seen is not None and seen >= first:
            return seen
        self.counted_up_to[shard] = last
        for name, number in counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        return None

    def counters(self) -> dict[str, int]:
        return dict(self.counts)

    def keep(self, gauges: Gauges) -> None:
        self.kept = gauges

    def gauges(self) -> Gauges | None:
        return self.kept


@dataclass
class FakeQueue:
    """The work queue; `drop` loses everything sent from then on."""

    sent: list[Hint] = field(default_factory=list)
    drop: bool = False

    def announce(self, *hints: Hint, now: int) -> Sequence[Hint]:
        if self.drop:
            return hints
        self.sent += [
            replace(hint, at=hint.at if hint.at is not None and hint.at > now else None) for hint in hints
        ]
        return ()


@dataclass
class FakeAgentQueues:
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    drop: bool = False

    def create(self, agent_id: str) -> str:
        url = f"https://sqs.test/{agent_id}"
        self.messages.setdefault(url, [])
        return url

    def send(self, url: str, message: Mapping[str, Any]) -> None:
        if not self.drop and url in self.messages:
            self.messages[url].append(json.loads(json.dumps(message)))

    def delete(self, url: str) -> None:
        self.messages.pop(url, None)


def _after(cursor: str, day: str) -> str:
    """Like DynamoDB's, these cursors hold a key: rows that go between two pages move none."""
    try:
        return dict([json.loads(base64.urlsafe_b64decode(cursor))])[day]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid.at("cursor", "is not one that this list answered; leave it out to start over") from None


@dataclass
class FakeDeadMessages:
    rows: dict[tuple[str, str], DeadMessage] = field(default_factory=dict)

    def record(self, message: DeadMessage) -> None:
        days = (message.day, replace(message, first_at=message.at - 24 * 3_600_000).day)
        known = next(
            (self.rows[d, message.message_id] for d in days if (d, message.message_id) in self.rows), message
        )
        self.rows[known.day, message.message_id] = replace(message, first_at=known.first_at)

    def of_day(self, day: str, *, limit: int, cursor: str | None) -> Page[DeadMessage]:
        after = "" if cursor is None else _after(cursor, day)
        mine = sorted(key for key in self.rows if key[0] == day and key[1] > after)
        part = mine[:limit]
        more = base64.urlsafe_b64encode(json.dumps(part[-1]).encode()).decode() if mine[limit:] else None
        return Page(tuple(self.rows[key] for key in part), more)

    def find(self, message_ids: Sequence[str], *, days: Sequence[str]) -> list[DeadMessage]:
        keys = dict.fromkeys((day, message_id) for day in days for message_id in message_ids)
        return [self.rows[key] for key in keys if key in self.rows]

    def delete(self, message: DeadMessage) -> None:
        self.rows.pop((message.day, message.message_id), None)


@dataclass
class FakeLimits:
    ends: dict[str, int] = field(default_factory=dict)

    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        begin = max(since, self.ends.get(limit_id, since))
        self.ends[limit_id] = begin + length
        return begin


@dataclass
class FakeMetrics:
    """Takes only what the table of metrics has, so that no test counts what would cost a series more."""

    counted: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        METRIC_BY_NAME[name].check(labels)
        self.counted.append((name, value, labels))

    def total(self, name: str) -> float:
        return sum(value for counted, value, _ in self.counted if counted == name)


class SilentLog:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, object]]] = []

    def error(self, msg: object, *, extra: Mapping[str, object]) -> None:
        self.lines.append((str(msg), extra))

    warning = info = error


@dataclass
class World:
    """All use cases over fakes, a clock that tests move, and a consumer that tests run."""

    clock: FakeClock
    tasks: FakeTasks
    agents: FakeAgents
    payloads: FakePayloads
    schedules: FakeSchedules
    ticks: FakeTicks
    queue: FakeQueue
    agent_queues: FakeAgentQueues
    metrics: FakeMetrics
    dead_messages: FakeDeadMessages
    limits: FakeLimits
    stats: FakeStats
    trust: FakeTrust
    use_cases: UseCases
    log: SilentLog = field(default_factory=SilentLog)

    def drain(self, *, most: int = 1_000) -> int:
        """Handle every message that is visible now; those delayed stay. How many were handled."""
        handled = 0
        while handled < most:
            ready = [h for h in self.queue.sent if h.at is None or h.at <= self.clock.now]
            if not ready:
                return handled
            self.queue.sent.remove(ready[0])
            consumers.handle(ready[0], self.use_cases)
            handled += 1
        raise AssertionError(f"still busy after {most} messages")

    def run(self, *, seconds: float, step_ms: int = 1_000, each: Callable[[], None] | None = None) -> None:
        """Let time pass: messages become visible, a tick runs each minute, `each` runs every step."""
        end = self.clock.now + round(seconds * 1000)
        while self.clock.now < end:
            self.clock.advance(ms=min(step_ms, end - self.clock.now))
            if self.clock.now // 60_000 != (self.clock.now - step_ms) // 60_000:
                self.use_cases.ticking.tick()
            self.drain()
            if each is not None:
                each()
                self.drain()


def world(*, seed: int = 7) -> World:
    """A fresh one."""
    chance = random.Random(seed)
    clock = FakeClock()
    agents = FakeAgents(chance)
    tasks = FakeTasks(agents)
    return bundled(World, chance=chance, clock=clock, tasks=tasks, schedules=FakeSchedules(tasks))


def bundled(
    kind: type[W],
    *,
    chance: random.Random,
    clock: FakeClock,
    tasks: FakeTasks,
    schedules: FakeSchedules,
    queue: FakeQueue | None = None,
    quota: Quota = PLAIN,
) -> W:
    """A world over these stores, with everything else new."""
    agents, payloads, ticks = tasks.agents, FakePayloads(), FakeTicks()
    agent_queues, metrics = FakeAgentQueues(), FakeMetrics()
    queue = FakeQueue() if queue is None else queue
    dead_messages, limits, stats = FakeDeadMessages(), FakeLimits(), FakeStats()
    trust_ledger = FakeTrust(tasks, payloads)
    use_cases = wiring.assemble(
        wiring.Ports(
            tasks=tasks,
            agents=agents,
            trust=trust_ledger,
            payloads=payloads,
            schedules=schedules,
            ticks=ticks,
            stats=stats,
            queue=queue,
            agent_queues=agent_queues,
            dead_messages=dead_messages,
            limits=limits,
            clock=clock,
            new_id=Ids(),
            chance=chance,
            metrics=metrics,
        ),
        head_start_ms=0,  # time stands still here, so that new tasks would never be taken
        quota=quota,
    )
    return kind(
        clock,
        tasks,
        agents,
        payloads,
        schedules,
        ticks,
        queue,
        agent_queues,
        metrics,
        dead_messages,
        limits,
        stats,
        trust_ledger,
        use_cases,
    )
