"""When an expression fires: golden times, above all where clocks change."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.cron import LATEST_MS, describe_next, parse

NEW_YORK = "America/New_York"


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def runs(text: str, zone: str, since: str, count: int) -> list[str]:
    slots = describe_next(parse(text), zone, ms(since), count)
    return [f"{datetime.fromtimestamp(slot / 1000, UTC):%m-%d %H:%M}" for slot in slots]


@pytest.mark.parametrize(
    ("text", "zone", "since", "expected"),
    [
        # New York skips 02:00-03:00 on 14 March 2027 ...
        ("30 2 * * *", NEW_YORK, "2027-03-13T12:00Z", ["03-14 07:00", "03-15 06:30"]),
        ("0,30 2,3 * * *", NEW_YORK, "2027-03-14T05:00Z", ["03-14 07:00", "03-14 07:30", "03-15 06:00"]),
        ("*/15 * * * *", NEW_YORK, "2027-03-14T06:40Z", ["03-14 06:45", "03-14 07:00", "03-14 07:15"]),
        ("*/15 2 * * *", NEW_YORK, "2027-03-13T07:40Z", ["03-13 07:45", "03-15 06:00"]),
        ("0 */2 * * *", NEW_YORK, "2027-03-14T04:59Z", ["03-14 05:00", "03-14 08:00"]),
        # ... and shows 01:00-02:00 twice on 7 November.
        ("30 1 * * *", NEW_YORK, "2027-11-07T04:00Z", ["11-07 05:30", "11-08 06:30"]),
        ("30 1 * * *", NEW_YORK, "2027-11-07T06:10Z", ["11-08 06:30"]),
        (
            "*/30 * * * *",
            NEW_YORK,
            "2027-11-07T05:00Z",
            ["11-07 05:30", "11-07 06:00", "11-07 06:30", "11-07 07:00"],
        ),
        ("0 * * * *", NEW_YORK, "2027-11-07T04:30Z", ["11-07 05:00", "11-07 06:00", "11-07 07:00"]),
        ("*/30 1 * * *", NEW_YORK, "2027-11-07T05:30Z", ["11-07 06:00", "11-07 06:30", "11-08 06:00"]),
        # Elsewhere.
        ("30 1 * * *", "Europe/London", "2027-03-27T12:00Z", ["03-28 01:00", "03-29 00:30"]),
        ("30 1 * * *", "Europe/London", "2027-10-30T12:00Z", ["10-31 00:30", "11-01 01:30"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2027-10-02T12:00Z", ["10-02 15:30", "10-03 15:15"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2027-04-03T12:00Z", ["04-03 14:45", "04-04 15:15"]),
        ("30 1 * * *", "Antarctica/Troll", "2027-03-27T12:00Z", ["03-28 01:00", "03-28 23:30"]),
        ("0 0 * * *", "America/Santiago", "2027-09-04T12:00Z", ["09-05 04:00", "09-06 03:00"]),
        ("30 9 * * *", "Asia/Kolkata", "2027-01-01T00:00Z", ["01-01 04:00", "01-02 04:00"]),
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T21:00Z", ["12-29 22:00", "12-30 10:00", "12-30 22:00"]),
    ],
)
def test_clock_changes(text: str, zone: str, since: str, expected: list[str]) -> None:
    assert runs(text, zone, since, len(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 10 5 * 0-6", ["01-01 10:00", "01-02 10:00"]),  # every day is among the weekdays
        ("0 10 1-31 * MON", ["01-01 10:00", "01-02 10:00"]),
        ("0 0 13 * FRI", ["01-08 00:00", "01-13 00:00"]),  # either
        ("0 0 */2 * MON", ["01-03 00:00", "01-04 00:00"]),  # also when one has a star in it
        ("0 0 1 * 5#3", ["01-15 00:00", "02-01 00:00"]),
        ("0 0 * * 1,5#3", ["01-04 00:00", "01-11 00:00", "01-15 00:00", "01-18 00:00"]),
        ("0 0 * * L5", ["01-29 00:00", "02-26 00:00"]),
        ("0 0 L * *", ["01-31 00:00", "02-28 00:00"]),
        ("0 0 15W,31W * *", ["01-15 00:00", "01-29 00:00", "02-15 00:00", "02-26 00:00"]),
        ("0 0 30 2 1", ["02-01 00:00", "02-08 00:00"]),
        ("0 0 31 * *", ["01-31 00:00", "03-31 00:00"]),
        ("0 0 * * FRI-SUN", ["01-02 00:00", "01-03 00:00", "01-08 00:00"]),
        ("10,10 0 1 1 *", ["01-01 00:10", "01-01 00:10"]),
    ],
)
def test_days(text: str, expected: list[str]) -> None:
    assert runs(text, "UTC", "2027-01-01T00:00Z", len(expected)) == expected


def test_a_slot_is_strictly_after_the_instant() -> None:
    cron, slot = parse("*/5 * * * *"), ms("2027-01-01T00:05Z")
    assert cron.next_after(slot - 1, "UTC") == slot
    assert cron.next_after(slot, "UTC") == ms("2027-01-01T00:10Z")


def test_29_february_is_found_across_a_century_without_one() -> None:
    assert parse("0 0 29 2 *").next_after(ms("2097-01-01T00:00Z"), "UTC") == ms("2104-02-29T00:00Z")


@pytest.mark.parametrize("text", ["0 0 * 2 1#5", "*/5 0 * 2 1#5"])
def test_there_is_no_next_slot_when_none_comes_within_eight_years(text: str) -> None:
    cron = parse(text)
    assert cron.next_after(ms("2027-01-01T00:00Z"), "Europe/London") is None
    assert describe_next(cron, "UTC", ms("2027-01-01T00:00Z"), 3) == []


def test_instants_outside_the_calendar_are_survived() -> None:
    cron = parse("0 0 * * *")
    assert cron.next_after(-(10**15), "UTC") == 86_400_000
    assert cron.next_after(LATEST_MS + 1, "UTC") is None
    assert cron.next_after(10**18, "UTC") is None
