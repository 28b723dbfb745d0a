"""Tasks and the documents beside their rows, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain import trust
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import LostRace
from chalicelib.domain.redrive import day_of
from chalicelib.domain.task import Task
from chalicelib.services.ports import AgentUnavailable, DueRow, Page, Standing

from .agents import FakeAgents
from .pages import after_key, due_rows, key_after, paged


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
        return paged(places, limit=limit, cursor=after, of=queue_key)

    def open_places(self, *, limit: int) -> Page[tuple[str, Standing]]:
        places = [
            (row.queue_key, Standing(row.task_id, row.queue_order or 0))
            for row in self.rows.values()
            if row.queue_key is not None
        ]
        return paged(places, limit=limit, cursor=None, of="places")

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[str]:
        mine = [r for r in self.rows.values() if (r.tenant, r.client_id) == (tenant, client_id)]
        newest_first = sorted(mine, key=lambda row: -row.created_at)
        ids = [row.task_id for row in newest_first]
        return paged(ids, limit=limit, cursor=cursor, of=f"tasks of {tenant}#{client_id}")

    def dead(
        self, tenant: str, day: int, *, since: int, until: int, limit: int, cursor: str | None
    ) -> Page[str]:
        of = f"dead of {tenant} on {day} from {since} to {until}"
        mine = [(r.ended_at or 0, r.task_id) for r in self.rows.values() if r.is_dead and r.tenant == tenant]
        ended = [place for place in mine if day_of(place[0]) == day and since <= place[0] < until]
        if cursor is not None:
            after = tuple(key_after(cursor, of))
            ended = [place for place in ended if place < after]
        ended.sort(reverse=True)
        part, rest = ended[:limit], ended[limit:]
        more = after_key(of, part[-1]) if rest else None
        return Page(tuple(task_id for _, task_id in part), more)

    def page(self, *, limit: int, cursor: str | None) -> Page[Task]:
        return paged(list(self.rows.values()), limit=limit, cursor=cursor, of="tasks")

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        return due_rows(self.rows, shard, until, limit, cursor)


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
