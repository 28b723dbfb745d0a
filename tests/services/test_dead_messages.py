"""Dead work messages: listed over the days they are kept, redriven once more or refused with a reason."""

from dataclasses import replace

import pytest

from chalicelib.domain.dead_message import MAX_RECEIVES
from chalicelib.domain.errors import Invalid
from chalicelib.services.dead_messages import UNKNOWN, UNSENT, Refused
from chalicelib.services.messages import encoded
from chalicelib.services.ports import Aggregate, Hint, HintKind, Page
from tests.fakes import FakeDeadMessages

from .doing import registered, row, submitted
from .worlds import Watched

DAY_S = 24 * 3600


def fill(agent_id: str = "a") -> str:
    return encoded(Hint(kind=HintKind.FILL, row_id=agent_id))


def dies(w: Watched, *message_ids: str, body: str | None = None) -> None:
    """They failed for the last time."""
    for message_id in message_ids:
        w.use_cases.dead_lettering.failed(
            message_id, body or fill(message_id), receives=MAX_RECEIVES, error=ConnectionError("no answer")
        )


def page(w: Watched, limit: int = 100, cursor: str | None = None) -> tuple[list[str], str | None]:
    found = w.use_cases.dead_lettering.page(limit=limit, cursor=cursor)
    return [message.message_id for message in found.items], found.cursor


def walked(w: Watched, limit: int) -> list[list[str]]:
    """All pages."""
    ids, cursor = page(w, limit)
    pages = [ids]
    while cursor is not None:
        ids, cursor = page(w, limit, cursor)
        pages.append(ids)
    return pages


def sent(w: Watched) -> list[str]:
    return [hint.row_id for hint in w.queue.sent]


def test_a_message_that_will_be_seen_again_is_not_recorded(w: Watched) -> None:
    error = ConnectionError("no answer")
    w.use_cases.dead_lettering.failed("m", fill(), receives=MAX_RECEIVES - 1, error=error)
    assert (page(w), w.metrics.total("work_dead_total")) == (([], None), 0)
    w.use_cases.dead_lettering.failed("m", fill(), receives=MAX_RECEIVES, error=error)
    assert (page(w), w.metrics.total("work_dead_total")) == ((["m"], None), 1)


def test_a_message_recorded_twice_is_one_with_its_last_reason_and_its_first_time(w: Watched) -> None:
    began = w.clock()
    dies(w, "m")
    w.clock.advance(seconds=20 * 3600)  # past midnight
    w.use_cases.dead_lettering.failed("m", fill(), receives=6, error=ValueError("other"))
    ((_, message),) = w.dead_messages.rows.items()
    assert (message.reason, message.receives) == ("ValueError: other", 6)
    assert (message.first_at, message.at, message.day) == (began, w.clock(), "2027-01-15")


def test_the_newest_day_comes_first_and_pages_cross_days(w: Watched) -> None:
    dies(w, "a1", "a2", "a3")
    w.clock.advance(seconds=2 * DAY_S)
    dies(w, "b1")
    w.clock.advance(seconds=DAY_S)
    dies(w, "c1", "c2")
    newest_first = ["c1", "c2", "b1", "a1", "a2", "a3"]
    assert page(w) == (newest_first, None)
    for limit in (1, 2, 3, 4, 5, 6):
        pages = walked(w, limit)
        assert [message_id for ids in pages for message_id in ids] == newest_first
        assert all(len(ids) == limit for ids in pages[: 6 // limit])


def test_a_page_that_ends_with_the_oldest_day_is_the_last(w: Watched) -> None:
    dies(w, "old")
    w.clock.advance(seconds=14 * DAY_S)
    assert page(w, 1) == (["old"], None)
    w.clock.advance(seconds=DAY_S)
    assert page(w) == ([], None)


def test_a_page_costs_at_most_a_read_for_each_day(w: Watched) -> None:
    class Counting(FakeDeadMessages):
        reads = 0

        def of_day(self, day: str, *, limit: int, cursor: str | None) -> Page:
            self.reads += 1
            return super().of_day(day, limit=limit, cursor=cursor)

    store = Counting(w.dead_messages.rows)
    dead_lettering = replace(w.use_cases.dead_lettering, messages=store)
    dies(w, *(f"m{n}" for n in range(9)))
    dead_lettering.page(limit=100, cursor=None)
    assert store.reads == 15
    dead_lettering.page(limit=9, cursor=None)
    assert store.reads == 16


@pytest.mark.parametrize("cursor", ["", ".", "nonsense", "2027-01-16.", "2026-12-31.", "2027-01-15.nonsense"])
def test_a_cursor_that_was_never_given_out_is_refused(w: Watched, cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor: is not one that this list answered"):
        page(w, cursor=cursor)


def test_a_redriven_message_does_its_work_after_all(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    (dispatch, *_) = w.queue.sent
    w.queue.sent.clear()
    dies(w, "m", body=encoded(dispatch))
    done = w.use_cases.dead_lettering.redrive(["m"])
    assert (done.message_ids, done.refused, done.cursor) == (("m",), (), None)
    assert w.queue.sent == [dispatch]
    assert page(w) == ([], None)
    w.drain()
    assert row(w, task_id).token == 1


def test_what_was_delayed_then_is_not_delayed_now(w: Watched) -> None:
    late = Hint(kind=HintKind.DUE, row_id="t", aggregate=Aggregate.TASK, at=w.clock() + 600_000)
    dies(w, "m", body=encoded(late))
    dies(w, "odd", body='{"v":1,"kind":"due","id":"t","aggregate":"task","at":"noon"}')
    assert w.use_cases.dead_lettering.redrive(["m", "odd"]).message_ids == ("m", "odd")
    assert [hint.at for hint in w.queue.sent] == [None, None]


@pytest.mark.parametrize("body", ["{", '{"v":2,"kind":"fill","id":"a"}', "[" * 4_000, "null"])
def test_what_cannot_be_read_is_refused_with_its_reason_and_stays(w: Watched, body: str) -> None:
    dies(w, "poison", body=body)
    dies(w, "good")
    done = w.use_cases.dead_lettering.redrive(["poison", "good"])
    assert done.message_ids == ("good",)
    (refused,) = done.refused
    assert refused.message_id == "poison"
    assert "message" in refused.reason
    assert (page(w), sent(w)) == ((["poison"], None), ["good"])


def test_fields_that_no_hint_has_are_passed_on_as_they_are(w: Watched) -> None:
    dies(w, "odd", body='{"v":1,"kind":"dispatch","id":"t","tenant":["a"]}')
    assert w.use_cases.dead_lettering.redrive(["odd"]).message_ids == ("odd",)


def test_an_id_that_is_not_there_is_refused_once(w: Watched) -> None:
    done = w.use_cases.dead_lettering.redrive(["gone", "gone"])
    assert (done.message_ids, done.refused) == ((), (Refused("gone", UNKNOWN),))


def test_what_the_queue_does_not_take_stays(w: Watched) -> None:
    dies(w, "m")
    w.queue.drop = True
    assert w.use_cases.dead_lettering.redrive(["m"]).refused == (Refused("m", UNSENT),)
    assert page(w) == (["m"], None)
    w.queue.drop = False
    assert w.use_cases.dead_lettering.redrive(["m"]).message_ids == ("m",)


def test_a_crash_before_the_row_is_deleted_sends_twice_and_loses_nothing(w: Watched) -> None:
    class Dying(FakeDeadMessages):
        def delete(self, message: object) -> None:
            raise SystemExit

    dies(w, "m")
    dying = replace(w.use_cases.dead_lettering, messages=Dying(w.dead_messages.rows))
    with pytest.raises(SystemExit):
        dying.redrive(["m"])
    assert page(w) == (["m"], None)
    w.use_cases.dead_lettering.redrive(["m"])
    assert (page(w), sent(w)) == (([], None), ["m", "m"])


def test_a_page_is_redriven_and_the_cursor_goes_on_behind_what_stays(w: Watched) -> None:
    dies(w, "a", "c")
    dies(w, "b", body="poison")
    first = w.use_cases.dead_lettering.redrive_page(limit=2, cursor=None)
    assert (first.message_ids, [refused.message_id for refused in first.refused]) == (("a",), ["b"])
    then = w.use_cases.dead_lettering.redrive_page(limit=2, cursor=first.cursor)
    assert (then.message_ids, then.refused, then.cursor) == (("c",), (), None)
    assert page(w) == (["b"], None)
    w.use_cases.dead_lettering.redrive_page(limit=2, cursor=None)
    assert sent(w) == ["a", "c"]


def test_messages_of_every_day_are_found_by_their_ids(w: Watched) -> None:
    dies(w, "old")
    w.clock.advance(seconds=14 * DAY_S)
    dies(w, "new")
    assert set(w.use_cases.dead_lettering.redrive(["old", "new"]).message_ids) == {"old", "new"}
