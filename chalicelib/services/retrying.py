"""Retrying what is over: one new task in the place of an old one, whoever asks how often.

    put the new task       its id is made of the old one's: a second caller meets it
    mark the old one       it leaves the dead letters and names the new one
    announce the new one

Whoever is cut off in between is finished by a repetition, or by the clock.
"""

from dataclasses import replace
from typing import Any

from chalicelib.domain import lifecycle, redrive
from chalicelib.domain.content import Content, fingerprint, packed
from chalicelib.domain.errors import Conflict, KeyReused, LostRace, NotFound
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from . import documents
from .changing import Changing
from .hints import of_waiting
from .lining import Lining
from .ports import Clock, Metrics, PayloadStore, TaskStore, WorkQueue

HALF = 16  # characters of a fingerprint


@dataclass(frozen=True)
class Edited:
    """Input that takes the place of the old task's; the metadata stay."""

    input_data: Any


@dataclass(frozen=True)
class Asking:
    """Who asks for a retry, and for what: kept on the new task, it tells a repetition from other requests."""

    key: str | None
    wish: Any

    @property
    def mark(self) -> str:
        """Half of it the idempotency key's, half the wish's."""
        return fingerprint(self.key)[:HALF] + fingerprint(self.wish)[:HALF]

    def repeated(self, made: Task) -> tuple[Task, bool]:
        """The task that an earlier call made, and whether it came with the same key.

        Raises KeyReused, or Conflict when somebody else made it.
        """
        if made.request == self.mark:
            return made, self.key is not None
        if self.key is not None and (made.request or "").startswith(self.mark[:HALF]):
            raise KeyReused(f"this Idempotency-Key made task {made.task_id} from another body; use a new key")
        raise already(made.retry_of, made.task_id)


def already(task_id: str | None, retried_as: str) -> Conflict:
    """Once is enough."""
    return Conflict(f"task {task_id} was retried as {retried_as}; look at that one, or retry it in its turn")


@dataclass(frozen=True, eq=False, repr=False)
class Retrying:
    """After the answer the new task is never lost, and the old one is retried no more."""

    tasks: TaskStore
    payloads: PayloadStore
    lining: Lining
    changing: Changing
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def retry(
        self, task_id: str, *, tenant: str, edited: Edited | None = None, key: str | None = None
    ) -> tuple[Task, bool]:
        """The new task as it was when new, and whether this idempotency key had made it before.

        Raises NotFound (also for another tenant's), IllegalMove unless FAILED or CANCELLED, Conflict when it
        was retried already, KeyReused, TooLarge.
        """
        old = self.tasks.get(task_id)
        if old is None or old.tenant != tenant:
            raise NotFound(f"no task {task_id}")
        asking = Asking(key and f"retry {key}", None if edited is None else [edited.input_data])
        made, was_known = self.again(old, asking, edited=edited)
        now = self.clock()
        self.queue.announce(*of_waiting(made, now=now), now=now)
        return lifecycle.as_submitted(made) if was_known else made, was_known

    def again(
        self, old: Task, asking: Asking, *, edited: Edited | None = None, not_before: int | None = None
    ) -> tuple[Task, bool]:
        """The same as its row stands now, in the place of a row that was read; announced to nobody."""
        if old.retried_as is not None:
            return self._known(old, old.retried_as, asking)
        made = redrive.again(old, now=self.clock(), not_before=not_before, request=asking.mark)
        if edited is not None:
            made = replace(made, document=self._document(old, edited, made.task_id))
        made = self.lining.placed(made)
        existing = self.tasks.add(made)
        if existing is None:
            self.metrics.count("tasks_created_total")
            self.metrics.count("tasks_redriven_total")
        self._mark(old, made.task_id)
        return (made, False) if existing is None else asking.repeated(existing)

    def _known(self, old: Task, made_id: str, asking: Asking) -> tuple[Task, bool]:
        made = None if asking.key is None else self.tasks.get(made_id)
        if made is None:
            raise already(old.task_id, made_id)
        return asking.repeated(made)

    def _document(self, old: Task, edited: Edited, made_id: str) -> Content:
        """Not edited, it would be referred to where the old task has it."""
        (known,) = documents.read(self.payloads, [old.document])
        document = (known or {}) | {"input": edited.input_data}
        content, text = packed(document, owner=made_id, kind="input")
        documents.keep(self.payloads, content, text)
        return content

    def _mark(self, old: Task, made_id: str) -> None:
        def decide(task: Task) -> Task:
            return redrive.retried(task, retried_as=made_id)

        try:
            self.changing.written(old, decide(old))
        except LostRace:  # its outcome was settled, or its last holder let go
            self.changing.change(old.task_id, decide, tenant=old.tenant)
