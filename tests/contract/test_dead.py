"""Dead letters: what failed for good stands under the day of its end until it is retried."""

import pytest

from chalicelib.domain import redrive
from chalicelib.domain.errors import Invalid
from chalicelib.domain.task import FailureKind, Status, Task
from chalicelib.services.ports import Page
from tests.contract.implementations import Stores
from tests.contract.test_lists import GARBAGE, through
from tests.contract.values import NOW, TENANT, a_task

TODAY = redrive.day_of(NOW)
BEGIN, END = TODAY * redrive.DAY_MS, (TODAY + 1) * redrive.DAY_MS


def a_dead(task_id: str, *, ended_at: int, **changes: object) -> Task:
    """A task that failed for good."""
    over = {"status": Status.FAILED, "failure": FailureKind.ERROR, "queue_key": None, "queue_order": None}
    return a_task(task_id, **over | {"due_at": None, "ended_at": ended_at} | changes)


def dead(
    stores: Stores,
    *,
    tenant: str = TENANT,
    day: int = TODAY,
    since: int = BEGIN,
    until: int = END,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[str]:
    return stores.tasks.dead(tenant, day, since=since, until=until, limit=limit, cursor=cursor)


def seven(stores: Stores) -> list[str]:
    """Of today, newest end first, beside others' and other days'."""
    for n in range(7):
        stores.tasks.add(a_dead(f"task-{n}", ended_at=NOW + 10 * n))
    stores.tasks.add(a_dead("task-yesterday", ended_at=BEGIN - 1))
    stores.tasks.add(a_dead("task-tomorrow", ended_at=END))
    stores.tasks.add(a_dead("task-theirs", ended_at=NOW, tenant="other"))
    return [f"task-{n}" for n in reversed(range(7))]


def test_a_day_is_read_newest_end_first_page_by_page(stores: Stores) -> None:
    ids = seven(stores)
    for limit in (1, 3, 7, 100):
        assert through(lambda s, n, c: dead(s, limit=n, cursor=c), stores, limit) == ids
    assert dead(stores, day=TODAY - 1, since=0, until=BEGIN).items == ("task-yesterday",)
    assert dead(stores, day=TODAY + 1, until=2**53).items == ("task-tomorrow",)
    assert dead(stores, tenant="other").items == ("task-theirs",)
    assert dead(stores, day=TODAY - 2, since=0) == Page((), None)


def test_bounds_cut_a_day_the_first_included_and_the_last_not(stores: Stores) -> None:
    seven(stores)
    assert dead(stores, since=NOW + 20, until=NOW + 40).items == ("task-3", "task-2")
    assert dead(stores, since=NOW + 20, until=NOW + 21).items == ("task-2",)
    assert dead(stores, since=NOW + 20, until=NOW + 20).items == ()
    assert dead(stores, since=NOW + 21, until=NOW + 20).items == ()


def test_a_task_enters_when_it_fails_and_leaves_when_it_is_retried(stores: Stores) -> None:
    stores.tasks.add(a_task("task-1"))
    assert dead(stores).items == ()
    failed = a_dead("task-1", ended_at=NOW, version=2)
    stores.tasks.save(failed, was=1)
    assert dead(stores).items == ("task-1",)
    retried = redrive.retried(failed, retried_as="task-2")
    stores.tasks.save(retried, was=2)
    assert dead(stores).items == ()
    assert stores.tasks.get("task-1") == retried


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_only_what_failed_is_dead(stores: Stores, status: Status) -> None:
    stores.tasks.add(a_dead("task-1", ended_at=NOW, status=status))
    assert dead(stores).items == ()


def test_a_page_goes_on_though_what_the_last_one_showed_was_retried(stores: Stores) -> None:
    ids = seven(stores)
    first = dead(stores, limit=3)
    for task_id in first.items:
        task = stores.tasks.get(task_id)
        assert task is not None
        stores.tasks.save(redrive.retried(task, retried_as=f"{task_id}-again"), was=task.version)
    assert dead(stores, cursor=first.cursor).items == tuple(ids[3:])


@pytest.mark.parametrize("name", GARBAGE)
def test_a_cursor_that_nobody_gave_out_is_refused(stores: Stores, name: str) -> None:
    with pytest.raises(Invalid):
        dead(stores, cursor=GARBAGE[name])


def test_a_cursor_of_another_place_is_refused(stores: Stores) -> None:
    seven(stores)
    cursor = dead(stores, limit=1).cursor
    elsewhere = [
        {"tenant": "other"},
        {"day": TODAY - 1},
        {"until": NOW + 60},
        {"since": NOW + 61},
    ]
    assert dead(stores, cursor=cursor).items[0] == "task-5"
    for place in elsewhere:
        with pytest.raises(Invalid):
            dead(stores, cursor=cursor, **place)  # type: ignore[arg-type]
