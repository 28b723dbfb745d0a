"""Six fields, the second first: golden times, and random expressions against second opinions."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.domain.cron import Cron, describe_next, parse
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.cron_words import warnings
from chalicelib.domain.errors import Invalid
from chalicelib.domain.zones import zone_named
from tests.domain.cron_matcher import matches
from tests.domain.cron_texts import plain_days, seconds, signed_days, times

pytestmark = pytest.mark.uncounted
NEW_YORK = "America/New_York"
ZONES = ("UTC", NEW_YORK, "Europe/London", "Australia/Lord_Howe", "Antarctica/Troll")
CHANGES = ("2027-03-14T06:50Z", "2027-11-07T05:50Z", "2027-03-28T00:50Z", "2027-10-02T15:20Z")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def six(text: str) -> Cron:
    return parse(text, CronFormat.SECONDS)


def runs(text: str, zone: str, since: str, count: int) -> list[str]:
    slots = describe_next(six(text), zone, ms(since), count)
    return [f"{datetime.fromtimestamp(slot / 1000, UTC):%m-%d %H:%M:%S}" for slot in slots]


@pytest.mark.parametrize(
    ("text", "zone", "since", "expected"),
    [
        ("*/20 * * * * *", "UTC", "2027-01-01T00:00:39.5Z", ["01-01 00:00:40", "01-01 00:01:00"]),
        ("* * * * * *", "UTC", "2027-01-01T23:59:58Z", ["01-01 23:59:59", "01-02 00:00:00"]),
        ("10,50 0 9 * * *", "UTC", "2027-01-01T09:00:10Z", ["01-01 09:00:50", "01-02 09:00:10"]),
        ("30 0 0 1 1 *", "UTC", "2027-01-01T00:00:30Z", ["01-01 00:00:30"]),
        ("59 59 23 L * *", "UTC", "2027-01-31T23:59:58.999Z", ["01-31 23:59:59", "02-28 23:59:59"]),
        # New York skips 02:00-03:00 on 14 March 2027: what is due in it happens right after, once ...
        ("*/20 30 2 * * *", NEW_YORK, "2027-03-14T06:00Z", ["03-14 07:00:00", "03-15 06:30:00"]),
        ("*/20 * * * * *", NEW_YORK, "2027-03-14T06:59:30Z", ["03-14 06:59:40", "03-14 07:00:00"]),
        # ... and shows 01:00-02:00 twice on 7 November.
        ("15,45 30 1 * * *", NEW_YORK, "2027-11-07T05:30:15Z", ["11-07 05:30:45", "11-08 06:30:15"]),
        ("*/30 59 * * * *", NEW_YORK, "2027-11-07T05:59:30Z", ["11-07 06:59:00", "11-07 06:59:30"]),
    ],
)
def test_slots_stand_on_the_second(text: str, zone: str, since: str, expected: list[str]) -> None:
    assert runs(text, zone, since, len(expected)) == expected


def test_there_is_no_slot_where_no_day_matches() -> None:
    assert six("*/5 0 0 * 2 1#5").next_after(ms("2027-01-01T00:00Z"), "UTC") is None


@settings(max_examples=150, deadline=None)
@given(
    second=seconds,
    time=times,
    days=plain_days,
    instant=st.integers(ms("2024-01-01T00:00Z"), ms("2030-12-31T00:00Z")),
)
def test_the_next_slot_is_the_one_croniter_finds(second: str, time: str, days: str, instant: int) -> None:
    cron = parsed(f"{second} {time} {days}")
    both_set = "*" not in (cron.fields.day.text, cron.fields.weekday.text)
    # croniter takes a day field written out in full for a star
    assume(not (both_set and (cron.fields.day.is_every or cron.fields.weekday.is_every)))
    search = croniter(cron.text, instant // 1000, second_at_beginning=True)
    assert cron.next_after(instant, "UTC") == round(search.get_next(float)) * 1000


def parsed(text: str) -> Cron:
    try:
        return six(text)
    except Invalid as refused:
        assert "never fires" in str(refused) or "holds" in str(refused)  # noqa: PT017 - the only two left
        assume(False)
        raise


@settings(max_examples=60, deadline=None)
@given(
    second=seconds,
    time=times,
    days=st.one_of(st.just("* * *"), plain_days, signed_days),
    start=st.integers(ms("2027-01-01T00:00Z") // 1000, ms("2028-12-31T00:00Z") // 1000),
)
def test_in_an_hour_it_fires_at_every_second_that_matches_and_at_no_other(
    second: str, time: str, days: str, start: int
) -> None:
    cron, first = parsed(f"{second} {time} {days}"), datetime.fromtimestamp(start, UTC)
    walk = [first + timedelta(seconds=n) for n in range(3_600)]
    expected = [round(at.timestamp()) * 1000 for at in walk if matches(cron.fields, at)]
    assert describe_next(cron, "UTC", start * 1000 - 1, len(expected)) == expected
    after = cron.next_after(expected[-1] if expected else start * 1000 - 1, "UTC")
    assert after is None or after >= (start + 3_600) * 1000


@settings(max_examples=40, deadline=None)
@given(second=seconds, minute=st.sampled_from(["*", "*/5", "*/30", "0,59"]), zone=st.sampled_from(ZONES))
@pytest.mark.parametrize("start", CHANGES)
def test_across_a_clock_change_a_rhythm_fires_whenever_the_clock_shows_a_match(
    start: str, second: str, minute: str, zone: str
) -> None:
    cron, first, place = six(f"{second} {minute} * * * *"), datetime.fromisoformat(start), zone_named(zone)
    walk = (first + timedelta(seconds=n) for n in range(1_500))
    expected = [round(at.timestamp()) * 1000 for at in walk if matches(cron.fields, at.astimezone(place))]
    assert describe_next(cron, zone, ms(start) - 1, len(expected)) == expected


@settings(max_examples=60, deadline=None)
@given(second=seconds, time=times, instant=st.integers(ms("2027-03-01T00:00Z"), ms("2027-12-01T00:00Z")))
def test_the_last_slot_until_a_moment_is_found_to_the_second(second: str, time: str, instant: int) -> None:
    cron = six(f"{second} {time} * * *")
    slots = describe_next(cron, NEW_YORK, instant, 8)
    for before, after in pairwise(slots):
        assert cron.last_until(after - 1, NEW_YORK, since=slots[0]) == before
        assert cron.last_until(after, NEW_YORK, since=slots[0]) == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 0 9 * * MON-FRI", []),
        ("0 */5 * * * *", []),
        ("* * * * * *", ["It fires every second, 86400 times a day; for one run a minute name one second."]),
        ("* 30 1 * * *", ["every second of the minutes it names, 60 times a day"]),
        ("0 * * * * *", ["It fires every minute, 1440 times a day."]),
        ("*/30 * 2,4 * * *", ["It fires 2 times a minute in the hours '2,4', 240 times a day"]),
        ("*/30 * * * * *", ["It fires 2880 times a day."]),
        ("*/7 0 9 * * *", ["'*/7' starts anew every minute: the last gap is 4, not 7."]),
        ("0,30 30 2 * * *", ["On 14 March 2027", "what is due at 02:30, 02:30:30 happens right after"]),
    ],
)
def test_surprises_are_said_in_plain_words(text: str, said: list[str]) -> None:
    found = " ".join(warnings(six(text), NEW_YORK, ms("2027-01-01T00:00Z")))
    assert all(words in found for words in said)
    assert bool(found) == bool(said)
