"""What the agent holds: jobs waiting and running, reports not yet accepted, tasks to give back."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from agent_client._agent_models import Assignment
from agent_client._clock import Clock
from agent_client._jobs import Job, Key, Report, TaskContext, held_as
from agent_client._outbox import Outbox
from agent_client._tokens import LastTokens

log = logging.getLogger("agent_client")


class Workbench(Outbox):
    """Shared by the transport's threads and the handlers'; `changed` guards it and tells of changes."""

    def __init__(self, *, slots: int, clock: Clock, begin: Callable[[Job], None]) -> None:
        super().__init__()
        self.is_open = True  # it takes work
        self.is_drained = False  # the service gives this agent no new work for now
        self._slots = slots
        self._clock = clock
        self._begin = begin
        self._waiting: deque[Job] = deque()
        self._running: dict[Key, Job] = {}
        self._last_tokens = LastTokens()
        self._beginnings = 0
        self._is_abandoned = False

    def take(self, task: Assignment, *, is_begun: bool = False) -> bool:
        """Starts it, or lets it wait for a slot. False for a duplicate, a stale token, or when draining.

        `is_begun`, the service was told so: given back it would count as lost, so a drain takes it too.
        """
        with self.changed:
            if not self._last_tokens.note(task.task_id, task.lease_token):
                return False
            self._drop(task.task_id)
            if not self.is_open and (self._is_abandoned or not is_begun):
                self._give_back((task.task_id, task.lease_token))
                return False
            log.info("Task %s assigned", task.task_id)
            self._waiting.append(Job(task, TaskContext(task, clock=self._clock)))
            self._start_waiting()
            return True

    @contextmanager
    def beginning(self) -> Iterator[None]:
        """Meanwhile the service is told of a start: a drain waits for what becomes of it."""
        with self.changed:
            self._beginnings += 1
        try:
            yield
        finally:
            with self.changed:
                self._beginnings -= 1
                self.changed.notify_all()

    def refuse(self, task: Assignment) -> None:
        """To be given back without having begun."""
        with self.changed:
            if self._last_tokens.note(task.task_id, task.lease_token):
                self._give_back((task.task_id, task.lease_token))

    def heed(self, agent_status: str) -> None:
        """What the service says of an agent that calls itself ACTIVE: DRAINING means that it was drained."""
        with self.changed:
            was, self.is_drained = self.is_drained, agent_status == "DRAINING"
        if self.is_drained != was:
            log.info("Drained: no new work for now" if self.is_drained else "No longer drained")

    def knows(self, task_id: str, token: int) -> bool:
        """Whether this assignment, or a later one of the task, was already taken here."""
        with self.changed:
            return self._last_tokens.covers(task_id, token)

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

    def free_slots(self) -> int:
        """A handler that was told to stop but did not yet still fills its slot."""
        with self.changed:
            return max(0, self._slots - len(self._running) - len(self._waiting)) if self.is_open else 0

    def wanted(self) -> int:
        """How many tasks to ask for: none while draining, or drained."""
        with self.changed:
            return 0 if self.is_drained else self.free_slots()

    def running(self) -> list[Job]:
        """Those whose outcome is still wanted."""
        with self.changed:
            return [job for job in self._running.values() if not job.is_dropped]

    def held(self, *, reported: Collection[Report] = ()) -> list[dict[str, Any]]:
        """What a sync must name, apart from what it reports: unnamed tasks are taken back."""
        with self.changed:
            named = {(r.task_id, r.lease_token) for r in reported}
            held = [held_as(job.key, "ASSIGNED") for job in self._waiting]
            held += [held_as(job.key, "ACTIVE", job.context.latest_progress) for job in self.running()]
            held += [held_as(key, "ACTIVE") for key in self._reports if key not in named]
            return held

    def is_idle(self) -> bool:
        """Nothing runs whose outcome is wanted, and nothing is left to tell."""
        with self.changed:
            holds = self.running() or self._waiting or self._beginnings
            return not (holds or self._reports or self._released)

    def close_intake(self) -> None:
        """Takes no more; what has not started is to be given back."""
        with self.changed:
            self.is_open = False
            self._released.update((job.key, None) for job in self._waiting)
            self._waiting.clear()

    def abandon(self) -> int:
        """Gives up everything that runs, to be given back. How many there were."""
        with self.changed:
            self.close_intake()
            self._is_abandoned = True
            running = self.running()
            for job in running:
                job.drop()
                self._released[job.key] = None
            return len(running)

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
