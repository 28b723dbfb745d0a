"""What the agent holds: jobs waiting and running, reports not yet accepted, tasks to give back."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from typing import Any

from agent_client._agent_models import Assignment
from agent_client._clock import Clock
from agent_client._jobs import Job, Key, Report, TaskContext

log = logging.getLogger("agent_client")

_REMEMBERED = 10_000


class Workbench:
    """Shared by the transport's threads and the handlers'; `changed` guards it and tells of changes."""

    def __init__(self, *, slots: int, clock: Clock, begin: Callable[[Job], None]) -> None:
        self.changed = threading.Condition()
        self.has_news = False  # a job ended since the transport last looked
        self._slots = slots
        self._clock = clock
        self._begin = begin
        self._waiting: deque[Job] = deque()
        self._running: dict[Key, Job] = {}
        self._reports: dict[Key, Report] = {}
        self._released: dict[Key, None] = {}
        self._last_token: OrderedDict[str, int] = OrderedDict()
        self._is_open = True

    def take(self, task: Assignment) -> bool:
        """Starts it, or lets it wait for a slot. False for a duplicate, a stale token, or when draining."""
        with self.changed:
            if not self._is_newest(task):
                return False
            self._drop(task.task_id)
            if not self._is_open:
                self._released[(task.task_id, task.lease_token)] = None
                return False
            log.info("Task %s assigned", task.task_id)
            self._waiting.append(Job(task, TaskContext(task, clock=self._clock)))
            self._start_waiting()
            return True

    def knows(self, task_id: str, token: int) -> bool:
        """Whether this assignment, or a later one of the task, was already taken here."""
        with self.changed:
            return self._last_token.get(task_id, -1) >= token

    def let_go(self, task_id: str, reason: str, *, token: int | None = None) -> None:
        """Cancelled, or no longer this agent's: its handler is told, its outcome dropped."""
        with self.changed:
            if self._drop(task_id, upto=token):
                log.info("Task %s %s; its result is dropped", task_id, reason)
                self.changed.notify_all()

    def finish(self, job: Job, report: Report) -> None:
        """Called by the runner when the handler has ended."""
        with self.changed:
            self._running.pop(job.key, None)
            if not job.is_dropped:
                self._reports[job.key] = report
                if report.status == "COMPLETED":
                    log.info("Task completed, reporting result...")
                else:
                    log.warning("Task %s failed: %s", report.task_id, report.error_message)
            self._start_waiting()
            self.has_news = True
            self.changed.notify_all()

    def settle(self, report: Report, *, refusal: str | None = None) -> None:
        """The service took the report, or refused it for good."""
        with self.changed:
            if self._reports.pop((report.task_id, report.lease_token), None) is None:
                return
            self.changed.notify_all()
        if refusal is not None:
            log.warning("Report on task %s refused: %s", report.task_id, refusal)
        elif report.status == "COMPLETED":
            log.info("Task result reported successfully")
        else:
            log.info("Task failure reported")

    def replace(self, report: Report) -> None:
        """Another report in the place of one that cannot be delivered."""
        with self.changed:
            self._reports[(report.task_id, report.lease_token)] = report

    def reports(self) -> list[Report]:
        with self.changed:
            return list(self._reports.values())

    def released(self) -> list[Key]:
        with self.changed:
            return list(self._released)

    def forget_released(self, keys: Collection[Key]) -> None:
        """The service heard."""
        with self.changed:
            for key in keys:
                self._released.pop(key, None)

    def free_slots(self) -> int:
        """A handler that was told to stop but did not yet still fills its slot."""
        with self.changed:
            return max(0, self._slots - len(self._running) - len(self._waiting)) if self._is_open else 0

    def running(self) -> list[Job]:
        """Those whose outcome is still wanted."""
        with self.changed:
            return [job for job in self._running.values() if not job.is_dropped]

    def held(self, *, reported: Collection[Report] = ()) -> list[dict[str, Any]]:
        """What a sync must name, apart from what it reports: unnamed tasks are taken back."""
        with self.changed:
            named = {(r.task_id, r.lease_token) for r in reported}
            held = [_held(job.key, "ASSIGNED") for job in self._waiting]
            held += [_held(job.key, "ACTIVE", job.context.latest_progress) for job in self.running()]
            held += [_held(key, "ACTIVE") for key in self._reports if key not in named]
            return held

    def is_idle(self) -> bool:
        """Nothing runs whose outcome is wanted, and nothing is left to tell."""
        with self.changed:
            return not (self.running() or self._waiting or self._reports or self._released)

    def close_intake(self) -> None:
        """Takes no more; what has not started is to be given back."""
        with self.changed:
            self._is_open = False
            self._released.update((job.key, None) for job in self._waiting)
            self._waiting.clear()

    def abandon(self) -> int:
        """Gives up everything that runs, to be given back. How many there were."""
        with self.changed:
            self.close_intake()
            running = self.running()
            for job in running:
                job.drop()
                self._released[job.key] = None
            return len(running)

    def _is_newest(self, task: Assignment) -> bool:
        if self.knows(task.task_id, task.lease_token):
            return False
        self._last_token[task.task_id] = task.lease_token
        self._last_token.move_to_end(task.task_id)
        if len(self._last_token) > _REMEMBERED:
            self._last_token.popitem(last=False)
        return True

    def _drop(self, task_id: str, *, upto: int | None = None) -> bool:
        def concerned(key: Key) -> bool:
            return key[0] == task_id and (upto is None or key[1] <= upto)

        waiting = [job for job in self._waiting if concerned(job.key)]
        for job in waiting:
            self._waiting.remove(job)
        running = [job for job in self.running() if concerned(job.key)]
        for job in running:
            job.drop()
        reports = [key for key in self._reports if concerned(key)]
        for key in reports:
            del self._reports[key]
        return bool(waiting or running or reports)

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._slots:
            job = self._waiting.popleft()
            self._running[job.key] = job
            job.context.begin()
            log.info("Executing %s...", job.task.task_id)
            self._begin(job)


def _held(key: Key, status: str, progress: float | None = None) -> dict[str, Any]:
    held: dict[str, Any] = {"task_id": key[0], "lease_token": key[1], "status": status}
    return held if progress is None else held | {"progress": progress}
