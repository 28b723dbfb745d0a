"""Looking at tasks and agents: rows with their documents, and lists anchored on an index."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from chalicelib.domain.agent import Agent
from chalicelib.domain.content import ATTEMPTS, Content
from chalicelib.domain.errors import NotFound, StaleLease
from chalicelib.domain.queueing import is_line
from chalicelib.domain.task import Status, Task
from chalicelib.values import dataclass

from . import documents
from .ports import AgentStore, Clock, Page, PayloadStore, ScheduleStore, TaskStore

T = TypeVar("T")
MOST_KEYS = 1_000  # read for one page, however selective its filters
MOST_PAGES = 20
BATCH = 100


@dataclass(frozen=True)
class FullTask:
    """A task with what lies apart from its row; documents are None where they were not asked for."""

    task: Task
    input_data: Any = None
    metadata: Any = None
    result: Any = None
    attempts: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """What a list is anchored on (at most one), and filters within it."""

    client_id: str | None = None
    schedule_id: str | None = None
    status: Status | None = None
    task_type: str | None = None
    offset: int = 0

    def admits(self, task: Task) -> bool:
        """Whether the task belongs to the list."""
        return (self.status is None or task.status is self.status) and (
            self.task_type is None or task.task_type == self.task_type
        )


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """Strongly consistent for single rows; lists follow an index, which may lag."""

    tasks: TaskStore
    agents: AgentStore
    payloads: PayloadStore
    schedules: ScheduleStore
    clock: Clock

    def task(self, task_id: str, *, tenant: str) -> FullTask:
        """One task with input, result and all its attempts. Raises NotFound, also for another tenant's."""
        task = self.tasks.get(task_id)
        if task is None or task.tenant != tenant:
            raise NotFound(f"no task {task_id}")
        older = [json.loads(text) for text in self.payloads.of_owner(task_id, prefix=ATTEMPTS)]
        if task.last is not None:  # moved out already, if the write that was to replace it did not happen
            older = [attempt for attempt in older if attempt["token"] < task.last.token]
        attempts = tuple(older) + ((asdict(task.last),) if task.last else ())
        document, result = documents.read(self.payloads, [task.document, task.result])
        return FullTask(task, *_input_and_metadata(document), result, attempts)

    def with_input(self, tasks: list[Task]) -> list[FullTask]:
        """The first rows with input and metadata: all of them, unless they are too large for one answer."""
        found = documents.fitting(self.payloads, [task.document for task in tasks])
        return [
            FullTask(task, *_input_and_metadata(document))
            for task, document in zip(tasks, found, strict=False)
        ]

    def document(self, content: Content | None) -> Any:
        """One document, wherever it lies; None when there is none any more."""
        return documents.read(self.payloads, [content])[0]

    def holder(self, task_id: str, *, tenant: str) -> str:
        """The agent whose task it is or last was: for reports that name none. Raises NotFound, StaleLease."""
        task = self.tasks.get(task_id)
        if task is None or task.tenant != tenant:
            raise NotFound(f"no task {task_id}")
        assignment = task.lease or task.last
        if assignment is None:
            raise StaleLease(
                f"task {task_id} is {task.status} and held by nobody, so nobody can report on it"
            )
        return assignment.agent_id

    def list_tasks(self, wanted: TaskFilter, *, tenant: str, limit: int, cursor: str | None) -> Page[Task]:
        """Newest first where it has an anchor, else in no promised order."""

        def page(size: int, after: str | None) -> Page[Task]:
            if wanted.schedule_id is not None:
                runs = self.schedules.executions(wanted.schedule_id, limit=size, cursor=after)
                task_ids = [run.task_id for run in runs.items if run.task_id is not None]
                return Page(tuple(self.tasks.get_many(task_ids)), runs.cursor)
            if wanted.client_id is not None:
                ids = self.tasks.of_client(tenant, wanted.client_id, limit=size, cursor=after)
                return Page(tuple(self.tasks.get_many(ids.items)), ids.cursor)
            return self.tasks.page(limit=size, cursor=after)

        def admits(task: Task) -> bool:
            return task.tenant == tenant and wanted.admits(task)

        found = gathered(page, admits, limit=limit + wanted.offset, cursor=cursor)
        return Page(found.items[wanted.offset :], found.cursor)

    def list_agents(
        self,
        admits: Callable[[Agent], bool],
        *,
        tenant: str,
        capability: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[Agent]:
        """Agents that have not left; by capability over its rows, else through the table."""

        def page(size: int, after: str | None) -> Page[Agent]:
            if capability is None:
                return self.agents.page(limit=size, cursor=after)
            ids = self.agents.with_capability(tenant, capability, limit=size, cursor=after)
            return Page(tuple(self.agents.get_many(ids.items)), ids.cursor)

        def mine(agent: Agent) -> bool:
            return agent.tenant == tenant and not agent.left and admits(agent)

        return gathered(page, mine, limit=limit, cursor=cursor)

    def waiting(self, *, limit: int) -> list[Task]:
        """Tasks of all tenants that wait for an agent, in no promised order."""
        lines = [s.task_id for key, s in self.tasks.open_places(limit=limit).items if is_line(key)]
        return [task for task in self.tasks.get_many(lines) if task.in_line]

    def queue_stats(self, *, tenant: str) -> dict[str, Any]:
        """What waits and who is free; counts cover the first 1,000 open tasks and agents."""
        now = self.clock()
        places = self.tasks.open_places(limit=MOST_KEYS)
        ids = [standing.task_id for _, standing in places.items]
        rows = [task for task in self.tasks.get_many(ids) if task.tenant == tenant]
        waiting = [task for task in rows if task.in_line]
        fleet = self.list_agents(
            lambda a: a.is_taking(now), tenant=tenant, capability=None, limit=MOST_KEYS, cursor=None
        )
        return {
            "waiting": len(waiting),
            "waiting_by_capability": _counted(task.capability for task in waiting),
            "waiting_by_priority": _counted(str(task.priority) for task in waiting),
            "oldest_waiting_seconds": max(((now - t.created_at) / 1000 for t in waiting), default=None),
            "assigned": sum(task.status is Status.ASSIGNED for task in rows),
            "active": sum(task.status is Status.ACTIVE for task in rows),
            "agents_taking_work": len(fleet.items),
            "agents_with_free_slots": sum(agent.free_slots > 0 for agent in fleet.items),
            "free_slots": sum(agent.free_slots for agent in fleet.items),
            "complete": places.cursor is None and fleet.cursor is None,
        }


def _input_and_metadata(document: Any) -> tuple[Any, Any]:
    known = document or {}
    return known.get("input"), known.get("metadata")


def _counted(names: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def gathered(
    page: Callable[[int, str | None], Page[T]],
    admits: Callable[[T], bool],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """Pages until the limit is full, the list ends, or 1,000 keys or 20 pages were read."""
    found: list[T] = []
    read = pages = 0
    while len(found) < limit and read < MOST_KEYS and pages < MOST_PAGES:
        size = min(BATCH, limit - len(found))
        part = page(size, cursor)
        read += size
        pages += 1
        found += filter(admits, part.items)
        cursor = part.cursor
        if cursor is None:
            break
    return Page(tuple(found), cursor)
