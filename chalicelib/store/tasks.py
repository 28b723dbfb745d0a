"""Tasks in DynamoDB."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from pynamodb.transactions import TransactWrite

from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import unknown_cursor
from chalicelib.domain.task import Task
from chalicelib.domain.trust import Evidence
from chalicelib.services.ports import AgentUnavailable, DueRow, Page, Standing

from . import agent_changes, agent_rows, paging
from .reads import batch_get, rows_of
from .tables import AgentRecord, TaskRecord
from .task_rows import dead_key, from_record, to_record
from .writes import Refused, Writes

_REMEMBERED = 2_000
__all__ = ["DynamoTasks", "from_record", "to_record"]


class DynamoTasks:
    """services.ports.TaskStore over the tasks table."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._remembered: OrderedDict[str, Task] = OrderedDict()
        self._lock = Lock()

    def add(self, task: Task) -> Task | None:
        cid = self._writes.new_call_id()
        record = to_record(task, cid=cid)
        try:
            self._writes.once(lambda: record.save(condition=TaskRecord.task_id.does_not_exist()), cid=cid)
        except Refused as refused:
            return from_record(TaskRecord.from_raw_data(dict(refused.item or {})))
        self._remember(task)
        return None

    def get(self, task_id: str) -> Task | None:
        try:
            return from_record(TaskRecord.get(task_id, consistent_read=True))
        except TaskRecord.DoesNotExist:
            return None

    def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        return [from_record(row) for row in rows_of(self._writes.connection, TaskRecord, task_ids)]

    def get_with_agents(self, task_id: str, agent_ids: Sequence[str]) -> tuple[Task | None, list[Agent]]:
        rows = batch_get(self._writes.connection, [(TaskRecord, [task_id]), (AgentRecord, agent_ids)])
        tasks = [from_record(row) for row in rows[TaskRecord] if isinstance(row, TaskRecord)]
        found = [agent_rows.from_record(row) for row in rows[AgentRecord] if isinstance(row, AgentRecord)]
        return (tasks[0] if tasks else None), found

    def remembered(self, task_id: str) -> Task | None:
        with self._lock:
            return self._remembered.get(task_id)

    def _remember(self, task: Task) -> None:
        with self._lock:
            self._remembered.pop(task.task_id, None)
            if not task.is_over:
                self._remembered[task.task_id] = task
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)

    def save(self, task: Task, *, was: int) -> None:
        cid = self._writes.new_call_id()
        record = to_record(task, cid=cid)
        self._writes.once(lambda: record.save(condition=TaskRecord.version == was), cid=cid)
        self._remember(task)

    def assign(self, task: Task, *, was: int, agent: Agent, now: int) -> None:
        actions, condition = agent_changes.claim(agent, now=now)
        try:
            self._with_agent(task, was, agent.agent_id, actions, condition)
        except Refused as refused:
            if refused.position == 1:
                raise AgentUnavailable(agent.agent_id) from refused
            raise

    def leave(self, task: Task, *, was: int, agent_id: str, evidence: Evidence | None) -> None:
        actions, condition = agent_changes.handing_back(evidence)
        try:
            self._with_agent(task, was, agent_id, actions, condition)
        except Refused as refused:
            if refused.position == 0:
                raise
            self.save(task, was=was)  # the agent's row is gone: nothing to count down

    def _with_agent(
        self,
        task: Task,
        was: int,
        agent_id: str,
        actions: agent_changes.Actions,
        condition: agent_changes.Condition,
    ) -> None:
        """Both rows or none; the task's is write 0, the agent's write 1."""
        cid = self._writes.new_call_id()

        def fill(transaction: TransactWrite) -> None:
            transaction.save(
                to_record(task, cid=cid), condition=TaskRecord.version == was, return_values="ALL_OLD"
            )
            transaction.update(AgentRecord(agent_id), actions=actions, condition=condition)

        self._writes.together(fill, cid=cid)
        self._remember(task)

    def standing(
        self, queue_key: str, *, limit: int, after: str | None = None, last_first: bool = False
    ) -> Page[Standing]:
        rows, cursor = paging.queried(
            TaskRecord.queue, queue_key, limit=limit, cursor=after, newest_first=last_first
        )
        return Page(tuple(Standing(row.task_id, int(row.queue_order or 0)) for row in rows), cursor)

    def open_places(self, *, limit: int) -> Page[tuple[str, Standing]]:
        rows, cursor = paging.scanned(TaskRecord.queue, limit=limit, cursor=None)
        places = ((row.queue_key or "", Standing(row.task_id, int(row.queue_order or 0))) for row in rows)
        return Page(tuple(places), cursor)

    def due(self, shard: int, *, until: int, limit: int, cursor: str | None = None) -> Page[DueRow]:
        by_then = TaskRecord.due_at <= until
        rows, after = paging.queried(TaskRecord.clock, shard, by_then, limit=limit, cursor=cursor)
        return Page(tuple(DueRow(row.task_id, int(row.due_at or 0)) for row in rows), after)

    def of_client(self, tenant: str, client_id: str, *, limit: int, cursor: str | None) -> Page[str]:
        key = f"{tenant}#{client_id}"
        rows, after = paging.queried(TaskRecord.client, key, limit=limit, cursor=cursor, newest_first=True)
        return Page(tuple(row.task_id for row in rows), after)

    def dead(
        self, tenant: str, day: int, *, since: int, until: int, limit: int, cursor: str | None
    ) -> Page[str]:
        if since >= until:
            return Page(())
        within = TaskRecord.ended_at.between(since, until - 1)
        key = dead_key(tenant, day)
        start = paging.decoded(cursor, TaskRecord.dead, key)
        if start is not None and not since <= int(start["ended_at"]["N"]) < until:
            raise unknown_cursor()  # DynamoDB takes a start outside the condition for our own mistake
        rows, after = paging.queried(
            TaskRecord.dead, key, within, limit=limit, cursor=cursor, newest_first=True
        )
        return Page(tuple(row.task_id for row in rows), after)

    def page(self, *, limit: int, cursor: str | None) -> Page[Task]:
        rows, after = paging.scanned(TaskRecord, limit=limit, cursor=cursor)
        return Page(tuple(map(from_record, rows)), after)
