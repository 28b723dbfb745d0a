"""What a cron text may hold, how it is written canonically, and what is said about the rest."""

import pytest

from chalicelib.domain.cron import parse
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.errors import Invalid


def refusal(text: object, form: CronFormat = CronFormat.STANDARD) -> str:
    with pytest.raises(Invalid) as caught:
        parse(text, form)
    (error,) = caught.value.errors
    assert error.pointer == "/cron_expression"
    return error.message


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("*/5 * * * *", "*/5 * * * *"),
        (" 0\t9 *\n* mon-Fri ", "0 9 * * MON-FRI"),
        ("000005 1,1,1 * * *", "5 1 * * *"),
        ("30,0,15 * * * *", "0,15,30 * * * *"),
        ("20,10-30/5,*/20 * * * *", "*/20,10-30/5,20 * * * *"),
        ("0,*/20 * * * *", "*/20,0 * * * *"),
        ("5,* */1 1-31/1 * *", "* * 1-31 * *"),
        ("0 0 1 jan,7,DEC *", "0 0 1 JAN,7,DEC *"),
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * 0-7", "0 0 * * 0-7"),
        ("0 0 * * FRI-SUN", "0 0 * * FRI-SUN"),
        ("0 0 * * sun-wed", "0 0 * * SUN-WED"),
        ("0 0 * * 5-7", "0 0 * * 5-7"),
        ("5/20 * * * *", "5-59/20 * * * *"),
        ("0 0 * mar/3 *", "0 0 * MAR-12/3 *"),
        ("0 0 L * *", "0 0 L * *"),
        ("0 0 l,01,15w * *", "0 0 1,15W,L * *"),
        ("0 0 W15 * *", "0 0 15W * *"),
        ("0 0 * * 5#3,fri#1,L07,lmon", "0 0 * * 5#3,FRI#1,L0,L1"),
        ("0 0 * * 1,5#3", "0 0 * * 1,5#3"),
        ("0 0 29 2 *", "0 0 29 2 *"),
        ("0 0 30 2 1", "0 0 30 2 1"),
        ("0 0 30 2,4 *", "0 0 30 2,4 *"),
        ("0 0 31,L 2 *", "0 0 31,L 2 *"),
        ("@hourly", "0 * * * *"),
        ("@Daily", "0 0 * * *"),
        (" @midnight ", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_text_is_written_canonically(text: str, canonical: str) -> None:
    assert parse(text).text == canonical


def test_seven_is_sunday() -> None:
    assert parse("0 0 * * 5-7").fields.weekday.values == {5, 6, 0}
    assert parse("0 0 * * 0-7").fields.weekday.is_every
    assert parse("0 0 * * 7#2").text == "0 0 * * 0#2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # what it is not
        (None, "not NoneType"),
        (5, "not int"),
        (b"* * * * *", "not bytes"),
        (["* * * * *"], "not list"),
        ("", "is empty; it takes five"),
        (" \n", "is empty"),
        ("*", "has 1 field;"),
        ("0 9 * *", "has 4 fields; it takes five: minute hour day-of-month month day-of-week"),
        ("0 0 0 9 * * *", "has 7 fields"),
        ("1," * 20_000, "holds 40000 characters; at most 128"),
        ("\u0663 * * * *", "not plain ASCII"),
        ("0 0 * * \u017fun", "not plain ASCII"),  # a long s, upper case S
        # a sixth field
        ("* * * * * *", "has six fields, and implementations disagree about what the sixth is"),
        ("*/10 * * * * *", "if the seconds come first, send cron_format 'seconds' too, or leave them out"),
        ("*/10 1 * * * *", "leave them out: '1 * * * *'; if they come last, leave them out: '*/10 1 * * *'"),
        ("0 12 * * WED 2027", "write 'cron(0 12 * * WED 2027)', else '0 12 * * WED'"),
        ("0 9 ? * 2-6 *", "if it is a year as AWS has it, write 'cron(0 9 ? * 2-6 *)', else '0 9 * * 2-6'"),
        # other dialects
        ("R R * * *", "'R' is random at every reading"),
        ("R(0-9) * * * *", "random"),
        ("0 9 ? * MON", "'?' is how AWS and Quartz write 'any'; write '*'"),
        ("at(2027-01-01T00:00:00)", "for a single run set run_at"),
        ("@every 5m", "every five minutes is '*/5 * * * *'"),
        ("@reboot", "nothing boots here"),
        ("@montly", "did you mean '@monthly'?"),
        ("@xyzzy", "known are @hourly, @daily"),
        ("@daily *", "'@daily' (which stands alone) cannot be read"),
        # steps
        ("*/60 * * * *", "minute: '*/60' steps past the end of the field (0-59) and would only ever mean 0"),
        ("*/61 * * * *", "for once an hour write '0'"),
        ("*/100 * * * *", "for once an hour write '0'"),
        ("0 */24 * * *", "hour: '*/24' steps past the end of the field (0-23)"),
        ("0 0 */31 * *", "for once a month write '1'"),
        ("0 0 * */12 *", "for once a year write '1'"),
        ("0 0 * * */7", "for once a week write '0'"),
        ("*/0 * * * *", "a step of 0 never moves on"),
        ("0-30/0 * * * *", "a step of 0 never moves on"),
        ("10-20/15 * * * *", "a step of 15 over '10-20' only ever reaches 10; write '10'"),
        ("59/15 * * * *", "only ever reaches 59"),
        ("*5 * * * *", "every fifth is written '*/5'"),
        ("5* * * * *", "every fifth is written '*/5'"),
        ("*/ * * * *", "every fifth is written '*/5'"),
        ("*/5/2 * * * *", "'*/5/2' cannot be read"),
        # ranges and lists
        ("10-10 * * * *", "the range '10-10' names one value only; write '10'"),
        ("0 0 1 JAN-JAN *", "the range 'JAN-JAN' names one value only; write 'JAN'"),
        ("0 0 * * SUN-SUN", "names one value only"),
        ("50-10 * * * *", "runs backwards; to go past the end write '50-59,0-10', else '10-50'"),
        ("59-0 * * * *", "write '59,0', else '0-59'"),
        ("0 0 * * 5-1", "write '5-6,0-1', else '1-5'"),
        ("0 0 * * 7-2", "write '0-2'"),
        ("0 0 * * FRI-MON", "the range 'FRI-MON' runs backwards"),
        ("1,,2 * * * *", "an item of the list is empty"),
        (", * * * *", "an item of the list is empty"),
        ("1-2-3 * * * *", "'1-2-3' cannot be read"),
        # values
        ("60 * * * *", "minute: 60 is out of range; it runs from 0 to 59"),
        ("0 24 * * *", "hours run from 0 to 23 (midnight is 0)"),
        ("0 0 0 * *", "day-of-month: 0 is out of range; it runs from 1 to 31"),
        ("0 0 * 13 *", "month: 13 is out of range"),
        ("0 0 * * 8", "days of the week run from 0 (Sunday) to 6 (Saturday), and 7 is Sunday again"),
        ("9" * 100 + " * * * *", "that is out of range"),
        ("-5 * * * *", "'-5' is negative"),
        ("1.5 * * * *", "'1.5' is not a whole number"),
        ("abc * * * *", "'ABC' cannot be read"),
        ("+5 * * * *", "'+5' cannot be read"),
        # names
        ("0 0 * * MONDAY", "weekdays are written with three letters, 'MON'"),
        ("0 0 * SEPT *", "months are written with three letters, 'SEP'"),
        ("0 0 MON * *", "'MON' is a day of the week; those are named in day-of-week"),
        ("0 0 * * JAN", "'JAN' is a month; those are named in the month field"),
        # signs
        ("0 0 LW * *", "'LW' (the last working day) is not supported"),
        ("0 0 L-3 * *", "'L-3' (days before the last) is not supported"),
        ("0 0 1-L * *", "'1-L' cannot be read"),
        ("0 0 32W * *", "32 is out of range"),
        ("0 0 * * 15W", "written '15W', in day-of-month"),
        ("0 0 * * L", "the last Friday of a month is 'L5'"),
        ("0 0 L5 * *", "in day-of-week 'L5' is its last Friday"),
        ("0 0 * * 5L", "written 'L5', not '5L'"),
        ("0 0 * * FRIL", "written 'LFRI', not 'FRIL'"),
        ("0 0 * * 1#6", "'1#6' does not exist"),
        ("0 0 * * 1#0", "'1#0' does not exist"),
        ("0 0 * * 1-5#2", "write each on its own"),
        ("0 0 1#1 * *", "written '5#3' or 'FRI#3', in day-of-week"),
        # dates that never come
        ("0 0 30 2 *", "never fires: no month of '2' has a day 30 (the longest has 29)"),
        ("0 0 31 4 *", "for the last day of the month write 'L'"),
        ("0 0 31 2,4,6,9,11 *", "never fires"),
    ],
)
def test_what_is_wrong_is_refused_with_what_was_probably_meant(text: object, said: str) -> None:
    assert said in refusal(text)


def test_a_text_that_is_too_long_when_spelled_out_is_refused_at_once() -> None:
    text = ",".join(f"{minute}/20" for minute in range(10, 29)) + " * * * *"
    assert len(text) <= 128
    assert "characters when spelled out; at most 128 are kept" in refusal(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("*/10 * * * * *", "*/10 * * * * *"),
        ("05,5,0 */1 9 * * mon-fri", "0,5 * 9 * * MON-FRI"),
        ("0 0 9 * * *", "0 0 9 * * *"),
        ("@hourly", "0 0 * * * *"),
        ("@Weekly", "0 0 0 * * 0"),
        ("cron(0 9 ? * 2-6 *)", "0 0 9 * * MON-FRI"),
        ("rate(5 minutes)", "0 */5 * * * *"),
    ],
)
def test_with_seconds_the_text_has_six_fields_the_second_first(text: str, canonical: str) -> None:
    cron = parse(text, CronFormat.SECONDS)
    assert cron.text == canonical
    assert parse(cron.text, CronFormat.SECONDS) == cron


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*/5 * * * *", "has five fields, but cron_format 'seconds' takes six, the second first: write "),
        ("*/5 * * * *", "write '0 */5 * * * *', or send cron_format 'standard'"),
        ("* * * *", "has 4 fields; with cron_format 'seconds' it takes six: second minute hour"),
        ("0 0 0 9 * * *", "has 7 fields; with cron_format 'seconds'"),
        ("", "is empty; with cron_format 'seconds'"),
        ("60 * * * * *", "second: 60 is out of range; it runs from 0 to 59"),
        ("*/60 * * * * *", "second: '*/60' steps past the end of the field (0-59)"),
        ("*/90 * * * * *", "for once a minute write '0'"),
        ("50-10 * * * * *", "second: the range '50-10' runs backwards"),
        ("MON * * * * *", "second: 'MON' is a day of the week; those are named in day-of-week"),
        ("L * * * * *", "second: 'L': in day-of-month"),
        ("? * * * * *", "second: '?' is how AWS and Quartz write 'any'"),
        ("0 0 9 * * WED 2027", "has 7 fields"),
        ("0 0 0 30 2 *", "never fires"),
        ("@every 5m", "'@every' is not supported"),
        (None, "not NoneType"),
    ],
)
def test_what_is_wrong_with_six_fields_is_said(text: object, said: str) -> None:
    assert said in refusal(text, CronFormat.SECONDS)
