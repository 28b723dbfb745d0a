"""What is said about clock changes, and the policies they are said of."""

from datetime import UTC, datetime
from itertools import product

import pytest

from chalicelib.domain.cron import describe_next, parse
from chalicelib.domain.cron_words import warnings
from chalicelib.domain.dst import PLAIN, DstPolicy, Fold, Gap
from chalicelib.domain.dst_notes import DstEffect, dst_notes
from chalicelib.domain.errors import Invalid
from chalicelib.domain.recurrence import last_slot
from tests.contract.values import a_schedule

NEW_YORK, APIA = "America/New_York", "Pacific/Apia"
SKIP, BOTH = DstPolicy(gap=Gap.SKIP), DstPolicy(fold=Fold.BOTH)
FOLLOWS = DstPolicy(Gap.SKIP, Fold.BOTH)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def runs(text: str, zone: str, policy: DstPolicy, since: str, count: int) -> list[str]:
    slots = describe_next(parse(text), zone, ms(since), count, policy)
    return [f"{datetime.fromtimestamp(slot / 1000, UTC):%m-%d %H:%M}" for slot in slots]


@pytest.mark.parametrize(
    ("text", "zone", "policy", "since", "expected"),
    [
        # All that a gap holds, and what is due at its end, is one run.
        ("0,30 2 * * *", NEW_YORK, PLAIN, "2027-03-14T05:00Z", ["03-14 07:00", "03-15 06:00"]),
        ("0,30 2,3 * * *", NEW_YORK, BOTH, "2027-03-14T05:00Z", ["03-14 07:00", "03-14 07:30"]),
        ("0,30 2,3 * * *", NEW_YORK, SKIP, "2027-03-14T05:00Z", ["03-14 07:00", "03-14 07:30"]),
        ("0,30 2 * * *", NEW_YORK, SKIP, "2027-03-14T05:00Z", ["03-15 06:00", "03-15 06:30"]),
        ("30 1 * * *", NEW_YORK, BOTH, "2027-11-07T04:00Z", ["11-07 05:30", "11-07 06:30", "11-08 06:30"]),
        ("30 1 * * *", NEW_YORK, SKIP, "2027-11-07T05:30Z", ["11-08 06:30"]),
        ("30 1 * * *", NEW_YORK, FOLLOWS, "2027-11-07T05:30Z", ["11-07 06:30", "11-08 06:30"]),
        # 00:00 does not exist in Santiago on 5 September 2027.
        ("0 0 * * *", "America/Santiago", SKIP, "2027-09-04T12:00Z", ["09-06 03:00"]),
        # Nor does a whole day in Apia: its runs become one at the next midnight, or none.
        ("0 9,17 * * *", APIA, PLAIN, "2011-12-30T04:00Z", ["12-30 10:00", "12-30 19:00"]),
        ("0 9,17 * * *", APIA, SKIP, "2011-12-30T04:00Z", ["12-30 19:00"]),
        ("15 2 * * *", "Australia/Lord_Howe", SKIP, "2027-10-02T12:00Z", ["10-03 15:15"]),
        ("45 1 * * *", "Australia/Lord_Howe", BOTH, "2027-04-03T14:00Z", ["04-03 14:45", "04-03 15:15"]),
        ("30 1 * * *", "Antarctica/Troll", SKIP, "2027-03-27T12:00Z", ["03-28 23:30"]),
    ],
)
def test_a_policy_decides_what_a_change_does(
    text: str, zone: str, policy: DstPolicy, since: str, expected: list[str]
) -> None:
    assert runs(text, zone, policy, since, len(expected)) == expected


def test_a_year_may_lack_its_day() -> None:
    cron, since = parse("0 9 30 12 *"), ms("2011-01-01T00:00Z")
    assert cron.next_after(since, APIA, SKIP) == ms("2012-12-29T19:00Z")
    assert cron.next_after(since, APIA) == ms("2011-12-30T10:00Z")


@pytest.mark.parametrize("policy", [DstPolicy(gap, fold) for gap, fold in product(Gap, Fold)])
def test_a_rhythm_and_a_zone_without_changes_know_no_policy(policy: DstPolicy) -> None:
    for text, zone in (("*/20 1-3 * * *", NEW_YORK), ("30 2 * * *", "Asia/Kolkata")):
        for since in ("2027-03-14T00:00Z", "2027-11-07T00:00Z"):
            assert runs(text, zone, policy, since, 12) == runs(text, zone, PLAIN, since, 12)


def test_the_last_slot_before_a_moment_is_found_under_each_policy() -> None:
    cron, since = parse("30 1 * * *"), ms("2027-11-06T05:30Z")
    assert cron.last_until(ms("2027-11-07T12:00Z"), NEW_YORK, since=since) == ms("2027-11-07T05:30Z")
    assert cron.last_until(ms("2027-11-07T12:00Z"), NEW_YORK, BOTH, since=since) == ms("2027-11-07T06:30Z")


@pytest.mark.parametrize(("policy", "at"), [(PLAIN, "2027-11-07T05:30Z"), (BOTH, "2027-11-07T06:30Z")])
def test_a_schedule_catches_up_with_the_last_slot_of_its_policy(policy: DstPolicy, at: str) -> None:
    schedule = a_schedule(cron="30 1 * * *", timezone=NEW_YORK, dst=policy)
    assert last_slot(schedule, until=ms("2027-11-07T12:00Z"), since=ms("2027-11-06T05:30Z")) == ms(at)


@pytest.mark.parametrize(
    ("text", "zone", "policy", "since", "effect", "said"),
    [
        (
            "0,30 2 * * *",
            NEW_YORK,
            PLAIN,
            "2027-01-01T00:00Z",
            DstEffect.MOVED,
            "On 14 March 2027 the clocks in America/New_York skip 02:00-03:00: what is due at 02:00, 02:30 "
            "happens right after, once, at 03:00.",
        ),
        (
            "30 2,3 * * *",
            "Australia/Lord_Howe",
            PLAIN,
            "2027-07-01T00:00Z",
            None,
            "",
        ),
        (
            "0,30 2 * * *",
            "Australia/Lord_Howe",
            PLAIN,
            "2027-07-01T00:00Z",
            DstEffect.MOVED,
            "On 3 October 2027 the clocks in Australia/Lord_Howe skip 02:00-02:30: what is due at 02:00 "
            "happens right after, once, at 02:30, as one run with what is due then.",
        ),
        (
            "30 2 * * *",
            NEW_YORK,
            SKIP,
            "2027-01-01T00:00Z",
            DstEffect.SKIPPED,
            "On 14 March 2027 the clocks in America/New_York skip 02:00-03:00: what is due at 02:30 does not "
            "happen.",
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            PLAIN,
            "2027-07-01T00:00Z",
            DstEffect.ONCE,
            "On 7 November 2027 the clocks in America/New_York show 01:00-02:00 twice: what is due at 01:30 "
            "happens the first time only.",
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            BOTH,
            "2027-07-01T00:00Z",
            DstEffect.REPEATED,
            "On 7 November 2027 the clocks in America/New_York show 01:00-02:00 twice: what is due at 01:30 "
            "happens both times.",
        ),
        (
            "0 12 * * *",
            APIA,
            PLAIN,
            "2011-12-01T00:00Z",
            DstEffect.MOVED,
            "On 30 December 2011 the clocks in Pacific/Apia skip the whole day: what is due at 12:00 happens "
            "right after, once, at 00:00 the next day.",
        ),
        (
            "0 * * * *",
            APIA,
            BOTH,
            "2011-12-01T00:00Z",
            DstEffect.SKIPPED,
            "On 30 December 2011 the clocks in Pacific/Apia skip the whole day: what is due at 00:00, 01:00, "
            "02:00 and so on does not happen.",
        ),
    ],
)
def test_a_change_is_told_with_its_date(
    text: str, zone: str, policy: DstPolicy, since: str, effect: DstEffect | None, said: str
) -> None:
    now = ms(since)
    found = dst_notes(parse(text), zone, policy, now=now, until=now + 180 * 86_400_000)
    assert [(note.effect, note.text) for note in found] == ([] if effect is None else [(effect, said)])


def test_notes_come_in_order_up_to_the_end_that_is_asked_for() -> None:
    cron, now, change = parse("30 1,2 * * *"), ms("2027-01-01T00:00Z"), ms("2027-03-14T07:00Z")
    found = dst_notes(cron, NEW_YORK, PLAIN, now=now, until=ms("2028-12-31T00:00Z"))
    assert [note.at for note in found] == [
        change,
        ms("2027-11-07T06:00Z"),
        ms("2028-03-12T07:00Z"),
        ms("2028-11-05T06:00Z"),
    ]
    assert [note.at for note in dst_notes(cron, NEW_YORK, PLAIN, now=now, until=change)] == [change]
    assert dst_notes(cron, NEW_YORK, PLAIN, now=now, until=change - 1) == []
    assert dst_notes(cron, NEW_YORK, PLAIN, now=change, until=change + 1) == []


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid):
        dst_notes(parse("30 2 * * *"), "Mars/Olympus", PLAIN, now=0, until=1)


@pytest.mark.parametrize(
    ("text", "policy", "is_told"),
    [("*/15 2 * * *", SKIP, True), ("*/15 2 * * *", PLAIN, False), ("30 2 * * *", SKIP, False)],
)
def test_a_policy_without_effect_is_told(text: str, policy: DstPolicy, is_told: bool) -> None:
    found = warnings(parse(text), "Asia/Kolkata", ms("2027-01-01T00:00Z"), policy)
    assert any("dst_policy has no effect" in words for words in found) == is_told
