"""Expressions in plain English: golden sentences, and no two meanings in the same words."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.cron import Cron, parse
from chalicelib.domain.cron_english import english
from chalicelib.domain.cron_field import Choice
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.errors import Invalid
from tests.domain.cron_matcher import runs_on
from tests.domain.cron_texts import plain_days, signed_days, times

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(365 * 3 + 1)]  # with a leap year


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("0-59/5 * * * *", "every 5 minutes"),
        ("0 * * * *", "at minute 0 past every hour"),
        ("0,30 */2 * * *", "at minute 0 and 30 past every 2nd hour"),
        ("*/7 * * * *", "at every 7th minute from 0 to 56 past every hour"),
        ("1-10,15 * * * *", "at minute 1 to 10 and 15 past every hour"),
        ("0 9 * * *", "at 09:00 every day"),
        ("0 9 * * MON-FRI", "at 09:00 on Monday to Friday"),
        ("0,30 9,17 * * 0,6", "at 09:00, 09:30, 17:00 and 17:30 on Saturday and Sunday"),
        ("*/10 9-17 * * *", "every 10 minutes from 09:00 to 17:59"),
        ("*/10 9,17 * * *", "at every 10th minute past hour 9 and 17"),
        ("* 2 * * *", "every minute from 02:00 to 02:59"),
        ("0 9-17 * * *", "at minute 0 past hour 9 to 17"),
        ("30 1-23/3 * * *", "at minute 30 past every 3rd hour from 1 to 22"),
        ("0 0 L * *", "at 00:00 on the last day of the month"),
        ("0 0 15W * *", "at 00:00 on the working day nearest to day 15 of the month"),
        ("0 0 1,L * *", "at 00:00 on day 1 of the month and the last day of the month"),
        ("0 0 */2 * *", "at 00:00 on every 2nd day from 1 to 31 of the month"),
        ("0 0 29 2 *", "at 00:00 on day 29 of the month in February"),
        ("0 0 * */3 *", "at 00:00 in January, April, July and October"),
        ("0 0 * JAN-MAR,12 *", "at 00:00 in January to March and December"),
        ("0 0 13 * FRI", "at 00:00 on day 13 of the month or on Friday"),
        ("0 0 1-31 * FRI", "at 00:00 every day"),
        ("0 0 * * 5#3", "at 00:00 on the 3rd Friday of the month"),
        ("0 0 * * 0#1,L1", "at 00:00 on the 1st Sunday of the month and the last Monday of the month"),
        ("0 0 * * 2,4,5#2", "at 00:00 on Tuesday, Thursday and the 2nd Friday of the month"),
        ("0 0 * * 1,3,5,0", "at 00:00 on Monday, Wednesday, Friday and Sunday"),
        ("@hourly", "at minute 0 past every hour"),
        ("@weekly", "at 00:00 on Sunday"),
        ("@yearly", "at 00:00 on day 1 of the month in January"),
    ],
)
def test_it_reads_as_somebody_would_say_it(text: str, words: str) -> None:
    assert english(parse(text).fields) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * * * *", "every second"),
        ("*/10 * * * * *", "every 10 seconds"),
        ("5 * * * * *", "at second 5 of every minute"),
        ("*/7 * * * * *", "at every 7th second from 0 to 56 of every minute"),
        ("0 * * * * *", "every minute"),
        ("0 */5 * * * *", "every 5 minutes"),
        ("30 0 9 * * *", "at 09:00:30 every day"),
        ("0,30 0 9 * * MON", "at 09:00:00 and 09:00:30 on Monday"),
        ("* 30 1 * * *", "every second of minute 30 past hour 1"),
        ("*/20 */5 9-17 * * *", "every 20 seconds of every 5th minute past hour 9 to 17"),
        ("5,10 0,30 * * * *", "at second 5 and 10 of minute 0 and 30 past every hour"),
    ],
)
def test_seconds_are_said_too(text: str, words: str) -> None:
    assert english(parse(text, CronFormat.SECONDS).fields) == words


def meaning(cron: Cron) -> tuple[object, ...]:
    """When it fires on clocks that nobody changes: the days of three years, and the times of a day."""
    fields = cron.fields
    days = frozenset(day for day in DAYS if runs_on(fields, day))
    return fields.second.values, fields.minute.values, fields.hour.values, days


UNITS = (
    "*",
    "0",
    "1",
    "30",
    "0,30",
    "*/30",
    "*/20",
    "0,20",
    "*/5",
    "1-59/5",
    "0-30/5",
    "*/7",
    "0,7,14",
    "0-3",
)
HOURS = ("*", "0", "1", "0,12", "*/12", "*/6", "*/2", "1-23/2", "9-17", "9-16", "9,10", "9,17", "*/5")
MONTH_DAYS = (
    "*",
    "1",
    "1-2",
    "1-3",
    "1-3,5",
    "1,2,4",
    "*/2",
    "1,3",
    "1-31",
    "31",
    "15W",
    "L",
    "1,L",
    "30",
    "29",
)
WEEK_DAYS = (
    "*",
    "1",
    "0",
    "1-5",
    "0,6",
    "1,3,5",
    "*/2",
    "5#3",
    "5#1",
    "L5",
    "5,1#2",
    "1,2,5#3",
    "0-6",
    "5#5",
)
MONTHS = ("*", "1", "1-3", "1,3", "*/3", "2", "2-12", "1-11")


def distinct(crons: Iterator[Cron]) -> int:
    """How many sentences there are; fails where one has two meanings."""
    said: dict[str, tuple[tuple[object, ...], str]] = {}
    for cron in crons:
        words, means = english(cron.fields), meaning(cron)
        known, text = said.setdefault(words, (means, cron.text))
        assert known == means, f"{text} and {cron.text} both read: {words}"
    return len(said)


def test_no_two_times_of_day_read_the_same() -> None:
    texts = (f"{s} {m} {h} 1 * *" for s, m, h in product(UNITS, UNITS, HOURS))
    known: dict[str, tuple[object, ...]] = {}
    for text in texts:
        fields = parse(text, CronFormat.SECONDS).fields
        means = (fields.second.values, fields.minute.values, fields.hour.values)
        assert known.setdefault(english(fields), means) == means, text
    assert len(known) > 1_500


def test_no_two_choices_of_days_read_the_same() -> None:
    texts = product(MONTH_DAYS, MONTHS, WEEK_DAYS)
    assert distinct(parsed(f"0 0 {' '.join(days)}") for days in texts) > 1_000


def parsed(text: str) -> Cron:
    try:
        return parse(text)
    except Invalid:  # a day that none of the months has
        return parse("0 0 1 * *")


@settings(max_examples=300, deadline=None)
@given(time=times, days=st.one_of(plain_days, signed_days), seconds=st.sampled_from(UNITS))
def test_every_expression_can_be_said(time: str, days: str, seconds: str) -> None:
    fields = parse(f"{seconds} {time} * * *", CronFormat.SECONDS).fields
    words = english(fields._replace(**_days_of(days)))
    assert words == words.strip() == " ".join(words.split())
    assert words.startswith(("at ", "every "))
    assert not set(words) & set("*/#?")


def _days_of(days: str) -> dict[str, Choice]:
    try:
        fields = parse(f"0 0 {days}").fields
    except Invalid:
        return {}
    return {"day": fields.day, "month": fields.month, "weekday": fields.weekday}
