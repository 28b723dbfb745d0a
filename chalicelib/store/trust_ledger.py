"""What moved trust, in DynamoDB: tasks' last attempts, older ones that moved out of them, and adjustments.

Nothing is written for it but places in two sparse indexes, by writes that are made anyway.
"""

import json
from collections.abc import Iterable

from pynamodb.transactions import TransactWrite

from chalicelib.domain import trust_events
from chalicelib.domain.errors import NotFound
from chalicelib.domain.task import RETENTION_S, Attempt, Task
from chalicelib.domain.trust_events import Adjustment, TrustEvent

from . import paging, task_rows
from .adapters import adapter
from .agent_changes import Actions, added, forgiven
from .reads import rows_of
from .tables import AgentRecord, PayloadRecord, TaskRecord
from .writes import Refused, Writes


class DynamoTrust:
    """services.ports.TrustLedger over the tasks, payloads and agents tables."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def adjust(self, made: Adjustment) -> Adjustment | None:
        cid = self._writes.new_call_id()
        actions: Actions = [
            AgentRecord.cid.set(cid),
            *([] if made.evidence is None else added(made.evidence)),
        ]
        actions += forgiven() if made.lifts_quarantine else []
        record = PayloadRecord(
            _owner(made.agent_id),
            made.adjustment_id,
            body=json.dumps(adapter(Adjustment).dump_python(made, mode="json", exclude_defaults=True)),
            judged_agent=made.agent_id,
            judged_at=made.at,
            cid=cid,
            ttl=made.at // 1000 + RETENTION_S,
        )

        def fill(transaction: TransactWrite) -> None:
            absent = PayloadRecord.owner_id.does_not_exist()
            transaction.save(record, condition=absent, return_values="ALL_OLD")
            there = AgentRecord.agent_id.exists()
            transaction.update(AgentRecord(made.agent_id), actions=actions, condition=there)

        try:
            self._writes.together(fill, cid=cid)
        except Refused as refused:
            if refused.position == 1:
                raise NotFound(f"no agent {made.agent_id}") from refused
            return adjustment_of(PayloadRecord.from_raw_data(dict(refused.item or {})))
        return None

    def adjustment(self, agent_id: str, adjustment_id: str) -> Adjustment | None:
        rows = rows_of(self._writes.connection, PayloadRecord, [(_owner(agent_id), adjustment_id)])
        return adjustment_of(rows[0]) if rows else None

    def latest(
        self, agent_id: str, *, since: int, until: int, limit: int
    ) -> tuple[list[TrustEvent], int | None]:
        span = (since, until)
        on_tasks, more_tasks = paging.queried(
            TaskRecord.judged,
            agent_id,
            TaskRecord.judged_at.between(*span),
            limit=limit,
            cursor=None,
            newest_first=True,
        )
        apart, more_apart = paging.queried(
            PayloadRecord.judged,
            agent_id,
            PayloadRecord.judged_at.between(*span),
            limit=limit,
            cursor=None,
            newest_first=True,
        )
        full = [rows[-1].judged_at for rows, more in ((on_tasks, more_tasks), (apart, more_apart)) if more]
        horizon = max((int(at or 0) for at in full), default=None)
        events = self._read(agent_id, on_tasks, apart)
        return [event for event in events if event.at >= (horizon or 0)], horizon

    def _read(
        self, agent_id: str, on_tasks: Iterable[TaskRecord], apart: Iterable[PayloadRecord]
    ) -> list[TrustEvent]:
        connection = self._writes.connection
        documents = rows_of(connection, PayloadRecord, [(row.owner_id, row.kind) for row in apart])
        made = [adjustment_of(row) for row in documents if row.owner_id == _owner(agent_id)]
        older = [row for row in documents if row.owner_id != _owner(agent_id)]
        ids = [row.task_id for row in on_tasks] + [row.owner_id for row in older]
        rows = rows_of(connection, TaskRecord, ids)
        tasks = {row.task_id: task_rows.from_record(row) for row in rows}
        told = [(task.last, task) for task in tasks.values() if task.last is not None]
        told += [(_attempt(row), tasks[row.owner_id]) for row in older if row.owner_id in tasks]
        found = {event.event_id: event for event in _events(agent_id, told)}
        found |= {event.event_id: event for event in map(trust_events.of_adjustment, made)}
        return sorted(found.values(), key=lambda event: event.place, reverse=True)


def _events(agent_id: str, told: Iterable[tuple[Attempt, Task]]) -> Iterable[TrustEvent]:
    for attempt, task in told:
        event = trust_events.of_attempt(attempt, task)
        if event is not None and attempt.agent_id == agent_id:
            yield event


def _owner(agent_id: str) -> str:
    return f"agent#{agent_id}"  # no task's id holds a "#"


def adjustment_of(row: PayloadRecord) -> Adjustment:
    """The record that stands in a payload of `agent#<agent_id>`."""
    return adapter(Adjustment).validate_python(json.loads(row.body))


def _attempt(row: PayloadRecord) -> Attempt:
    return adapter(Attempt).validate_python(json.loads(row.body))
