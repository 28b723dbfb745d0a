"""Redriving dead letters: retrying many, no faster than an agent that was failing can bear."""

import json
from collections.abc import Sequence
from dataclasses import asdict, field

from chalicelib.domain import ids
from chalicelib.domain.content import fingerprint
from chalicelib.domain.errors import DomainError, KeyReused, NotFound
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .dead_letters import DeadFilter, DeadLetters
from .hints import of_waiting
from .ports import Clock, PayloadStore, TaskStore, WorkQueue
from .retrying import Asking, Edited, Retrying

KEY_HOLDS_S = 48 * 3600  # a key is promised to hold for a day


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """Those named, or else the next `limit` dead letters of a filter; and how fast they start over."""

    task_ids: tuple[str, ...] = ()
    wanted: DeadFilter = DeadFilter()
    limit: int = 100
    cursor: str | None = None
    edited: Edited | None = None
    per_second: float = 10.0


@dataclass(kw_only=True)
class Redriven:
    """What became of each: the new tasks by the old one's id, and why others were left as they are."""

    made: list[tuple[str, Task]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    cursor: str | None = None
    was_known: bool = False


@dataclass(frozen=True)
class _Plan:
    """The tasks that a call is about, fixed before the first of them is retried."""

    request: str
    task_ids: Sequence[str]
    cursor: str | None


@dataclass(frozen=True, eq=False, repr=False)
class Redriving:
    """Each task by itself: one that cannot be retried holds up no other."""

    dead_letters: DeadLetters
    retrying: Retrying
    tasks: TaskStore
    payloads: PayloadStore
    queue: WorkQueue
    clock: Clock

    def redrive(self, asked: Redrive, *, tenant: str, key: str | None = None) -> Redriven:
        """The first new task may run at once, each further one 1 / `per_second` seconds after the one before.

        A key fixes which tasks they are: repeated, the call is about the same ones, and finishes what a
        crash left undone. Raises Invalid (cursor), KeyReused.
        """
        plan, was_known = self._plan(asked, tenant, key)
        done = Redriven(cursor=plan.cursor, was_known=was_known)
        asking = Asking(key and f"redrive {key}", plan.request)
        pace = _Pace(self.clock(), asked.per_second)
        rows = {task.task_id: task for task in self.tasks.get_many(plan.task_ids)}
        for task_id in plan.task_ids:
            try:
                old = _mine(rows.get(task_id), task_id, tenant)
                made, was_made = self.retrying.again(
                    old, asking, edited=asked.edited, not_before=pace.not_before
                )
            except DomainError as refusal:
                done.refused.append((task_id, str(refusal)))
            else:
                done.made.append((task_id, made))
                pace.count += not was_made
        now = self.clock()
        hints = [hint for _, made in done.made for hint in of_waiting(made, now=now)]
        self.queue.announce(*hints, now=now)
        return done

    def _plan(self, asked: Redrive, tenant: str, key: str | None) -> tuple[_Plan, bool]:
        request = fingerprint(asdict(asked))
        if key is None:
            return self._chosen(asked, request, tenant), False
        place = (ids.from_key("redrive", tenant=tenant, key=key), "plan")
        known = self.payloads.get_many([place]).get(place)
        if known is None:
            plan = self._chosen(asked, request, tenant)
            ttl = self.clock() // 1000 + KEY_HOLDS_S
            known = self.payloads.add(*place, json.dumps(asdict(plan)), ttl=ttl)
            if known is None:
                return plan, False
        kept = _Plan(**json.loads(known))
        if kept.request != request:
            raise KeyReused("this Idempotency-Key came with another redrive before; use a new key")
        return kept, True

    def _chosen(self, asked: Redrive, request: str, tenant: str) -> _Plan:
        if asked.task_ids:
            return _Plan(request, asked.task_ids, None)
        page = self.dead_letters.page(asked.wanted, tenant=tenant, limit=asked.limit, cursor=asked.cursor)
        return _Plan(request, [task.task_id for task in page.items], page.cursor)


@dataclass
class _Pace:
    """When the next new task may run: the i-th i / `per_second` seconds after the first."""

    began: int
    per_second: float
    count: int = 0

    @property
    def not_before(self) -> int | None:
        return self.began + round(self.count * 1000 / self.per_second) if self.count else None


def _mine(task: Task | None, task_id: str, tenant: str) -> Task:
    if task is None or task.tenant != tenant:
        raise NotFound(f"no task {task_id}")
    return task
