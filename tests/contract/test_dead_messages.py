"""Dead work messages, by the day they were recorded first."""

from dataclasses import replace

import pytest

from chalicelib.domain.dead_message import DeadMessage
from chalicelib.domain.errors import Invalid
from tests.contract.implementations import Stores
from tests.contract.values import NOW

TODAY, YESTERDAY, DAY_MS = "2027-01-15", "2027-01-14", 24 * 3_600_000


def dead(message_id: str = "message-1", *, at: int = NOW, body: str = '{"v":1}') -> DeadMessage:
    return DeadMessage(
        message_id=message_id, body=body, reason="ValueError: 日本 \x00", receives=5, first_at=at, at=at
    )


def recorded(stores: Stores, *messages: DeadMessage) -> None:
    for message in messages:
        stores.dead_messages.record(message)


def of_day(stores: Stores, day: str = TODAY) -> list[DeadMessage]:
    page = stores.dead_messages.of_day(day, limit=100, cursor=None)
    assert page.cursor is None
    return list(page.items)


def test_a_message_is_read_as_it_was_recorded_on_its_day_only(stores: Stores) -> None:
    recorded(stores, dead(), dead("message-2", at=NOW - DAY_MS))
    assert of_day(stores) == [dead()]
    assert of_day(stores, YESTERDAY) == [dead("message-2", at=NOW - DAY_MS)]
    assert of_day(stores, "2027-01-13") == []


@pytest.mark.parametrize("later", [1, 16 * 3_600_000 - 1, 16 * 3_600_000, DAY_MS])
def test_a_message_recorded_again_is_one_that_keeps_its_first_time(stores: Stores, later: int) -> None:
    again = replace(dead(), reason="other", receives=6, body="b", first_at=NOW + later, at=NOW + later)
    recorded(stores, dead(), again)
    assert of_day(stores) == [replace(again, first_at=NOW)]
    assert of_day(stores, "2027-01-16") == []


def test_a_page_goes_on_where_the_one_before_ended_though_its_messages_are_gone(stores: Stores) -> None:
    recorded(stores, *(dead(f"message-{n}") for n in range(5)))
    seen: list[str] = []
    cursor = None
    while len(seen) < 5:
        page = stores.dead_messages.of_day(TODAY, limit=2, cursor=cursor)
        assert len(page.items) <= 2
        for message in page.items:
            stores.dead_messages.delete(message)
        seen += [message.message_id for message in page.items]
        cursor = page.cursor
    assert seen == [f"message-{n}" for n in range(5)]


def test_a_cursor_of_another_day_is_refused(stores: Stores) -> None:
    recorded(stores, dead("a"), dead("b"))
    cursor = stores.dead_messages.of_day(TODAY, limit=1, cursor=None).cursor
    for day, wrong in ((YESTERDAY, cursor), (TODAY, "nonsense"), (TODAY, "bnVsbA")):
        with pytest.raises(Invalid, match="cursor"):
            stores.dead_messages.of_day(day, limit=1, cursor=wrong)


def test_messages_are_found_by_their_ids_on_the_days_named(stores: Stores) -> None:
    old = dead("old", at=NOW - DAY_MS)
    recorded(stores, dead("a"), dead("b"), old)
    asked = ["b", "none", "old", "b", *(f"none-{n}" for n in range(100))]
    assert stores.dead_messages.find(asked, days=[TODAY, YESTERDAY]) == [dead("b"), old]
    assert stores.dead_messages.find(asked, days=[TODAY]) == [dead("b")]
    assert stores.dead_messages.find([], days=[TODAY]) == []


def test_a_deleted_message_is_gone_and_may_be_deleted_again(stores: Stores) -> None:
    recorded(stores, dead("a"), dead("b"))
    for _ in range(2):
        stores.dead_messages.delete(dead("a"))
    assert of_day(stores) == [dead("b")]


def test_a_message_as_long_as_is_kept_fits(stores: Stores) -> None:
    recorded(stores, dead(body="🚀" * 4_000))
    assert of_day(stores)[0].body == "🚀" * 4_000
