"""Who holds a task, and what becomes of it when its holder reports, lets go or is gone."""

from chalicelib.domain import lifecycle
from chalicelib.domain.content import Content, packed
from chalicelib.domain.errors import IllegalMove, LostRace, StaleLease
from chalicelib.domain.task import RETENTION_S, FailureKind, Outcome, Status, Task
from chalicelib.values import dataclass

from . import documents
from .changing import Changing
from .ports import Chance, Clock, PayloadStore


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an agent says of a task. `token` is None for old clients, which are held to the current holder."""

    task_id: str
    agent_id: str
    token: int | None
    status: Status
    result: object = None
    error: str | None = None
    retryable: bool = True
    retry_after_ms: int | None = None
    progress: float | None = None

    @property
    def reason(self) -> str:
        """Why it failed, as recorded."""
        return self.error or "the agent gave no reason"


@dataclass(frozen=True, eq=False, repr=False)
class Holding:
    """Start, progress, finish, release: every write by an agent is fenced by its lease."""

    changing: Changing
    payloads: PayloadStore
    clock: Clock
    chance: Chance

    def report(self, report: Report, *, tenant: str, from_assigned: bool = False) -> Task:
        """The task after an accepted report; the accepted report again answers the same.

        `from_assigned`: a finish of a task not yet started counts as started and finished.
        Raises StaleLease, IllegalMove, NotFound (also for another tenant's), TooLarge.
        """
        finished = report.status is Status.COMPLETED
        result = packed(report.result, owner=report.task_id, kind="result") if finished else None

        def decide(task: Task) -> Task:
            if _is_replay(task, report, result[0] if result else None):
                return task
            return self._reported(task, report, result, from_assigned)

        return self.changing.change(report.task_id, decide, tenant=tenant)

    def _reported(
        self, task: Task, report: Report, result: tuple[Content, str] | None, from_assigned: bool
    ) -> Task:
        now = self.clock()
        check_holder(task, agent_id=report.agent_id, token=report.token, wish=f"become {report.status}")
        if task.status is Status.CANCELLED:
            self.free(task, Outcome.CANCELLED)
            raise IllegalMove(
                f"task {task.task_id} cannot go from CANCELLED to {report.status}: {task.error}"
            )
        if report.status is Status.ACTIVE:
            return self._begun(task, report, now)
        if from_assigned and task.status is Status.ASSIGNED:
            task = lifecycle.started(task, now=now)
        if task.status is not Status.ACTIVE:
            raise IllegalMove(f"task {task.task_id} cannot go from {task.status} to {report.status}")
        if result is not None:
            documents.keep(self.payloads, *result, ttl=now // 1000 + RETENTION_S)
            return lifecycle.completed(task, result=result[0], now=now)
        return lifecycle.failed(
            task,
            FailureKind.ERROR,
            error=report.reason,
            now=now,
            chance=self.chance.random(),
            retryable=report.retryable,
            retry_after_ms=report.retry_after_ms,
        )

    def _begun(self, task: Task, report: Report, now: int) -> Task:
        if task.status is Status.ASSIGNED:
            task = lifecycle.started(task, now=now)
        elif report.progress is None or report.progress == task.progress:
            return task  # said again
        return task if report.progress is None else lifecycle.progressed(task, report.progress)

    def release(self, task_id: str, *, agent_id: str, token: int | None, tenant: str) -> Task:
        """Its agent hands it back: before the start nothing is consumed. Raises StaleLease, NotFound."""

        def decide(task: Task) -> Task:
            check_holder(task, agent_id=agent_id, token=token, wish="be given back")
            return self._given_up(task, Outcome.RELEASED)

        return self.changing.change(task_id, decide, tenant=tenant)

    def free(self, task: Task, outcome: Outcome, *, error: str | None = None) -> Task | None:
        """Its holder is gone, never began, or heard of the end. None when the task moved on meanwhile."""
        try:
            return self.changing.written(task, self._given_up(task, outcome, error=error))
        except LostRace:
            return None

    def _given_up(self, task: Task, outcome: Outcome, *, error: str | None = None) -> Task:
        """Back in line, or only the slot is free, when it was cancelled."""
        if task.status is Status.CANCELLED:
            return lifecycle.let_go(task, now=self.clock())
        return lifecycle.freed(task, outcome, now=self.clock(), error=error)


def check_holder(task: Task, *, agent_id: str, token: int | None, wish: str) -> None:
    """Raises StaleLease unless this agent, under this token, holds the task now. `wish` is what for."""
    lease = task.lease
    if lease is None or lease.agent_id != agent_id:
        holder = "nobody" if lease is None else "another agent"
        raise StaleLease(
            f"task {task.task_id} is {task.status} and held by {holder}, not by {agent_id}, "
            f"so it cannot {wish}"
        )
    if token is not None and token != lease.token:
        raise StaleLease(
            f"lease token {token} of task {task.task_id} is not the current one; it was given again since"
        )


def _is_replay(task: Task, report: Report, content: Content | None) -> bool:
    """The report that ended its last assignment, once more."""
    last = task.last
    if last is None or last.agent_id != report.agent_id:
        return False
    # Without a token it can only be told from a report of the current assignment while there is none.
    if report.token != last.token and (report.token is not None or task.lease is not None):
        return False
    if report.status is Status.COMPLETED:
        same = content is not None and task.result is not None and content.sha256 == task.result.sha256
        return last.outcome is Outcome.COMPLETED and same
    failed_so = last.outcome is Outcome.ERROR and last.error == report.reason
    return report.status is Status.FAILED and failed_so
