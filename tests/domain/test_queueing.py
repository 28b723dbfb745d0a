"""One number orders a line: priority is a head start, and nobody starves."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import queueing
from chalicelib.domain.queueing import MINUTE_MS

TAGS = st.integers(1_700_000_000_000, 2_000_000_000_000)
PRIORITIES = st.integers(1, 10)


@given(TAGS, PRIORITIES, TAGS)
def test_whoever_waited_nine_minutes_goes_before_every_newcomer(tag: int, priority: int, other: int) -> None:
    newcomer = max(tag + 9 * MINUTE_MS + 1, other)
    assert queueing.order(tag, 1) < queueing.order(newcomer, priority)


@given(TAGS, st.integers(1, 9), st.integers(0, MINUTE_MS - 1))
def test_a_step_of_priority_is_worth_a_minute(tag: int, priority: int, less: int) -> None:
    assert queueing.order(tag + less, priority + 1) < queueing.order(tag, priority)
    assert queueing.order(tag + MINUTE_MS, priority + 1) == queueing.order(tag, priority)


@given(TAGS, PRIORITIES, st.integers(1, 10**9))
def test_within_a_priority_the_older_goes_first(tag: int, priority: int, later: int) -> None:
    assert queueing.order(tag, priority) < queueing.order(tag + later, priority)


def test_lines_and_inboxes_cannot_be_mistaken_for_each_other() -> None:
    assert queueing.line("acme", "report") == "wait#acme#report#0"
    assert queueing.line("acme", "report", shard=3) == "wait#acme#report#3"
    assert queueing.inbox("wait") == "agent#wait"
    assert queueing.is_line(queueing.line("acme", "report"))
    assert not queueing.is_line(queueing.inbox("wait#acme"))


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 10**9), st.floats(0, 1)), max_size=20))
def test_shuffling_keeps_bands_in_order_and_loses_nobody(rows: list[tuple[str, int, float]]) -> None:
    ordered = [(f"{row_id}{n}", order) for n, (row_id, order, _) in enumerate(rows)]
    band = {row_id: order // MINUTE_MS for row_id, order in ordered}
    shuffled = queueing.shuffled_bands(ordered, chances=[chance for _, _, chance in rows])
    assert sorted(shuffled) == sorted(band)
    assert [band[row_id] for row_id in shuffled] == sorted(band.values())


def test_within_a_band_chance_decides() -> None:
    rows = [("a", 1), ("b", 2), ("c", MINUTE_MS)]
    assert queueing.shuffled_bands(rows, chances=[0.9, 0.1, 0.0]) == ["b", "a", "c"]
    assert queueing.shuffled_bands(rows, chances=[0.1, 0.9, 0.0]) == ["a", "b", "c"]
    assert queueing.shuffled_bands(rows, chances=[0.9, 0.8, 0.7], band_ms=1) == ["a", "b", "c"]


def test_every_row_needs_its_chance() -> None:
    with pytest.raises(ValueError, match="zip"):
        queueing.shuffled_bands([("a", 1)], chances=[])


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=30), st.integers(1, 5))
def test_each_task_is_for_one_of_those_who_share_a_line_in_order(ids: list[str], among: int) -> None:
    ordered = [(row_id, n) for n, row_id in enumerate(ids)]
    parts = [queueing.shared_out(ordered, rank=rank, among=among) for rank in range(among)]
    assert sorted(row_id for part in parts for row_id in part) == sorted(ids)
    assert all(part == sorted(part, key=ids.index) for part in parts)
    assert parts == [
        queueing.shared_out(ordered[::-1], rank=rank, among=among)[::-1] for rank in range(among)
    ]
