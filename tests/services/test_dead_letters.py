"""Dead letters listed: which, in which order, and how far one call reads."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Invalid
from chalicelib.domain.redrive import DAY_MS
from chalicelib.domain.task import FailureKind, Status, Task
from chalicelib.services.dead_letters import MOST_KEYS, DeadFilter
from chalicelib.services.ports import Page
from tests.fakes import START_MS, World, world

from .doing import TENANT, cancel, complete, registered, row, start, submitted
from .redoing import dead, listed, page, redrive
from .worlds import Watched


def test_what_failed_is_listed_newest_end_first_and_nothing_else(w: Watched) -> None:
    ids = dead(w, 3)
    registered(w)
    good, stopped = submitted(w), submitted(w)
    w.drain()
    cancel(w, stopped)
    start(w, good)
    complete(w, good)
    assert listed(w) == ids[::-1]
    assert page(w).cursor is None
    assert listed(w, tenant="other") == []


FILTERS = {
    "capability": ("nobody", "draw"),
    "client_id": ("client", "other"),
    "task_type": ("work", "play"),
    "schedule_id": ("s-1", "s-2"),
    "failure": (FailureKind.EXPIRED, FailureKind.ERROR),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_out_the_others(w: Watched, name: str) -> None:
    task_id, other = dead(w, 2)
    of_s1 = {task_id: replace(row(w, task_id), schedule_id="s-1")}
    here = replace_rows(w, of_s1)
    has, has_not = FILTERS[name]
    if name == "schedule_id":
        assert listed(here, schedule_id=has) == [task_id]
    else:
        assert listed(here, **{name: has}) == [other, task_id]
    assert listed(here, **{name: has_not}) == []


def replace_rows(w: Watched, rows: dict[str, Task]) -> World:
    """A world of its own with the rows of another, some of them changed."""
    here = world()
    here.clock.now = w.clock.now
    here.tasks.rows = w.tasks.rows | rows
    return here


def stored(count: int, *, every_ms: int = 1_000, **changes: object) -> World:
    """So many dead letters, the first of which ended now, the others one after the other before."""
    here = world()
    plain = Task(
        task_id="",
        tenant=TENANT,
        client_id="client",
        created_at=0,
        task_type="work",
        capability="report",
        document=None,  # type: ignore[arg-type]
        status=Status.FAILED,
    )
    for n in range(count):
        task = replace(plain, task_id=f"t-{n:04}", ended_at=START_MS - n * every_ms, **changes)  # type: ignore[arg-type]
        here.tasks.rows[task.task_id] = task
    return here


def through(here: World, **asked: object) -> list[list[str]]:
    """Page after page."""
    pages, cursor = [], None
    while True:
        part = page(here, cursor=cursor, **asked)  # type: ignore[arg-type]
        pages.append([task.task_id for task in part.items])
        cursor = part.cursor
        if cursor is None:
            return pages


def test_pages_go_through_days_without_leaving_out_or_doubling() -> None:
    here = stored(45, every_ms=DAY_MS // 3)
    ids = sorted(here.tasks.rows)
    for limit in (1, 4, 45, 100):
        pages = through(here, limit=limit)
        assert [task_id for part in pages for task_id in part] == ids
        assert all(len(part) == limit for part in pages[: 45 // limit])


def test_a_list_with_nothing_in_it_is_one_page(w: Watched) -> None:
    assert page(w) == Page((), None)


def test_rows_that_are_about_to_be_deleted_are_not_looked_for() -> None:
    here = stored(40, every_ms=DAY_MS)
    assert listed(here, limit=100) == [f"t-{n:04}" for n in range(31)]
    assert listed(here, limit=100, since=0) == [f"t-{n:04}" for n in range(31)]


def test_bounds_are_by_the_end_the_first_included_and_the_last_not() -> None:
    here = stored(10, every_ms=DAY_MS // 2)
    at = [START_MS - n * (DAY_MS // 2) for n in range(10)]
    assert listed(here, since=at[5], until=at[2]) == ["t-0003", "t-0004", "t-0005"]
    assert listed(here, since=at[0]) == ["t-0000"]
    assert listed(here, until=at[9]) == []
    assert listed(here, since=at[2], until=at[5]) == []
    assert listed(here, until=0) == []
    assert len(listed(here, until=at[0] + 40 * DAY_MS)) == 10


def test_one_page_reads_a_thousand_keys_and_goes_on_from_there() -> None:
    here = stored(MOST_KEYS + 300, every_ms=10, client_id="other")
    last = f"t-{MOST_KEYS + 250:04}"
    here.tasks.rows[last] = replace(here.tasks.rows[last], client_id="client")
    assert through(here, client_id="client", limit=100) == [[], [last]]


def test_a_selective_filter_with_a_small_page_ends_too() -> None:
    here = stored(100, every_ms=10, client_id="other")
    pages = through(here, client_id="client", limit=1)
    assert pages == [[]] * 3  # 60 reads each: a key at a time, and the days


def test_a_row_that_was_retried_is_left_out_though_the_index_lags(w: Watched) -> None:
    (task_id,) = dead(w)
    stale = w.tasks.rows[task_id]
    redrive(w, task_ids=(task_id,))
    assert not DeadFilter().admits(row(w, task_id))
    assert DeadFilter().admits(stale)


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "20833", "20833.nonsense", "99999.", ".", "-1.", "\u0661.", "1" * 9 + "."]
)
def test_a_cursor_that_nobody_gave_out_is_refused(w: Watched, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        page(w, cursor=cursor)
    assert refused.value.errors[0].pointer == "cursor"


def test_a_cursor_of_a_day_that_is_forgotten_by_now_ends_the_list(w: Watched) -> None:
    assert page(w, cursor="20000.") == Page((), None)
