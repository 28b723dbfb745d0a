"""What an expression or a schedule will do, before it does."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain.content import Content
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.dst import DstPolicy, Gap
from chalicelib.domain.errors import Invalid
from chalicelib.domain.outlook import Outlook, of_expression, of_schedule
from chalicelib.domain.recurrence import next_slot
from chalicelib.domain.schedule import Schedule, ScheduleStatus
from chalicelib.domain.schedule_lifecycle import changed, created, failed, paused

HOUR = 3_600_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NOON = ms("2027-03-13T12:00Z")


def shown(outlook: Outlook) -> list[str]:
    return [f"{datetime.fromtimestamp(at / 1000, UTC):%m-%d %H:%M:%S}" for at in outlook.runs]


def asked(text: str, form: CronFormat = CronFormat.STANDARD, zone: str = "UTC", **more: Any) -> Outlook:
    return of_expression(text, form, zone, now=NOON, count=3, **more)


def a_schedule(**fields: Any) -> Schedule:
    given: dict[str, Any] = {"cron": None if "run_at" in fields else "0 * * * *", **fields}
    document = Content("00", inline="{}")
    draft = Schedule(
        schedule_id="schedule-1",
        tenant="local",
        client_id="c",
        created_at=0,
        task_type="t",
        capability="c",
        document=document,
        **given,
    )
    return created(draft, now=NOON)


def test_an_expression_is_told_with_its_text_its_words_and_its_runs() -> None:
    found = asked("@daily", zone="America/New_York")
    assert (found.cron, found.effective) == ("0 0 * * *", "0 0 * * *")
    assert found.english == "at 00:00 every day"
    assert shown(found) == ["03-14 05:00:00", "03-15 04:00:00", "03-16 04:00:00"]
    assert found.warnings == []


def test_seconds_are_asked_for_by_name() -> None:
    found = asked("*/20 * * * * *", CronFormat.SECONDS)
    assert shown(found) == ["03-13 12:00:20", "03-13 12:00:40", "03-13 12:01:00"]
    assert found.english == "every 20 seconds"


def test_the_policy_decides_about_runs_that_a_clock_change_touches() -> None:
    skipped = asked("30 2 * * *", zone="America/New_York", policy=DstPolicy(gap=Gap.SKIP))
    assert shown(skipped)[0] == "03-15 06:30:00"
    assert shown(asked("30 2 * * *", zone="America/New_York"))[0] == "03-14 07:00:00"


def test_a_translation_is_told_first() -> None:
    found = asked("cron(0 9 ? * 2 *)")
    assert found.cron == "0 9 * * MON"
    assert found.warnings[0] == "'cron(0 9 ? * 2 *)' is AWS' notation and was read as '0 9 * * MON'."


def test_at_is_a_single_run_in_the_zone() -> None:
    found = asked("at(2027-03-14T02:30:00)", zone="America/New_York")  # the clocks skip it
    assert (found.cron, found.effective, shown(found)) == (None, None, ["03-14 07:00:00"])
    assert found.english == "once, on 2027-03-14 at 02:30:00"
    past = asked("at(2027-03-13T12:00:00)")
    read_as = "'at(2027-03-13T12:00:00)' is AWS' notation and was read as a single run."
    assert (past.runs, past.warnings) == ([], [read_as, "It lies in the past."])
    with pytest.raises(Invalid, match="is not an IANA time zone"):
        asked("at(2027-03-14T02:30:00)", zone="Mars")


def test_a_hash_without_an_id_is_shown_as_an_example() -> None:
    example, of_one = asked("H H * * *"), asked("H H * * *", schedule_id="schedule-1")
    assert [example.cron, of_one.cron, of_one.effective] == ["H H * * *", "H H * * *", "55 14 * * *"]
    assert "send schedule_id" in example.warnings[0]
    assert of_one.warnings == []
    assert of_schedule(a_schedule(cron="H H * * *"), now=NOON, count=3).runs == of_one.runs


def test_a_schedule_shows_its_next_slots() -> None:
    found = of_schedule(a_schedule(), now=NOON + 1, count=2)
    assert shown(found) == ["03-13 13:00:00", "03-13 14:00:00"]
    assert found.english == "at minute 0 past every hour"


def test_a_slot_that_is_overdue_is_still_to_come() -> None:
    assert shown(of_schedule(a_schedule(), now=NOON + 5 * HOUR, count=1)) == ["03-13 13:00:00"]


def test_runs_lie_within_start_end_and_the_number_of_runs() -> None:
    bounded = a_schedule(start_at=NOON + 90 * 60_000, end_at=NOON + 3 * HOUR)
    assert shown(of_schedule(bounded, now=NOON, count=9)) == ["03-13 14:00:00", "03-13 15:00:00"]
    assert len(of_schedule(a_schedule(max_runs=2), now=NOON, count=9).runs) == 2


def test_a_window_moves_what_is_shown() -> None:
    spread = a_schedule(window_ms=HOUR)
    assert spread.spread_ms > 0
    assert of_schedule(spread, now=NOON, count=1).runs == [NOON + HOUR + spread.spread_ms]


@pytest.mark.parametrize("stopped", [paused, lambda s, now: failed(s, now=now, reason="broken")])
def test_one_that_stands_still_is_told_as_if_it_were_resumed_now(stopped: Any) -> None:
    schedule = stopped(a_schedule(), now=NOON)
    assert shown(of_schedule(schedule, now=NOON + 5 * HOUR, count=1)) == ["03-13 18:00:00"]


def test_one_that_has_no_slot_left_shows_none() -> None:
    last = a_schedule(run_at=NOON + HOUR)
    assert shown(of_schedule(last, now=NOON, count=3)) == ["03-13 13:00:00"]
    assert of_schedule(last, now=NOON, count=3).english == "once, on 2027-03-13 at 13:00:00"
    waits = replace(last, next_slot=None)
    assert of_schedule(waits, now=NOON, count=3).runs == []
    over = replace(a_schedule(), status=ScheduleStatus.COMPLETED, next_slot=None)
    assert of_schedule(over, now=NOON, count=3).runs == []


def test_a_schedule_in_aws_notation_keeps_what_it_was_translated_to() -> None:
    assert a_schedule(cron="rate(5 minutes)").cron == "*/5 * * * *"
    once = a_schedule(
        cron="at(2027-03-14T09:30:00)", timezone="Europe/Berlin", cron_format=CronFormat.SECONDS
    )
    assert (once.cron, once.run_at) == (None, ms("2027-03-14T08:30Z"))
    assert once.cron_format is CronFormat.STANDARD


def test_the_format_is_part_of_the_timing() -> None:
    schedule = a_schedule(cron="*/20 * * * * *", cron_format=CronFormat.SECONDS)
    assert schedule.next_slot == NOON + 20_000
    assert next_slot(schedule, after=NOON + 59_999) == NOON + 60_000
    minutes = changed(schedule, now=NOON, cron="*/20 * * * *", cron_format=CronFormat.STANDARD)
    assert minutes.next_slot == NOON + 20 * 60_000
    with pytest.raises(Invalid, match="has five fields"):
        changed(schedule, now=NOON, cron="*/20 * * * *")
    with pytest.raises(Invalid, match="has six fields"):
        changed(schedule, now=NOON, cron_format=CronFormat.STANDARD)
