"""AWS' notation: what it becomes, and what is said about the part of it that nothing here can say."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.cron import parse
from chalicelib.domain.cron_aws import note, single_run
from chalicelib.domain.errors import Invalid


def refusal(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        parse(text)
    (error,) = caught.value.errors
    assert error.pointer == "/cron_expression"
    return error.message


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("cron(0 9 ? * MON-FRI *)", "0 9 * * MON-FRI"),
        ("cron(0 9 ? * 2-6 *)", "0 9 * * MON-FRI"),
        (" Cron( 0  9 * jan-mar ? * ) ", "0 9 * JAN-MAR *"),
        ("cron(0 9 ? * 1 *)", "0 9 * * SUN"),
        ("cron(0 9 ? * 7 *)", "0 9 * * SAT"),
        ("cron(0 9 ? * L *)", "0 9 * * SAT"),
        ("cron(0 9 ? * 6L *)", "0 9 * * L5"),
        ("cron(0 9 ? * FRIL *)", "0 9 * * L5"),
        ("cron(0 9 ? * 3#2 *)", "0 9 * * TUE#2"),
        ("cron(0 9 ? * 2,4,6#1 *)", "0 9 * * MON,WED,FRI#1"),
        ("cron(0 9 ? * 1/2 *)", "0 9 * * */2"),
        ("cron(0 9 ? * 2/2 *)", "0 9 * * MON-6/2"),
        ("cron(0 9 ? * */2 *)", "0 9 * * */2"),
        ("cron(0/15 * * * ? *)", "*/15 * * * *"),
        ("cron(5/15 0/2 1/3 1/6 ? *)", "5-59/15 */2 */3 */6 *"),
        ("cron(15 10 L * ? *)", "15 10 L * *"),
        ("cron(15 10 15W * ? *)", "15 10 15W * *"),
        ("cron(0 9 * * ? *)", "0 9 * * *"),
        ("cron(0 9 1 * * *)", "0 9 1 * *"),
        ("rate(1 minute)", "* * * * *"),
        ("rate(5 minutes)", "*/5 * * * *"),
        ("RATE( 30 Minutes )", "*/30 * * * *"),
        ("rate(60 minutes)", "0 * * * *"),
        ("rate(1 hour)", "0 * * * *"),
        ("rate(120 minutes)", "0 */2 * * *"),
        ("rate(12 hours)", "0 */12 * * *"),
        ("rate(1 day)", "0 0 * * *"),
        ("rate(24 hours)", "0 0 * * *"),
        ("rate(7 days)", "0 0 * * 0"),
    ],
)
def test_it_is_translated(text: str, canonical: str) -> None:
    assert parse(text).text == canonical


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate(90 minutes)", "the nearest that does is 'rate(1 hour)' or 'rate(2 hours)'"),
        ("rate(7 minutes)", "the nearest that does is 'rate(6 minutes)' or 'rate(10 minutes)'"),
        ("rate(5 hours)", "'rate(4 hours)' or 'rate(6 hours)'"),
        ("rate(2 days)", "'rate(1 day)' or 'rate(7 days)'"),
        ("rate(14 days)", "it does not divide the hour or the day; the nearest that does is 'rate(7 days)'"),
        ("rate(0 minutes)", "takes a number and a unit, such as 'rate(5 minutes)'"),
        ("rate(5)", "takes a number and a unit"),
        ("rate(5 weeks)", "takes a number and a unit"),
        ("rate(-5 minutes)", "takes a number and a unit"),
        ("rate(1.5 hours)", "takes a number and a unit"),
        ("cron()", "takes six fields (minutes hours day-of-month month day-of-week year), not 0"),
        ("cron(0 9 * * MON-FRI)", "not 5, such as 'cron(0 9 ? * MON-FRI *)'"),
        ("cron(0 9 ? * ? *)", "names days in one of day-of-month and day-of-week"),
        ("cron(0 9 1 * MON *)", "writes '?' in the other"),
        ("cron(? 9 * * ? *)", "minute: '?' is how AWS and Quartz write 'any'; write '*'"),
        (
            "cron(0 9 ? * 0 *)",
            "day-of-week: 0 is out of range; in 'cron(...)' they run from 1 (SUN) to 7 (SAT)",
        ),
        ("cron(0 9 ? * 2-8 *)", "8 is out of range"),
        ("cron(0 9 ? * 9L *)", "9 is out of range"),
        ("cron(0 9 ? * 6-2 *)", "the range 'FRI-MON' runs backwards"),
        ("cron(0/60 9 * * ? *)", "'*/60' steps past the end"),
        ("cron(0 9 LW * ? *)", "'LW' (the last working day) is not supported"),
        ("cron(0 9 ? * MON 2027)", "the year '2027' is not part of an expression here; write '0 9 * * MON'"),
        (
            "cron(0 9 ? * MON 2027)",
            "with start_at '2027-01-01T00:00:00Z' and end_at '2027-12-31T23:59:59Z'",
        ),
        ("cron(0 9 ? * MON 2027-2029)", "start_at '2027-01-01T00:00:00Z' and end_at '2029-12-31T23:59:59Z'"),
        ("cron(0 9 ? * MON 2027/2)", "with start_at and end_at"),
        ("cron(0 9 ? * MON *", "'cron(' is AWS' notation, which ends with ')'; nothing may follow it"),
        ("rate(5 minutes) *", "nothing may follow it"),
        ("cron(0 9 ? * \u017fun *)", "not plain ASCII"),
        ("at(2027-01-01T00:00:00)", "for a single run set run_at"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_what_would_be_right(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize("text", ["at(2027-03-01T09:30:05)", " AT( 2027-03-01t09:30:05 ) "])
def test_at_is_a_single_run_of_the_local_clock(text: str) -> None:
    assert single_run(text) == round(datetime(2027, 3, 1, 9, 30, 5, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    "text", ["* * * * *", "rate(5 minutes)", "at\u017f(2027-01-01T00:00:00)", "", None, 5]
)
def test_any_other_text_is_no_single_run(text: object) -> None:
    assert single_run(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "at()",
        "at(tomorrow)",
        "at(2027-02-30T00:00:00)",
        "at(2027-01-01T00:00)",
        "at(1969-12-31T00:00:00)",
        "at(2200-01-01T00:00:00)",
        "at(2027-01-01T00:00:00Z)",
    ],
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        single_run(text)
    assert "such as 'at(2027-01-31T09:00:00)'" in caught.value.errors[0].message


def test_a_translation_is_told_and_no_other_text_is() -> None:
    said = note("cron(0 9 ? * 2 *)", "'0 9 * * MON'")
    assert said == "'cron(0 9 ? * 2 *)' is AWS' notation and was read as '0 9 * * MON'."
    assert "at times of the clock" in (note("rate(1 day)", "0 0 * * *") or "")
    assert note("0 9 * * 2", "0 9 * * 2") is None
    assert note(None, "0 9 * * 2") is None
