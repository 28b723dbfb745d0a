"""Taking a task in: after the answer it is never lost."""

from collections.abc import Mapping
from dataclasses import asdict, field, replace
from typing import Any

from chalicelib.domain import ids, lifecycle
from chalicelib.domain.content import fingerprint, packed
from chalicelib.domain.errors import Invalid, KeyReused
from chalicelib.domain.retry import Backoff, RetryPolicy
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from . import documents
from .hints import of_waiting
from .lining import Lining
from .ports import Clock, Metrics, NewId, PayloadStore, TaskStore, WorkQueue


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a task is run, whoever makes it: a client or a schedule. Milliseconds."""

    timeout_ms: int = 300_000
    max_retries: int = 3
    retry: RetryPolicy = RetryPolicy()
    queue_timeout_ms: int | None = None
    min_trust: float | None = None
    strategy: str = "trust_weighted"
    capability_version: str | None = None
    required_tags: tuple[str, ...] = ()
    preferred_tags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What differs from the defaults, as stored on a schedule."""
        plain = Options()
        changed = {k: v for k, v in asdict(self).items() if v != asdict(plain)[k]}
        return changed | ({"retry": self.retry.as_json()} if "retry" in changed else {})

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Options":
        """The inverse of `as_json`."""
        options = dict(stored)
        if "retry" in options:
            retry = dict(options["retry"])
            options["retry"] = RetryPolicy(**retry | {"strategy": Backoff(retry["strategy"])})
        for name in {"required_tags", "preferred_tags"} & options.keys():
            options[name] = tuple(options[name])
        return cls(**options)

    def as_fields(self, *, now: int) -> dict[str, Any]:
        """The fields of a task that waits from `now` on."""
        expires_at = None if self.queue_timeout_ms is None else now + self.queue_timeout_ms
        return {
            "timeout_ms": self.timeout_ms,
            "max_retries": self.max_retries,
            "retry": self.retry,
            "min_trust": self.min_trust,
            "strategy": self.strategy,
            "capability_version": self.capability_version,
            "required_tags": self.required_tags,
            "preferred_tags": self.preferred_tags,
            "expires_at": expires_at,
        }


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a client asks for."""

    client_id: str
    task_type: str
    capability: str
    input_data: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 5
    expires_at: int | None = None
    not_before: int | None = None
    options: Options = Options()
    traceparent: str | None = None

    def fingerprint(self) -> str:
        """The same for the same request: one that is sent again is another span of its trace."""
        return fingerprint(asdict(replace(self, traceparent=None)))


@dataclass(frozen=True, eq=False, repr=False)
class Submission:
    """Put the task, announce it, answer: a lost announcement is made up by the clock."""

    tasks: TaskStore
    payloads: PayloadStore
    lining: Lining
    queue: WorkQueue
    clock: Clock
    new_id: NewId
    metrics: Metrics

    def submit(self, order: Order, *, tenant: str, key: str | None = None) -> tuple[Task, bool]:
        """The task as it was when new, and whether this idempotency key had made it before.

        Raises Invalid, TooLarge, KeyReused.
        """
        now = self.clock()
        task_id = self.new_id("task") if key is None else ids.from_key("task", tenant=tenant, key=key)
        request = None if key is None else order.fingerprint()
        try:
            task, text = _made(order, task_id, tenant, request, now=now)
            documents.keep(self.payloads, task.document, text)
            task = self.lining.placed(task)
            existing = self.tasks.add(task)
        except Invalid:  # what was fine then may lie in the past now
            existing = None if key is None else self.tasks.get(task_id)
            if existing is None:
                raise
        if existing is not None:
            if existing.request != request:
                raise KeyReused(f"this Idempotency-Key made task {task_id} from another body; use a new key")
            first = replace(order, traceparent=existing.traceparent)
            return _made(first, task_id, tenant, request, now=existing.created_at)[0], True
        self.queue.announce(*of_waiting(task, now=now), now=now)
        self.metrics.count("tasks_created_total")
        return task, False


def _made(order: Order, task_id: str, tenant: str, request: str | None, *, now: int) -> tuple[Task, str]:
    """The task that this order makes at that time, always the same one, and the text of its document."""
    fields = order.options.as_fields(now=max(now, order.not_before or 0))
    if order.expires_at is not None:
        fields["expires_at"] = min(order.expires_at, fields["expires_at"] or order.expires_at)
    if fields["expires_at"] is not None and fields["expires_at"] <= max(now, order.not_before or 0):
        raise Invalid.at("/expires_at", "lies before the task could run; give a later time")
    document = {"input": order.input_data, "metadata": dict(order.metadata)}
    content, text = packed(document, owner=task_id, kind="input")
    task = Task(
        task_id=task_id,
        tenant=tenant,
        client_id=order.client_id,
        created_at=now,
        task_type=order.task_type,
        capability=order.capability,
        document=content,
        priority=order.priority,
        not_before=order.not_before,
        request=request,
        traceparent=order.traceparent,
        **fields,
    )
    return lifecycle.submitted(task, now=now), text
