"""The one way a task changes: read, decide, write, and once more when somebody was faster."""

import json
from collections.abc import Callable
from dataclasses import asdict

from chalicelib.domain import counting, trust
from chalicelib.domain.content import attempt_kind
from chalicelib.domain.counting import Countable
from chalicelib.domain.errors import Conflict, LostRace, NotFound
from chalicelib.domain.task import Attempt, Status, Task
from chalicelib.values import dataclass

from .hints import of_due, of_waiting
from .ports import Aggregate, Clock, Hint, HintKind, Metrics, PayloadStore, TaskStore, WorkQueue

TRIES = 4
Decide = Callable[[Task], Task]


@dataclass(frozen=True, eq=False, repr=False)
class Changing:
    """Writes a decided transition: with its agent's row when a slot becomes free, and tells who waits."""

    tasks: TaskStore
    payloads: PayloadStore
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def change(self, task_id: str, decide: Decide, *, tenant: str) -> Task:
        """The task after `decide`; the same object back from `decide` means nothing to write.

        A row that this process remembers is tried first: the version is the lock, so a wrong guess costs one
        refused write. Every refusal is decided again on the row as it is. Raises NotFound (also for another
        tenant's), Conflict.
        """
        remembered = self.tasks.remembered(task_id)
        if remembered is not None and remembered.tenant == tenant:
            try:
                after = decide(remembered)
                if after is not remembered:
                    return self.written(remembered, after)
            except Conflict:
                pass  # perhaps only the memory was stale
        for _ in range(TRIES):
            task = self.tasks.get(task_id)
            if task is None or task.tenant != tenant:
                raise NotFound(f"no task {task_id}")
            try:
                return self.written(task, decide(task))
            except LostRace:
                continue
        raise LostRace(f"task {task_id} is changing too fast; try again")

    def written(self, task: Task, after: Task) -> Task:
        """Write one decided step; raises LostRace when the row moved on."""
        if after is task:
            return task
        lease = task.lease
        if lease is not None and after.lease is None:
            assert after.last is not None
            if task.last is not None:
                self._archive(task, task.last)
            charged = trust.verdict(after.last, task)
            self.tasks.leave(after, was=task.version, agent_id=lease.agent_id, evidence=charged)
        else:
            self.tasks.save(after, was=task.version)
        self._tell(task, after)
        return after

    def _archive(self, task: Task, attempt: Attempt) -> None:
        """The row keeps the last attempt; older ones move out before they are overwritten."""
        spoke = trust.verdict(attempt, task) is not None
        judged = (attempt.agent_id, attempt.ended_at) if spoke else None
        kind = attempt_kind(attempt.token)
        self.payloads.put(task.task_id, kind, json.dumps(asdict(attempt)), judged=judged)

    def _tell(self, task: Task, after: Task) -> None:
        now = self.clock()
        hints: list[Hint] = []
        if after.unsettled and not task.unsettled:
            hints.append(Hint(kind=HintKind.SETTLE, row_id=after.task_id))
        if task.lease is not None and after.lease is None and task.lease.by_queue:
            hints.append(Hint(kind=HintKind.FILL, row_id=task.lease.agent_id))
        if after.status is Status.PENDING and after.queue_key != task.queue_key:
            hints += of_waiting(after, now=now)
        if after.status is Status.ACTIVE and _deadline(after) != _deadline(task):
            hints += of_due(Aggregate.TASK, after.task_id, _deadline(after), now=now)
        if hints:
            self.queue.announce(*hints, now=now)
        self._measure(task, after, now)

    def _measure(self, task: Task, after: Task, now: int) -> None:
        for name, number in counting.counted(Countable.of(task), Countable.of(after)).items():
            self.metrics.count(name, number)
        if after.is_over and not task.is_over:
            self.metrics.count("task_duration_ms", now - after.created_at)


def _deadline(task: Task) -> int | None:
    return None if task.lease is None else task.lease.deadline
