"""Slots that are due at once are handed out one after the other, so that no key is written too often."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import CLOCK_SHARDS, clock_shard
from chalicelib.domain.quota import PLAIN
from chalicelib.services.hints import HORIZON_MS, paced_out
from chalicelib.services.ports import Aggregate, Hint, HintKind
from chalicelib.services.ticking import PAGE
from tests.fakes import START_MS

from .doing import TENANT, scheduled, submitted
from .worlds import Watched

APART = PLAIN.apart_ms


@given(
    times=st.lists(st.integers(0, 10_000), max_size=50).map(sorted),
    since=st.integers(0, 10_000),
    apart=st.integers(1, 100),
)
def test_each_has_its_turn_as_soon_as_its_time_the_beginning_and_the_one_before_allow(
    times: list[int], since: int, apart: int
) -> None:
    turns = paced_out(times, since=since, apart_ms=apart)
    assert len(turns) == len(times)
    for n, (at, turn) in enumerate(zip(times, turns, strict=True)):
        allowed = [at, since, *([turns[n - 1] + apart] if n else [])]
        assert turn == max(allowed)


def of_one_shard(w: Watched, count: int) -> int:
    """So many schedules in one shard, due in a minute; which shard."""
    while len(mine := [i for i in w.schedules.rows if clock_shard(i) == 0]) < count:
        scheduled(w, "1 8 * * *")
    w.queue.sent.clear()
    for schedule_id in set(w.schedules.rows) - set(mine[:count]):
        w.use_cases.schedules.delete(schedule_id, tenant=TENANT)
    return 0


def sweep(w: Watched, shard: int, **more: int | str | None) -> list[Hint]:
    """The slots that are announced, and the rest that is passed on if there is one."""
    until = w.clock() + HORIZON_MS
    w.use_cases.ticking.sweep(Aggregate.SCHEDULE, shard, until=until, **more)  # type: ignore[arg-type]
    sent = list(w.queue.sent)
    w.queue.sent.clear()
    return sent


def test_slots_due_in_one_moment_follow_each_other(w: Watched) -> None:
    shard = of_one_shard(w, 5)
    assert [hint.at for hint in sweep(w, shard)] == [START_MS + 60_000 + n * APART for n in range(5)]


def test_slots_that_are_apart_by_themselves_are_looked_at_to_the_second(w: Watched) -> None:
    first, second = scheduled(w, "1 8 * * *"), scheduled(w, "1 8 * * *")
    while clock_shard(second.schedule_id) != clock_shard(first.schedule_id):
        second = scheduled(w, "1 8 * * *")
    w.schedules.rows = {row.schedule_id: row for row in (first, second)}
    moved = w.use_cases.schedules.change(second.schedule_id, {"cron": "2 8 * * *"}, tenant=TENANT)
    w.clock.advance(seconds=50)
    w.queue.sent.clear()
    hints = sweep(w, clock_shard(first.schedule_id))
    assert [hint.at for hint in hints] == [first.due_at, moved.due_at]


def test_the_next_page_goes_on_at_the_same_pace(w: Watched) -> None:
    shard = of_one_shard(w, PAGE + 3)
    rest, *hints = sweep(w, shard)
    assert (len(hints), rest.kind) == (PAGE, HintKind.SWEEP)
    assert rest.paced == START_MS + 60_000 + PAGE * APART
    last = sweep(w, shard, cursor=rest.cursor, paced=rest.paced)
    assert [hint.at for hint in last] == [START_MS + 60_000 + n * APART for n in range(PAGE, PAGE + 3)]


def test_what_is_overdue_begins_now_and_what_has_its_turn_after_the_next_tick_is_left_to_it(
    w: Watched,
) -> None:
    shard = of_one_shard(w, PAGE + 1)
    w.clock.advance(seconds=3_600)
    begin = w.clock() + HORIZON_MS - 9 * APART
    hints = sweep(w, shard, paced=begin)
    assert [hint.kind for hint in hints] == [HintKind.DUE] * 10  # and no page more
    assert hints[-1].at == w.clock() + HORIZON_MS
    assert len(sweep(w, shard)) == 1 + PAGE  # all of the first page, and the rest


def test_a_page_of_nothing_is_no_message(w: Watched) -> None:
    assert [sweep(w, shard) for shard in range(CLOCK_SHARDS)] == [[]] * CLOCK_SHARDS


def test_tasks_are_not_paced(w: Watched) -> None:
    for _ in range(30):
        submitted(w)
    w.queue.sent.clear()
    w.use_cases.ticking.tick()
    assert {hint.at for hint in w.queue.sent} == {START_MS + 60_000}
