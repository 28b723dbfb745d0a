"""Lists: in their order, page by page, each row once, and no cursor but their own."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.errors import Invalid
from chalicelib.services.ports import Page, Standing
from tests.contract.implementations import Stores
from tests.contract.values import NOW, TENANT, a_run, a_schedule, a_task, an_agent

Paged = Callable[[Stores, int, str | None], Page[Any]]


def filled(stores: Stores, count: int = 7) -> None:
    """So many of everything, and one of everybody else's."""
    first = a_schedule("schedule-0")
    for n in range(count):
        stores.tasks.add(a_task(f"task-{n}", created_at=NOW + n, queue_order=NOW - n, due_at=NOW + 10 * n))
        stores.agents.add(an_agent(f"agent-{n}", due_at=NOW + 10 * n), {})
        stores.schedules.add(a_schedule(f"schedule-{n}", created_at=NOW + n, next_slot=NOW + 10 * n))
        fired = {"task": a_task(f"run-{n}", queue_key=None, due_at=None, client_id="cron")}
        run = a_run("schedule-0", slot=NOW + n)
        stores.schedules.fire(replace(first, version=n + 2), was=n + 1, execution=run, **fired)
    stores.tasks.add(a_task("task-other", client_id="client-2", queue_key="wait#acme#text#0", due_at=None))
    stores.agents.add(an_agent("agent-other", capabilities=("text",), due_at=None), {})
    stores.schedules.add(a_schedule("schedule-other", client_id="client-2", next_slot=None))


def _names(page: Page[Any], attribute: str) -> Page[Any]:
    return Page(tuple(getattr(item, attribute) for item in page.items), page.cursor)


LINE = "wait#acme#math#0"
NEWEST_FIRST: dict[str, tuple[Paged, list[Any]]] = {
    "tasks of a client": (
        lambda s, n, c: s.tasks.of_client(TENANT, "client-1", limit=n, cursor=c),
        [f"task-{n}" for n in reversed(range(7))],
    ),
    "schedules of a client": (
        lambda s, n, c: _names(s.schedules.of_client(TENANT, "client-1", limit=n, cursor=c), "schedule_id"),
        [f"schedule-{n}" for n in reversed(range(7))],
    ),
    "runs of a schedule": (
        lambda s, n, c: _names(s.schedules.executions("schedule-0", limit=n, cursor=c), "slot"),
        [NOW + n for n in reversed(range(7))],
    ),
}
IN_ORDER: dict[str, tuple[Paged, list[Any]]] = {
    "a line": (
        lambda s, n, c: s.tasks.standing(LINE, limit=n, after=c),
        [Standing(f"task-{n}", NOW - n) for n in reversed(range(7))],
    ),
}
UNORDERED: dict[str, tuple[Paged, list[Any]]] = {
    "all tasks": (
        lambda s, n, c: _names(s.tasks.page(limit=n, cursor=c), "task_id"),
        sorted([f"task-{n}" for n in range(7)] + [f"run-{n}" for n in range(7)] + ["task-other"]),
    ),
    "all agents": (
        lambda s, n, c: _names(s.agents.page(limit=n, cursor=c), "agent_id"),
        sorted([f"agent-{n}" for n in range(7)] + ["agent-other"]),
    ),
    "all schedules": (
        lambda s, n, c: _names(s.schedules.page(limit=n, cursor=c), "schedule_id"),
        sorted([f"schedule-{n}" for n in range(7)] + ["schedule-other"]),
    ),
    "who has a capability": (
        lambda s, n, c: s.agents.with_capability(TENANT, "math", limit=n, cursor=c),
        [f"agent-{n}" for n in range(7)],
    ),
}
LISTS = NEWEST_FIRST | IN_ORDER | UNORDERED


def through(paged: Paged, stores: Stores, limit: int) -> list[Any]:
    """Every item, following the cursors to the end (the last page may be empty)."""
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(30):
        page = paged(stores, limit, cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_paged_through_each_item_once(stores: Stores, name: str) -> None:
    paged, expected = LISTS[name]
    filled(stores)
    for limit in (1, 3, 7, 100):
        found = through(paged, stores, limit)
        assert (sorted(found) if name in UNORDERED else found) == expected, limit


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_is_one_empty_page(stores: Stores, name: str) -> None:
    assert LISTS[name][0](stores, 10, None) == Page((), None)


def forged(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


GARBAGE = {
    "empty": "",
    "words": "not a cursor",
    "no ascii": "é",
    "no JSON": "AAAA",
    "a number": forged(7),
    "a list": forged([]),
    "an empty object": forged({}),
    "other attributes": forged({"sneaky": {"S": "1"}}),
    "deep": base64.urlsafe_b64encode(b"[" * 20_000).decode(),
    "no values": forged({"task_id": "task-1"}),
}


def takes(paged: Paged, stores: Stores, cursor: str | None) -> bool:
    """Whether the list goes on from a cursor."""
    try:
        paged(stores, 1, cursor)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_that_nobody_gave_out_is_refused(stores: Stores, name: str) -> None:
    assert [garbage for garbage, cursor in GARBAGE.items() if takes(LISTS[name][0], stores, cursor)] == []


def test_a_cursor_of_another_list_is_refused(stores: Stores) -> None:
    filled(stores, 2)
    cursors = {name: paged(stores, 1, None).cursor for name, (paged, _) in LISTS.items()}
    assert None not in cursors.values()
    for name, (paged, _) in LISTS.items():
        assert [other for other, cursor in cursors.items() if takes(paged, stores, cursor)] == [name]


def test_a_cursor_of_another_client_is_refused(stores: Stores) -> None:
    filled(stores, 3)
    cursor = stores.tasks.of_client(TENANT, "client-1", limit=1, cursor=None).cursor
    for tenant, client in ((TENANT, "client-2"), ("other", "client-1")):
        with pytest.raises(Invalid):
            stores.tasks.of_client(tenant, client, limit=1, cursor=cursor)
