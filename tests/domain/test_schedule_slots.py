"""Which slots fire after an outage and for any history of ticks: none twice, none early, none forgotten."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.content import Content
from chalicelib.domain.cron import parse
from chalicelib.domain.execution import Firing
from chalicelib.domain.misfires import ALL_WINDOW_MS
from chalicelib.domain.recurrence import GRACE_MS
from chalicelib.domain.schedule import CatchupPolicy, Schedule, ScheduleStatus
from chalicelib.domain.schedule_lifecycle import created
from chalicelib.domain.schedule_runs import fired

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
NOON = round(datetime.fromisoformat("2027-03-13T12:00Z").timestamp() * 1000)


def active(catchup: CatchupPolicy, **fields: Any) -> Schedule:
    given: dict[str, Any] = {"cron": None if "run_at" in fields else "*/5 * * * *", **fields}
    document = Content("00", inline="{}")
    draft = Schedule(
        schedule_id="s",
        tenant="local",
        client_id="c",
        created_at=0,
        task_type="t",
        capability="c",
        document=document,
        catchup=catchup,
        **given,
    )
    return created(draft, now=NOON)


def all_due(schedule: Schedule, now: int) -> tuple[Schedule, list[Firing]]:
    """Fire until nothing is due."""
    firings = []
    while schedule.due_at is not None and schedule.due_at <= now:
        schedule, firing, _ = fired(schedule, now=now)
        firings += [firing] if firing else []
    return schedule, firings


@pytest.mark.parametrize("catchup", list(CatchupPolicy))
def test_a_slot_up_to_a_minute_old_is_late_not_missed(catchup: CatchupPolicy) -> None:
    slot = NOON + 5 * MINUTE
    _, firings = all_due(active(catchup), slot + GRACE_MS)
    assert [firing.slot for firing in firings] == [slot]


@pytest.mark.parametrize(
    ("catchup", "minutes", "skipped_since"),
    [
        (CatchupPolicy.NONE, [30], [5]),
        (CatchupPolicy.ONE, [25, 30], [5, None]),
        (CatchupPolicy.ALL, [5, 10, 15, 20, 25, 30], [None] * 6),
    ],
)
def test_after_an_outage_the_policy_decides_about_missed_slots(
    catchup: CatchupPolicy, minutes: list[int], skipped_since: list[int | None]
) -> None:
    schedule, firings = all_due(active(catchup), NOON + 30 * MINUTE + 20 * SECOND)
    assert [(firing.slot - NOON) // MINUTE for firing in firings] == minutes
    since = [None if m is None else NOON + m * MINUTE for m in skipped_since]
    assert [firing.skipped_since for firing in firings] == since
    assert schedule.next_slot == NOON + 35 * MINUTE
    assert schedule.total_runs == len(minutes)


def test_one_missed_slot_is_fired_as_itself() -> None:
    _, (firing,) = all_due(active(CatchupPolicy.ONE), NOON + 8 * MINUTE)
    assert (firing.slot, firing.skipped_since) == (NOON + 5 * MINUTE, None)


def test_none_moves_on_without_a_run_when_all_that_was_due_is_missed() -> None:
    schedule, firing, _ = fired(active(CatchupPolicy.NONE), now=NOON + 28 * MINUTE)
    assert firing is None
    assert (schedule.next_slot, schedule.total_runs, schedule.version) == (NOON + 30 * MINUTE, 0, 2)


def test_all_goes_back_one_day_and_no_further() -> None:
    now = NOON + 3 * ALL_WINDOW_MS
    _, firings = all_due(active(CatchupPolicy.ALL, cron="0 * * * *"), now)
    assert [firings[0].slot, firings[-1].slot, len(firings)] == [now - ALL_WINDOW_MS, now, 25]
    assert firings[0].skipped_since == NOON + HOUR


@pytest.mark.parametrize(("catchup", "runs"), [("none", 0), ("one", 1), ("all", 1)])
def test_a_missed_single_run_is_made_up_unless_the_policy_is_none(catchup: str, runs: int) -> None:
    schedule, firings = all_due(active(CatchupPolicy(catchup), run_at=NOON + MINUTE), NOON + 90 * 24 * HOUR)
    assert len(firings) == runs
    assert schedule.status is ScheduleStatus.COMPLETED


def test_catching_up_stays_within_end_at() -> None:
    schedule, firings = all_due(active(CatchupPolicy.ONE, end_at=NOON + 12 * MINUTE), NOON + 5 * HOUR)
    assert [firing.slot for firing in firings] == [NOON + 10 * MINUTE]
    assert schedule.status is ScheduleStatus.COMPLETED


def test_a_year_of_missed_minutes_is_caught_up_in_one_firing_and_the_late_slot() -> None:
    now = NOON + 365 * 24 * HOUR + 20 * SECOND
    _, firings = all_due(active(CatchupPolicy.ONE, cron="* * * * *"), now)
    assert [firing.slot for firing in firings] == [now - 20 * SECOND - MINUTE, now - 20 * SECOND]


def expected(schedule: Schedule, ticks: list[int]) -> list[int]:
    """The slots that must fire, told slot by slot without the domain's shortcuts."""
    cron, chosen, seen = parse(schedule.cron), [], NOON
    for now in sorted(ticks):
        due = []
        while (slot := cron.next_after(seen, schedule.timezone)) is not None and slot <= now:
            due.append(slot)
            seen = slot
        missed = [slot for slot in due if slot < now - GRACE_MS]
        kept = {
            CatchupPolicy.NONE: [],
            CatchupPolicy.ONE: missed[-1:],
            CatchupPolicy.ALL: [s for s in missed if s >= now - ALL_WINDOW_MS],
        }[schedule.catchup]
        chosen += [*kept, *due[len(missed) :]]
    return chosen


@pytest.mark.uncounted
@settings(max_examples=120, deadline=None)
@given(
    cron=st.sampled_from(["* * * * *", "*/7 * * * *", "0,30 1-3 * * *", "30 2 * * *", "*/20 */5 * * *"]),
    zone=st.sampled_from(["UTC", "America/New_York"]),
    catchup=st.sampled_from(CatchupPolicy),
    gaps=st.lists(st.one_of(st.integers(0, 150), st.integers(0, 5_000), st.integers(0, 130_000)), max_size=8),
)
def test_whatever_ticks_are_missed_doubled_or_late_the_slots_fired_are_the_policys(
    cron: str, zone: str, catchup: CatchupPolicy, gaps: list[int]
) -> None:
    schedule = first = active(catchup, cron=cron, timezone=zone)
    ticks = [NOON + sum(gaps[: i + 1]) * SECOND for i in range(len(gaps))]
    slots = []
    for now in ticks:
        schedule, firings = all_due(schedule, now)
        assert all(firing.execution.lateness_ms >= 0 for firing in firings)
        slots += [firing.slot for firing in firings]
    assert slots == expected(first, ticks)
    assert len(set(slots)) == len(slots)
    assert schedule.total_runs == len(slots)
