"""A task as a row under 1 KB: DynamoDB bills whole kilobytes of it at every write, names included.

What indexes and conditions read stands in attributes, the rest in one JSON document, in which the parts that
every task has are lists without names, and nothing is said twice.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from chalicelib.domain import trust
from chalicelib.domain.content import Content
from chalicelib.domain.counting import Countable
from chalicelib.domain.ids import clock_shard
from chalicelib.domain.redrive import day_of
from chalicelib.domain.remains import Remains
from chalicelib.domain.task import RETENTION_S, Attempt, Lease, Outcome, Status, Task

from .adapters import adapter
from .tables import TaskRecord

ATTRIBUTES = {
    "task_id",
    "created_at",
    "status",
    "version",
    "queue_key",
    "queue_order",
    "due_at",
    "ended_at",
}
CLIENT = {"tenant", "client_id"}  # one attribute, as the index wants it
LISTED = {"document", "result", "lease", "last", "explanation"}
LEASE = tuple(f.name for f in fields(Lease))  # rows hold these by position: new ones go to the end
ATTEMPT = tuple(f.name for f in fields(Attempt))
CANDIDATE = ("agent_id", "score", "reason", "why_not")
AS_LAST = True  # the task's error is that of its last attempt
assert {f.name for f in fields(Task)} >= ATTRIBUTES | CLIENT | LISTED


def to_record(task: Task, *, cid: str) -> TaskRecord:
    """The row of a task; what is over is deleted 30 days later."""
    judged = None if task.last is None or trust.verdict(task.last, task) is None else task.last
    return TaskRecord(
        task_id=task.task_id,
        client_key=f"{task.tenant}#{task.client_id}",
        created_at=task.created_at,
        status=task.status.value,
        version=task.version,
        cid=cid,
        queue_key=task.queue_key,
        queue_order=task.queue_order,
        clock_shard=None if task.due_at is None else clock_shard(task.task_id),
        due_at=task.due_at,
        dead_key=_dead_key(task),
        ended_at=task.ended_at,
        judged_agent=None if judged is None else judged.agent_id,
        judged_at=None if judged is None else judged.ended_at,
        doc=_doc(task, is_judged=judged is not None),
        ttl=None if task.ended_at is None else task.ended_at // 1000 + RETENTION_S,
    )


def from_record(record: TaskRecord) -> Task:
    """The task of a row."""
    doc: dict[str, Any] = json.loads(record.doc)
    tenant, client_id = record.client_key.split("#", 1)
    attributes = {name: getattr(record, name) for name in ATTRIBUTES}
    parts: dict[str, Any] = {name: value for name, value in attributes.items() if value is not None}
    parts |= {"tenant": tenant, "client_id": client_id}
    parts |= {name: _content(doc[name]) for name in ("document", "result") if name in doc}
    parts |= {
        name: dict(zip(names, doc[name], strict=False))
        for name, names in (("lease", LEASE), ("last", ATTEMPT))
        if name in doc
    }
    if record.judged_agent is not None:
        parts["last"] |= {"agent_id": record.judged_agent, "ended_at": record.judged_at}
    if doc.get("error") is AS_LAST:
        parts["error"] = parts["last"]["error"]
    if isinstance(doc.get("explanation"), list):
        parts["explanation"] = _explanation(doc["explanation"])
    return adapter(Task).validate_python(doc | parts)


def dead_key(tenant: str, day: int) -> str:
    """Where the dead letters of one day (counted from 1970) stand: no list reads more than it has to."""
    return f"{tenant}#{time.strftime('%Y-%m-%d', time.gmtime(day * 24 * 3600))}"


def countable(image: Mapping[str, Any]) -> Countable:
    """What the counters look at, from a row in DynamoDB's own JSON; no more, since every write comes by."""
    doc: dict[str, Any] = json.loads(image["doc"]["S"])
    last = dict(zip(ATTEMPT, doc.get("last", ()), strict=False))
    return Countable(
        status=Status(image["status"]["S"]),
        token=doc.get("token", 0),
        attempt=doc.get("attempt", 0),
        ended=last.get("token"),
        outcome=Outcome(last["outcome"]) if last else None,
        is_retry="retry_of" in doc,
    )


def remains(image: Mapping[str, Any]) -> Remains:
    """What a row that went had named, from DynamoDB's own JSON."""
    doc: dict[str, Any] = json.loads(image["doc"]["S"])
    return Remains(
        task_id=image["task_id"]["S"],
        document=_content(doc["document"]).key,
        schedule_id=doc.get("schedule_id"),
        retried_as=doc.get("retried_as"),
        assigned=doc.get("token", 0),
    )


def _dead_key(task: Task) -> str | None:
    ended_at = task.ended_at
    return dead_key(task.tenant, day_of(ended_at)) if task.is_dead and ended_at is not None else None


def _doc(task: Task, *, is_judged: bool) -> str:
    doc = adapter(Task).dump_python(
        task, mode="json", exclude=ATTRIBUTES | CLIENT | LISTED, exclude_defaults=True
    )
    listed = {
        "document": _of_content(task.document),
        "result": task.result and _of_content(task.result),
        "lease": task.lease and _values(adapter(Lease).dump_python(task.lease, mode="json")),
        "last": task.last and _values(_of_attempt(task.last, is_judged=is_judged)),
        "explanation": task.explanation and _of_explanation(task.explanation),
    }
    if task.error is not None and task.last is not None and task.last.error == task.error:
        doc["error"] = AS_LAST
    whole = doc | {name: part for name, part in listed.items() if part is not None}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)


def _of_attempt(attempt: Attempt, *, is_judged: bool) -> dict[str, Any]:
    """Whose it was, and when it ended, stands in the attributes of an index where it moved trust."""
    told: dict[str, Any] = adapter(Attempt).dump_python(attempt, mode="json")
    return told | ({"agent_id": None, "ended_at": None} if is_judged else {})


def _values(fields_: dict[str, Any]) -> list[Any]:
    """By position, without the empty end."""
    values = list(fields_.values())
    while values and values[-1] is None:
        values.pop()
    return values


def _of_content(content: Content) -> list[str | None]:
    """A document in line says its own hash."""
    if content.inline is not None:
        return [content.inline]
    return [content.sha256, content.owner, content.kind]


def _content(parts: Sequence[str]) -> Content:
    if len(parts) == 1:
        return Content(hashlib.sha256(parts[0].encode()).hexdigest(), inline=parts[0])
    sha256, owner, kind = parts
    return Content(sha256, owner=owner, kind=kind)


def _of_explanation(text: str) -> list[Any] | str:
    """[strategy, by what, [agent, score, reason, why not], ...]; any other text as it is."""
    try:
        told = json.loads(text)
        listed = [_values({name: c[name] for name in CANDIDATE}) for c in told["candidates"]]
        short = [told["strategy"], told["by"], *listed]
    except (ValueError, TypeError, LookupError):
        return text
    return short if _explanation(short) == text else text


def _explanation(short: list[Any]) -> str:
    strategy, by, *candidates = short
    told = {
        "strategy": strategy,
        "by": by,
        "candidates": [
            dict(zip(CANDIDATE, [*candidate, None, None, None], strict=False)) for candidate in candidates
        ],
    }
    return json.dumps(told, separators=(",", ":"))
