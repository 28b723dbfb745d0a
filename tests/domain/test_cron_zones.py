"""Time zones by name, and the words about what clock changes do to an expression."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.cron import parse
from chalicelib.domain.cron_words import warnings
from chalicelib.domain.errors import Invalid
from chalicelib.domain.zones import first_change, offset_at, zone_named

NEW_YEAR_2027 = round(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


@pytest.mark.parametrize("name", ["UTC", "Europe/London", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_an_iana_name_is_a_zone(name: str) -> None:
    assert zone_named(name).key == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("america/new_york", "did you mean 'America/New_York'?"),
        ("New York", "did you mean 'America/New_York'?"),
        ("US/London", "did you mean 'Europe/London'?"),
        ("Europe/Lodnon", "did you mean 'Europe/London'"),
        ("utc", "did you mean 'UTC'?"),
        ("+01:00", "write a name such as"),
        ("", "write a name such as"),
        ("../../etc/passwd", "is not an IANA time zone"),
        ("America", "is not an IANA time zone"),
        ("posix/UTC", "is not an IANA time zone"),
        (7, "not int"),
        ([], "not list"),
    ],
)
def test_other_names_are_refused_with_the_nearest(name: object, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        zone_named(name)
    (error,) = caught.value.errors
    assert error.pointer == "/timezone"
    assert said in error.message


def test_the_first_change_is_found_to_the_millisecond() -> None:
    zone = zone_named("America/New_York")
    change = first_change(zone, NEW_YEAR_2027, NEW_YEAR_2027 + 100 * DAY)
    assert change == round(datetime(2027, 3, 14, 7, tzinfo=UTC).timestamp() * 1000)
    assert offset_at(zone, change) - offset_at(zone, change - 1) == 3_600_000
    assert first_change(zone, change, change + DAY) is None


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("0 9 * * MON-FRI", "UTC", []),
        ("0 9 * * *", "America/New_York", []),
        ("*/15 * * * *", "America/New_York", []),
        ("0 0 * 2 1#5", "UTC", ["It does not fire within the next 8 years."]),
        (
            "0 0 13 * FRI",
            "UTC",
            ["Day-of-month '13' and day-of-week 'FRI' are both set", "days that match either of them"],
        ),
        ("0 10 5 * 0-6", "UTC", ["'0-6' names every day", "for '5' alone write '*' in place of '0-6'"]),
        ("0 10 1-31 * 5", "UTC", ["'1-31' names every day"]),
        (
            "0 0 31 * *",
            "UTC",
            ["Months without a day 31 have no run for it; the last day of the month is 'L'."],
        ),
        ("0 0 31 1 *", "UTC", []),
        ("0 0 29 2 *", "UTC", ["29 February: it only exists in leap years"]),
        ("0 0 29,L 2 *", "UTC", ["29 February"]),
        (
            "0 0 30W * *",
            "UTC",
            ["'30W': in months without a day 30 it is the working day nearest to the last."],
        ),
        ("*/7 * * * *", "UTC", ["'*/7' starts anew every hour: the last gap is 4, not 7."]),
        ("0 */5 * * *", "UTC", ["'*/5' starts anew every day: the last gap is 4, not 5."]),
        ("0 0 */2 * *", "UTC", ["'*/2' starts anew on the 1st of every month."]),
        ("* * * * *", "UTC", ["It fires every minute, 1440 times a day."]),
        (
            "* 2 * * *",
            "UTC",
            ["every minute of the hours '2', 60 times a day", "for one run an hour name one minute"],
        ),
        ("*/2 * * * *", "UTC", ["It fires 720 times a day."]),
        (
            "30 2 * * *",
            "America/New_York",
            [
                "On 14 March 2027 the clocks in America/New_York skip 02:00-03:00",
                "at 02:30 happens right after",
            ],
        ),
        (
            "30 1 * * *",
            "America/New_York",
            [
                "On 7 November 2027 the clocks in America/New_York show 01:00-02:00 twice",
                "the first time only",
            ],
        ),
        ("*/15 2 * * *", "America/New_York", ["02:00, 02:15, 02:30 and so on does not happen."]),
        ("*/30 1 * * *", "America/New_York", ["01:00, 01:30 happens both times."]),
        ("0 * * * *", "Australia/Lord_Howe", ["On 3 October 2027", "at 02:00 does not happen."]),
    ],
)
def test_surprises_are_said_in_plain_words(text: str, zone: str, said: list[str]) -> None:
    found = " ".join(warnings(parse(text), zone, NEW_YEAR_2027))
    assert all(words in found for words in said)
    assert bool(found) == bool(said)


def test_both_clock_changes_of_a_year_are_named() -> None:
    assert len(warnings(parse("30 1 * * *"), "Europe/London", NEW_YEAR_2027)) == 2
