"""What truly happened: every write to a task's row, as the engine took it, and all rows as they stand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pynamodb.models import Model

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.invariants import Claim, History, Snapshot, Step
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.store import agent_rows, schedule_rows, task_rows
from chalicelib.store.tables import (
    AgentRecord,
    ExecutionRecord,
    PayloadRecord,
    ScheduleRecord,
    TaskRecord,
)
from chalicelib.store.trust_ledger import adjustment_of
from infra.local.calls import Answer, Call
from infra.local.pinned import dynamodb

Item = dict[str, Any]


def items(model: type[Model]) -> Iterator[Item]:
    """Every row of a table, raw, without a call."""
    for rows in dynamodb._tables[model.Meta.table_name]["items"].values():
        yield from rows.values()


def _task(item: Item) -> Task:
    return task_rows.from_record(TaskRecord.from_raw_data(dict(item)))


def _agent(item: Item) -> Agent:
    return agent_rows.from_record(AgentRecord.from_raw_data(dict(item)))


class End(NamedTuple):
    """An assignment that ended: the rows of its task and its holder just before, and what was written."""

    before: Task
    after: Task
    holder: Agent
    at: int


@dataclass
class Records:
    """Stands next to the engine, and notes each change of a task's row in the order they were made."""

    clock: Callable[[], int]
    steps: list[Step] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    buried: set[str] = field(default_factory=set)
    tasks: dict[str, Task] = field(default_factory=dict)  # as last seen

    def __call__(self, call: Call, send: Callable[[], Answer]) -> Answer:
        touched = _ids(call, TaskRecord, "task_id")
        agents = self._named(call) if touched and call.action == "TransactWriteItems" else {}
        there = _agents_there() if call.action == "DeleteItem" else set()
        answer = send()
        for task_id in touched:
            self._note(task_id, agents)
        if there:
            self.buried |= there - _agents_there()
        return answer

    def _named(self, call: Call) -> dict[str, Agent]:
        """The agents whose rows a call may change, as they stand now."""
        named = set(_ids(call, AgentRecord, "agent_id"))
        return {a.agent_id: a for a in (_agent(i) for i in items(AgentRecord) if i["agent_id"]["S"] in named)}

    def _note(self, task_id: str, agents: dict[str, Agent]) -> None:
        item = dynamodb._tables[TaskRecord.Meta.table_name]["items"].get(task_id, {}).get("__no_sort__")
        before = self.tasks.get(task_id)
        after = None if item is None else _task(item)
        if after is None or after == before:
            return
        self.tasks[task_id] = after
        self.steps.append(Step(task_id, before, after, self.clock()))
        if before is not None and after.lease is not None and after.token > before.token:
            # Judged at the time that the claim's condition named: the call may have taken long since.
            self.claims.append(Claim(before, after, agents[after.lease.agent_id], after.lease.assigned_at))
        if before is not None and before.lease is not None and after.lease is None and after.last is not None:
            holder = agents.get(before.lease.agent_id)
            if holder is not None:
                self.ends.append(End(before, after, holder, after.last.ended_at))

    def agents(self) -> dict[str, Agent]:
        return {agent.agent_id: agent for agent in map(_agent, items(AgentRecord))}

    def schedules(self) -> dict[str, Schedule]:
        found = (
            schedule_rows.from_record(ScheduleRecord.from_raw_data(dict(i))) for i in items(ScheduleRecord)
        )
        return {schedule.schedule_id: schedule for schedule in found}

    def executions(self) -> list[Execution]:
        return [
            schedule_rows.run_from_record(ExecutionRecord.from_raw_data(dict(i)))
            for i in items(ExecutionRecord)
        ]

    def snapshot(self) -> Snapshot:
        """All there is now."""
        return Snapshot(
            now=self.clock(),
            tasks={task.task_id: task for task in map(_task, items(TaskRecord))},
            agents=self.agents(),
            schedules=self.schedules(),
            executions=self.executions(),
        )

    def history(self) -> History:
        """All that was written; what metrics say is left out, since a killed process does not count."""
        rows = (PayloadRecord.from_raw_data(dict(item)) for item in items(PayloadRecord))
        adjusted = [adjustment_of(row) for row in rows if row.owner_id.startswith("agent#")]
        return History(steps=self.steps, claims=self.claims, buried=frozenset(self.buried), adjusted=adjusted)


def _agents_there() -> set[str]:
    return {item["agent_id"]["S"] for item in items(AgentRecord)}


def _ids(call: Call, model: type[Model], key: str) -> list[str]:
    """Of those rows of a table that a call may change."""
    if call.action not in ("PutItem", "UpdateItem", "TransactWriteItems"):
        return []
    body = json.loads(call.body)
    writes = [w for t in body["TransactItems"] for w in t.values()] if "TransactItems" in body else [body]
    table = model.Meta.table_name
    return [(write.get("Item") or write["Key"])[key]["S"] for write in writes if write["TableName"] == table]
