"""Tasks that end without a result, the list of them, and trying again: in a word each."""

from chalicelib.domain.task import Status, Task
from chalicelib.services.dead_letters import DeadFilter
from chalicelib.services.ports import Page
from chalicelib.services.redriving import Redrive, Redriven
from chalicelib.services.retrying import Edited
from tests.fakes import World

from .doing import TENANT, fail, registered, row, start, submitted
from .worlds import Watched

EXPIRED = {"queue_timeout_ms": 1_000}


def dead(w: Watched, count: int = 1, **asked: object) -> list[str]:
    """Ids of tasks that failed for good, a second apart, oldest end first."""
    ids = []
    for _ in range(count):
        ids.append(submitted(w, **EXPIRED | {"capability": "nobody"} | asked))  # type: ignore[arg-type]
        w.clock.advance(seconds=1)
        w.drain()
        assert row(w, ids[-1]).status is Status.FAILED
    w.queue.sent.clear()
    return ids


def page(
    w: World, *, tenant: str = TENANT, limit: int = 50, cursor: str | None = None, **wanted: object
) -> Page[Task]:
    dead_filter = DeadFilter(**wanted)  # type: ignore[arg-type]
    return w.use_cases.dead_letters.page(dead_filter, tenant=tenant, limit=limit, cursor=cursor)


def listed(w: World, **asked: object) -> list[str]:
    return [task.task_id for task in page(w, **asked).items]  # type: ignore[arg-type]


def redrive(w: World, *, tenant: str = TENANT, key: str | None = None, **asked: object) -> Redriven:
    return w.use_cases.redriving.redrive(Redrive(**asked), tenant=tenant, key=key)  # type: ignore[arg-type]


def made(done: Redriven) -> list[str]:
    return [task_id for task_id, _ in done.made]


def failed(w: Watched, **asked: object) -> str:
    """The id of a task that failed for good."""
    registered(w, heartbeat_ms=600_000)
    task_id = submitted(w, max_retries=0, **asked)
    w.drain()
    start(w, task_id)
    fail(w, task_id, error="boom")
    return task_id


def retry(w: Watched, task_id: str, *, key: str | None = None, edited: Edited | None = None) -> Task:
    made, _ = w.use_cases.retrying.retry(task_id, tenant=TENANT, edited=edited, key=key)
    return made


def document(w: Watched, task: Task) -> object:
    return w.use_cases.reading.document(task.document)


class Killed(BaseException):
    """The process is gone."""


def killed() -> None:
    raise Killed
