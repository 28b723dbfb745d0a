"""What an agent ended, found by what moved its trust."""

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.domain.retry import RetryPolicy
from chalicelib.domain.task import Status
from chalicelib.services.reading import TaskFilter

from .doing import TENANT, cancel, complete, fail, registered, row, start, submitted
from .redoing import retry
from .worlds import Watched

STEADY = {"heartbeat_ms": 600_000}
PROMPT = RetryPolicy(backoff_ms=1_000, jitter=0.0)


def past(w: Watched, agent_id: str = "a", limit: int = 50, **wanted: object) -> list[str]:
    """Ids, page after page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = w.use_cases.past_tasks.of_agent(
            agent_id,
            TaskFilter(**wanted),  # type: ignore[arg-type]
            tenant=TENANT,
            limit=limit,
            cursor=cursor,
        )
        assert len(page.items) <= limit
        found += [task.task_id for task in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


def worked(w: Watched, *, good: bool = True, agent_id: str = "a", **asked: object) -> str:
    task_id = submitted(w, max_retries=0, **asked)  # type: ignore[arg-type]
    w.clock.advance(seconds=2)
    w.drain()
    start(w, task_id, agent_id=agent_id)
    (complete if good else fail)(w, task_id, agent_id=agent_id)
    return task_id


def test_they_are_listed_newest_end_first_page_after_page(w: Watched) -> None:
    registered(w, **STEADY)
    ids = [worked(w, good=number % 3 > 0) for number in range(7)]
    assert past(w) == ids[::-1]
    assert past(w, limit=2) == ids[::-1]
    assert past(w, status=Status.FAILED) == [ids[6], ids[3], ids[0]]
    assert past(w, status=Status.FAILED, offset=1) == [ids[3], ids[0]]
    assert past(w, task_type="other") == []


def test_what_it_holds_or_what_another_ended_is_not_among_them(w: Watched) -> None:
    registered(w, "a", **STEADY)
    shared = submitted(w, retry=PROMPT)
    w.drain()
    start(w, shared)
    fail(w, shared)
    assert past(w) == []  # it is tried again
    registered(w, "b", **STEADY)
    w.run(seconds=3)
    start(w, shared, agent_id="b")
    complete(w, shared, agent_id="b")
    assert (past(w), past(w, "b")) == ([], [shared])


def test_a_task_that_it_tried_twice_is_listed_once(w: Watched) -> None:
    registered(w, **STEADY)
    task_id = submitted(w, retry=PROMPT)
    w.drain()
    start(w, task_id)
    fail(w, task_id)
    w.run(seconds=3)
    start(w, task_id)
    complete(w, task_id)
    assert past(w) == [task_id]


def test_what_moved_no_trust_is_not_found_and_a_disproof_is_no_task_of_its(w: Watched) -> None:
    registered(w, "a", **STEADY)
    cancelled, hopeless = submitted(w), submitted(w)
    cancel(w, cancelled)
    w.drain()
    start(w, hopeless)
    fail(w, hopeless, retryable=False)
    registered(w, "b", **STEADY)
    made = retry(w, hopeless)
    w.clock.advance(seconds=2)
    w.drain()
    start(w, made.task_id, agent_id="b")
    complete(w, made.task_id, agent_id="b")
    w.drain()
    assert row(w, hopeless).is_over
    assert (past(w), past(w, "b")) == ([], [made.task_id])


def test_an_unknown_agent_and_another_tenants_are_not_found(w: Watched) -> None:
    registered(w, "theirs", tenant="other")
    for agent_id in ("none", "theirs"):
        with pytest.raises(NotFound):
            past(w, agent_id)
