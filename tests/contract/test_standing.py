"""Rows stand in the clock and in queues while their state says so, in order."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.ids import CLOCK_SHARDS, clock_shard
from chalicelib.services.ports import DueRow, Page, Standing
from tests.contract.implementations import Stores
from tests.contract.test_lists import LINE, filled, through
from tests.contract.values import NOW, a_task

SHARD = clock_shard("task-0")


def due_of(stores: Stores) -> dict[str, Any]:
    return {"task": stores.tasks.due, "agent": stores.agents.due, "schedule": stores.schedules.due}


@pytest.mark.parametrize("kind", ["task", "agent", "schedule"])
def test_what_is_due_stands_in_its_shard_soonest_first(stores: Stores, kind: str) -> None:
    filled(stores, 12)
    if kind == "schedule":  # it has moved on with its runs
        first = stores.schedules.get("schedule-0")
        assert first is not None
        stores.schedules.save(replace(first, version=99, next_slot=NOW), was=first.version)
    due = due_of(stores)[kind]
    rows = [DueRow(f"{kind}-{n}", NOW + 10 * n) for n in range(12)]
    for shard in range(CLOCK_SHARDS):
        mine = [row for row in rows if clock_shard(row.row_id) == shard]
        assert due(shard, until=NOW + 1_000, limit=100).items == tuple(mine)
        by_then = tuple(row for row in mine if row.due_at <= NOW + 100)
        assert due(shard, until=NOW + 100, limit=100).items == by_then
        assert due(shard, until=NOW - 1, limit=100) == Page((), None)


@pytest.mark.parametrize("kind", ["task", "agent", "schedule"])
def test_a_full_shard_is_gone_on_with_at_its_cursor(stores: Stores, kind: str) -> None:
    filled(stores, 12)
    due = due_of(stores)[kind]
    for shard in range(CLOCK_SHARDS):
        whole = due(shard, until=NOW + 1_000, limit=100).items
        paged = through(lambda _s, n, c, k=shard: due(k, until=NOW + 1_000, limit=n, cursor=c), stores, 2)
        assert paged == list(whole)


def test_a_row_leaves_and_enters_the_clock_with_its_due_time(stores: Stores) -> None:
    task = a_task("task-0", due_at=None)
    stores.tasks.add(task)
    assert stores.tasks.due(SHARD, until=2**53, limit=9).items == ()
    stores.tasks.save(replace(task, version=2, due_at=NOW), was=1)
    assert stores.tasks.due(SHARD, until=NOW, limit=9).items == (DueRow("task-0", NOW),)
    stores.tasks.save(replace(task, version=3), was=2)
    assert stores.tasks.due(SHARD, until=2**53, limit=9).items == ()


def test_a_task_stands_in_one_queue_or_in_none(stores: Stores) -> None:
    task = a_task()
    stores.tasks.add(task)
    inbox = replace(task, version=2, queue_key="agent#agent-1")
    stores.tasks.save(inbox, was=1)
    assert stores.tasks.standing(LINE, limit=9).items == ()
    assert stores.tasks.standing("agent#agent-1", limit=9).items == (
        Standing("task-1", task.queue_order or 0),
    )
    stores.tasks.save(replace(task, version=3, queue_key=None, queue_order=None), was=2)
    assert stores.tasks.standing("agent#agent-1", limit=9).items == ()
    assert stores.tasks.open_places(limit=9).items == ()


def test_a_line_can_be_read_from_its_end(stores: Stores) -> None:
    filled(stores, 5)
    forwards = stores.tasks.standing(LINE, limit=9).items
    assert len(forwards) > 2
    backwards = stores.tasks.standing(LINE, limit=2, last_first=True)
    assert backwards.items == forwards[:-3:-1]
    rest = stores.tasks.standing(LINE, limit=9, after=backwards.cursor, last_first=True)
    assert backwards.items + rest.items == forwards[::-1]


def test_all_open_places_are_seen_at_once(stores: Stores) -> None:
    filled(stores, 3)
    places = stores.tasks.open_places(limit=100)
    assert places.cursor is None
    assert sorted(place.task_id for key, place in places.items if key == LINE) == [
        "task-0",
        "task-1",
        "task-2",
    ]
    assert sorted(key for key, _ in places.items) == [LINE] * 3 + ["wait#acme#text#0"]
    some = stores.tasks.open_places(limit=2)
    assert (len(some.items), some.cursor is None) == (2, False)
