"""Schedules by the second: every slot fires once, and neither outages nor doubled hints pile up."""

import pytest

from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.schedule import CatchupPolicy
from chalicelib.services.ports import Aggregate, Hint, HintKind
from tests.fakes import START_MS

from .doing import scheduled
from .worlds import Watched

SECONDS = {"cron_format": CronFormat.SECONDS}


def fired(w: Watched) -> list[int]:
    """The seconds since the start at which slots fired."""
    return sorted((slot - START_MS) // 1_000 for _, slot in w.schedules.runs)


def waiting(w: Watched) -> list[Hint]:
    """Hints on the way to the schedule."""
    return [hint for hint in w.queue.sent if hint.aggregate is Aggregate.SCHEDULE]


@pytest.mark.parametrize(("cron", "every"), [("* * * * * *", 1), ("*/10 * * * * *", 10)])
def test_every_slot_fires_once(w: Watched, cron: str, every: int) -> None:
    scheduled(w, cron, **SECONDS)
    w.run(seconds=150)
    assert fired(w) == list(range(every, 151, every))


def test_a_slot_fires_within_the_second_after_it_though_hints_come_late(w: Watched) -> None:
    scheduled(w, "* * * * * *", **SECONDS)
    w.run(seconds=140, step_ms=700)
    assert fired(w) == list(range(1, 141))
    late = [value for name, value, _ in w.metrics.counted if name == "slot_lateness_ms"]
    assert max(late) < 1_000


def test_hints_that_ticks_double_do_not_follow_each_other_for_ever(w: Watched) -> None:
    scheduled(w, "* * * * * *", **SECONDS)
    w.clock.advance(ms=400)  # from here on each hint is looked at between two slots
    w.run(seconds=600)
    assert len(waiting(w)) <= 2


def test_an_early_hint_is_sent_on_while_its_slot_is_what_is_awaited(w: Watched) -> None:
    schedule = scheduled(w, "* * * * * *", **SECONDS)
    w.queue.sent.clear()
    w.clock.advance(ms=900)
    look = w.use_cases.looking.look
    look(Aggregate.SCHEDULE, schedule.schedule_id, at=schedule.next_slot)
    assert [hint.at for hint in waiting(w)] == [schedule.next_slot]
    w.queue.sent.clear()
    look(Aggregate.SCHEDULE, schedule.schedule_id, at=START_MS)
    assert waiting(w) == []


def test_after_an_outage_the_last_minute_is_late_and_the_rest_is_as_the_policy_says(w: Watched) -> None:
    scheduled(w, "*/10 * * * * *", catchup=CatchupPolicy.NONE, **SECONDS)
    w.queue.sent.clear()
    w.clock.advance(seconds=605)
    w.use_cases.ticking.tick()
    w.drain()
    ran = [slot for slot in fired(w) if w.schedules.runs[_key(w, slot)].is_run]
    assert ran == list(range(550, 601, 10))


def _key(w: Watched, slot: int) -> tuple[str, int]:
    return next(key for key in w.schedules.runs if key[1] == START_MS + slot * 1_000)


def test_more_slots_than_one_call_takes_are_fired_by_the_next_ones(w: Watched) -> None:
    scheduled(w, "* * * * * *", **SECONDS)
    w.queue.sent.clear()
    w.clock.advance(seconds=60)
    w.use_cases.ticking.tick()
    w.drain()
    assert fired(w) == list(range(1, 61))
    assert all(hint.kind is HintKind.DUE and hint.at is not None for hint in waiting(w))
